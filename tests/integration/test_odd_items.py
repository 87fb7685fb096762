"""One run over many odd items: each is told by name, what it is about keeps what it had, and the rest goes on."""

import json
import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from image_release.cli import main
from tests.integration.world import jpeg, photo

HOTELS = [f"h{number}" for number in range(11)]
PIPE = "is no file, but a pipe"
FOLDER = "is a folder; there should be a file"


def call(*words):
    ended = CliRunner().invoke(main, [str(word) for word in words])
    assert "Traceback" not in ended.output
    return ended


def written(path, data=b""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def piped(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(path)


class OddRun:
    """Published hotels of one photo; then odd items, a second photo of h8, and a run over all of it."""

    def __init__(self, folder: Path) -> None:
        self.ws, self.photos = folder / "ws", folder / "photos"
        for number, hotel in enumerate(HOTELS):
            written(self.photos / hotel / "p" / "a.jpg", jpeg(photo(number, (480, 320))))
        settings = written(folder / "s.yaml", b"renditions: [{name: only, width: 320, height: 240}]")
        words = ("--workspace", self.ws, "--settings", settings, "--workers", "1", "--json")
        assert call("run", "--photos", self.photos, *words).exit_code == 0
        self.before = self.manifests()
        self.make_odd(self.ws / "inbox", self.ws / "state")
        written(self.photos / "h8" / "p" / "b.jpg", jpeg(photo(99, (480, 320))))
        ended = call("run", "--photos", self.photos, *words)
        self.status, self.told, self.said = ended.exit_code, json.loads(ended.stdout), ended.stderr

    def make_odd(self, inbox: Path, state: Path) -> None:
        written(self.ws / "published/hotels/h0/manifest.json", b'{"half')
        written(inbox / "overrides/h1.jsonl/x")
        piped(inbox / "overrides/h2.jsonl")
        written(state / "accommodations/p/h3/images.json", b"[")
        shutil.rmtree(state / "accommodations/p/h4/originals")
        (state / "accommodations/p/h9/images.json").unlink()
        (state / "accommodations/p/h9/images.json").mkdir()
        (inbox / "overrides/h10.jsonl").symlink_to("nowhere")
        written(inbox / "requests", b"a file")
        written(Path(os.fsdecode(os.fsencode(inbox) + b"/catalogues/q/\xff.jsonl")))
        written(inbox / "catalogues/q" / ("v" * 240 + ".jsonl"), b'{"accommodation_id": "1", "images": []}\n')
        piped(inbox / "catalogues/q/pipe.jsonl")
        (inbox / "catalogues/circle").symlink_to("circle")
        written(state / "catalogues/r/state.json", b"{")
        written(inbox / "catalogues/r/v1.jsonl", b'{"accommodation_id": "1", "images": []}\n')
        (inbox / "accepts/releases/photos").mkdir(parents=True)
        written(inbox / "releases/zz.csv.gz", b"no gzip")
        (inbox / "releases/zzz.csv").mkdir()
        written(state / "due/2026-01-01/sweep/h5/x")
        written(state / "due/readme.txt")
        piped(state / "due/2026-01-01/pipe")

    def manifests(self) -> dict[str, bytes]:
        return {hotel: (self.ws / "published/hotels" / hotel / "manifest.json").read_bytes() for hotel in HOTELS}


@pytest.fixture(scope="module")
def odd_run(tmp_path_factory):
    return OddRun(tmp_path_factory.mktemp("odd"))


@pytest.mark.parametrize(
    ("place", "rule"),
    [
        ("overrides/h1.jsonl", FOLDER),
        ("overrides/h2.jsonl", PIPE),
        ("overrides/h10.jsonl", "a link that leads to no file"),
        ("requests", "is a file; there should be a folder"),
        ("catalogues/q/\\udcff.jsonl", "is not Unicode text"),
        ("catalogues/q/vvv", "at most 237 bytes"),
        ("catalogues/q/pipe.jsonl", PIPE),
        ("catalogues/circle", PIPE),
        ("catalogues/r/v1.jsonl", "cannot be read (it is lost, empty, cut short or damaged)"),
        ("accepts/releases/photos", FOLDER),
        ("releases/zz.csv.gz", "not a whole gzip file"),
        ("releases/zzz.csv", FOLDER),
        ("due/2026-01-01/sweep/h5/x", "is no due-marker"),
        ("due/readme.txt", "is no due-marker"),
        ("due/2026-01-01/pipe", PIPE),
    ],
)
def test_each_is_told_by_name(odd_run, place, rule):
    """With its rule, in the document and, where they are few, on stderr."""
    assert [problem for problem in odd_run.told["problems"] if problem.startswith(place) and rule in problem] != []
    assert place in odd_run.said


def test_the_status_is_1_and_hotels_that_cannot_be_read_are_counted(odd_run):
    assert odd_run.status == 1
    assert odd_run.told["hotels"] == {"processed": 1, "unchanged": 4, "failed": 6}
    assert sorted(failure["hotel_id"] for failure in odd_run.told["failures"]) == [
        *("h0", "h1", "h10", "h2", "h3", "h9"),
    ]


def test_nothing_is_withdrawn_and_the_rest_goes_on(odd_run):
    """The eighth hotel shows its second photo; the manifests of all others but the broken one are the same bytes."""
    after = odd_run.manifests()
    assert len(json.loads(after["h8"])["pictures"]) == 2
    assert {hotel for hotel in HOTELS if after[hotel] != odd_run.before[hotel]} == {"h0", "h8"}


class TestCataloguesOfTheCommandLine:
    def test_that_cannot_be_copied_are_told_and_the_others_are_handed_in(self, tmp_path):
        folder = tmp_path / "feeds"
        written(folder / "a" / "v1.jsonl", b'{"accommodation_id": "1", "images": []}\n')
        piped(folder / "b" / "v1.jsonl")
        (folder / "b" / "v2.jsonl").mkdir()
        written(folder / "b" / ("v" * 249 + ".jsonl"))
        written(Path(os.fsdecode(os.fsencode(folder) + b"/b/\xff.jsonl")))
        ended = call("run", "--catalogues", folder, "--workspace", tmp_path / "ws", "--json")
        assert ended.exit_code == 1
        assert len(json.loads(ended.stdout)["problems"]) == 4
        assert (tmp_path / "ws/state/catalogues/a/state.json").is_file()


class TestStateThatCannotBeRead:
    @pytest.mark.parametrize("words", [("status",), ("estimate",), ("reprocess", "--all"), ("hotel", "h1")])
    def test_ends_a_command_with_a_sentence(self, tmp_path, words):
        written(tmp_path / "state/releases/current.json", b"{")
        ended = call(*words, "--workspace", tmp_path)
        assert (ended.exit_code, ended.stdout) == (1, "")
        assert ended.stderr.startswith("Error: state/releases/current.json cannot be read")

    def test_of_the_release_in_force_is_a_problem_of_a_run(self, tmp_path):
        """Catalogues are applied all the same."""
        written(tmp_path / "state/releases/current.json", b"{")
        written(tmp_path / "inbox/catalogues/a/v1.jsonl", b'{"accommodation_id": "1", "images": []}\n')
        ended = call("run", "--workspace", tmp_path, "--json")
        assert ended.exit_code == 1
        assert [problem.split(":")[0] for problem in json.loads(ended.stdout)["problems"]] == ["releases/current.json"]
        assert (tmp_path / "state/catalogues/a/state.json").is_file()

    def test_of_some_rows_keeps_their_hotels_and_processes_the_others(self, odd_run):
        """A release that cannot be read whole is not completed, and none of its hotels is taken for departed."""
        document = odd_run.ws / "state/releases/current.json"
        current = json.loads(document.read_text())
        current["completed"] = {**current["completed"], "folder": "releases/earlier"}
        document.write_text(json.dumps(current))
        (rows,) = (odd_run.ws / "state" / current["folder"] / "rows").iterdir()
        written(rows, b"half")
        ended = call("run", "--workspace", odd_run.ws, "--json", "--workers", "1")
        told = json.loads(ended.stdout)
        assert told["hotels"] == {"processed": 0, "unchanged": 0, "failed": 0}
        assert [problem for problem in told["problems"] if "/rows/" in problem] != []
        assert json.loads(document.read_text())["completed"]["folder"] == "releases/earlier"
