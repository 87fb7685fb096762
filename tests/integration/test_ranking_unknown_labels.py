"""`image-release ranking unknown-labels`: what the table of labels lacks, of a workspace and of a file."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from image_release.cli import main
from image_release.publish import Manifest, PublishedLabel
from image_release.storage import FolderStore
from image_release.store_keys import manifest_key
from tests.unit.publish.manifests import manifest, picture

LINES = [
    {"url": "https://p.example/1.jpg", "labels": ["Bedroom", "Quokka", "quokka", "four poster"]},
    {"sha256": "b" * 64, "labels": ["Quok-ka", "Quokka", "Glowworm"]},
    {"labels": ["Glowworm", "Quokka", "Numbat"]},
]
"""Eight labels of three pictures, spellings apart, of which `Quokka`, `Glowworm` and `Numbat` are unknown."""


def line(document: dict[str, Any]) -> str:
    labels = [{"description": name, "score": 0.9} for name in document["labels"]]
    return json.dumps({**document, "labels": labels}) + "\n"


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    file = tmp_path / "labels.jsonl"
    file.write_text("".join(map(line, LINES)))
    return file


def called(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["ranking", "unknown-labels", *map(str, words)])


def test_the_most_frequent_come_first_in_their_usual_spelling(labels: Path) -> None:
    """With the share of all labels, and the first picture that has it: by its URL, its SHA-256, or its line."""
    answer = json.loads(called("--labels", labels, "--json").stdout)
    assert answer == {
        "pictures": 3,
        "occurrences": 8,
        "unknown": 6,
        "different": 3,
        "labels": [
            {"label": "Quokka", "count": 3, "share": 3 / 8, "example": "https://p.example/1.jpg"},
            {"label": "Glowworm", "count": 2, "share": 2 / 8, "example": "b" * 64},
            {"label": "Numbat", "count": 1, "share": 1 / 8, "example": "line 3"},
        ],
    }


def test_a_person_reads_them_and_how_many_more_there_are(labels: Path) -> None:
    first, best, more = called("--labels", labels, "--most", "1").stdout.splitlines()
    assert first == "3 pictures with 8 labels; the table lacks 6 of them (75.0%), 3 different ones"
    assert best.split() == ["3", "37.50%", "Quokka", "https://p.example/1.jpg"]
    assert more == "and 2 more; --most lists them"


def test_an_entry_of_the_settings_is_known_in_whatever_spelling(labels: Path, tmp_path: Path) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("prioritising: {labels: {other: {QUOKKA: 0, glow-worm: 1}}}")
    answer = json.loads(called("--labels", labels, "--settings", settings, "--json").stdout)
    assert [item["label"] for item in answer["labels"]] == ["Numbat"]


def test_bad_lines_are_told_and_the_others_used(labels: Path) -> None:
    """A name that would write on the terminal is a bad line; so is one without labels. The status is 1."""
    bad = [line({"labels": ["Evil\x1b[31m"]}), '{"url": "u"}\n', "no json\n"]
    labels.write_text("".join(bad) + labels.read_text())
    ended = called("--labels", labels)
    assert ended.exit_code == 1
    assert [text.split(":")[2] for text in ended.stderr.splitlines()] == ["1", "2", "3"]
    assert "3 pictures with 8 labels" in ended.stdout
    assert "\x1b" not in ended.output


def test_a_compressed_file_is_read_and_half_of_one_is_told(labels: Path, tmp_path: Path) -> None:
    whole = gzip.compress(labels.read_bytes())
    packed = tmp_path / "labels.jsonl.gz"
    packed.write_bytes(whole)
    assert called("--labels", packed).stdout == called("--labels", labels).stdout
    packed.write_bytes(whole[:-9])
    ended = called("--labels", packed)
    assert (ended.exit_code, ended.stdout) == (1, "no picture has labels\n")
    assert "not a whole gzip file" in ended.stderr


def test_a_file_and_a_workspace_are_one_too_many(labels: Path, tmp_path: Path) -> None:
    assert called("--labels", labels, "--workspace", tmp_path).exit_code == 2


def labelled(hotel_id: str, *pictures: tuple[str, ...]) -> Manifest:
    shown = [
        picture(position=position).model_copy(
            update={"labels": tuple(PublishedLabel(description=name, score=0.8) for name in labels)}
        )
        for position, labels in enumerate(pictures, start=1)
    ]
    return manifest().model_copy(update={"hotel_id": hotel_id, "pictures": tuple(shown)})


def test_a_workspace_tells_the_labels_of_its_published_pictures(tmp_path: Path) -> None:
    """The example names the hotel. A manifest that cannot be read, and pictures without labels, are left out."""
    for name in ("inbox", "state", "published"):
        (tmp_path / name).mkdir()
    published = FolderStore(tmp_path / "published")
    published.put(manifest_key("h1"), labelled("h1", ("Sky", "Quokka"), ()).to_bytes())
    published.put(manifest_key("h2"), labelled("h2", ("quokka", "Numbat\x1b[2J")).to_bytes())
    published.put(manifest_key("h3"), b"{")
    ended = called("--workspace", tmp_path)
    assert ended.exit_code == 0
    assert [text.split() for text in ended.stdout.splitlines()[1:]] == [
        ["2", "50.00%", "Quokka", "h1:", "u"],
        ["1", "25.00%", "Numbat\\x1b[2J", "h2:", "u"],
    ]
    assert ended.stdout.startswith("2 pictures with 4 labels")
