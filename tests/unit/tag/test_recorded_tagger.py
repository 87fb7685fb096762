"""Labels from a file: found by SHA-256, then by URL; a bad line is reported, and the other lines are used."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.tag import NotTagged, RecordedTagger, Tagged, TagRequest
from image_release.values import Label

A, B, C = "a" * 64, "b" * 64, "c" * 64
BEDROOM = {"description": "Bedroom", "score": 0.93}
POOL = {"description": "Swimming pool", "score": 0.5}


def write(path: Path, *lines: dict[str, Any] | bytes) -> Path:
    path.write_bytes(b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines))
    return path


def ask(tagger: RecordedTagger, sha256: str, url: str = "https://partner.example/x.jpg") -> Tagged | NotTagged:
    def never() -> bytes:
        raise AssertionError("a recorded tagger needs no JPEG")

    return tagger.tag([TagRequest(sha256, url, never, never)])[sha256]


def test_finds_labels_by_sha256_and_by_url(tmp_path: Path) -> None:
    """Either names an image; the labels keep the order of the file."""
    url = "https://partner.example/pool.jpg"
    tagger = RecordedTagger(
        write(tmp_path / "l.jsonl", {"sha256": A, "labels": [BEDROOM, POOL]}, {"url": url, "labels": [POOL]})
    )
    assert ask(tagger, A) == Tagged((Label("Bedroom", 0.93), Label("Swimming pool", 0.5)))
    assert ask(tagger, B, url) == Tagged((Label("Swimming pool", 0.5),))
    assert tagger.problems == ()


def test_a_line_by_sha256_wins_over_a_line_by_url(tmp_path: Path) -> None:
    """A URL may show another image by now."""
    url = "https://partner.example/x.jpg"
    tagger = RecordedTagger(
        write(tmp_path / "l.jsonl", {"url": url, "labels": [POOL]}, {"sha256": A, "labels": [BEDROOM]})
    )
    assert ask(tagger, A, url) == Tagged((Label("Bedroom", 0.93),))


def test_an_image_without_a_line_has_no_labels_for_good(tmp_path: Path) -> None:
    """Asking the same file again does not help; another file is another tagger."""
    answer = ask(RecordedTagger(write(tmp_path / "l.jsonl", {"sha256": A, "labels": []})), B)
    assert answer == NotTagged("the file of recorded labels has no line for it", retry=False)


def test_a_line_without_labels_says_that_there_are_none(tmp_path: Path) -> None:
    """`"labels": []` is an answer: the image was labelled and has none."""
    assert ask(RecordedTagger(write(tmp_path / "l.jsonl", {"sha256": A, "labels": []})), A) == Tagged(())


def test_reads_gzip_by_name(tmp_path: Path) -> None:
    """A `.jsonl.gz` file is unpacked."""
    path = tmp_path / "l.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps({"sha256": A, "labels": [POOL]}).encode()))
    assert ask(RecordedTagger(path), A) == Tagged((Label("Swimming pool", 0.5),))


def test_identity_is_of_the_content(tmp_path: Path) -> None:
    """Files with the same bytes have the same identity, wherever they are; another label gives another identity."""
    first = RecordedTagger(write(tmp_path / "1.jsonl", {"sha256": A, "labels": [POOL]}))
    second = RecordedTagger(write(tmp_path / "2.jsonl", {"sha256": A, "labels": [POOL]}))
    other = RecordedTagger(write(tmp_path / "3.jsonl", {"sha256": A, "labels": [BEDROOM]}))
    assert first.identity == second.identity != other.identity
    assert first.identity.startswith("recorded-")


BAD_LINES = {
    "no JSON": b"{",
    "not UTF-8": b'{"sha256": "' + A.encode() + b'", "labels": [{"description": "\xff", "score": 0.5}]}',
    "not an object": b"[]",
    "no labels": {"sha256": A},
    "labels are no list": {"sha256": A, "labels": {}},
    "names no image": {"labels": []},
    "no SHA-256": {"sha256": "A" * 64, "labels": []},
    "an empty url": {"url": "", "labels": []},
    "a score above 1": {"sha256": A, "labels": [BEDROOM | {"score": 1.01}]},
    "a score below 0": {"sha256": A, "labels": [BEDROOM | {"score": -0.01}]},
    "a score that is not a number": {"sha256": A, "labels": [BEDROOM | {"score": float("nan")}]},
    "an infinite score": {"sha256": A, "labels": [BEDROOM | {"score": float("inf")}]},
    "a score as text": {"sha256": A, "labels": [BEDROOM | {"score": "0.5"}]},
    "a score as truth": {"sha256": A, "labels": [BEDROOM | {"score": True}]},
    "an empty description": {"sha256": A, "labels": [BEDROOM | {"description": " "}]},
    "a description with control characters": {"sha256": A, "labels": [BEDROOM | {"description": "Bed\x1b[2J"}]},
    "a description without end": {"sha256": A, "labels": [BEDROOM | {"description": "B" * 101}]},
    "more labels than a tagger gives": {"sha256": A, "labels": [BEDROOM] * 101},
}


@pytest.mark.parametrize("bad", BAD_LINES.values(), ids=BAD_LINES.keys())
def test_a_bad_line_is_reported_and_the_others_are_used(tmp_path: Path, bad: dict[str, Any] | bytes) -> None:
    """The problem has file, line, value and rule; the lines around it are used."""
    path = write(tmp_path / "l.jsonl", {"sha256": B, "labels": [POOL]}, b"", bad, {"sha256": C, "labels": [POOL]})
    tagger = RecordedTagger(path)
    (problem,) = tagger.problems
    assert (problem.file, problem.line) == (str(path), 3)
    assert problem.value
    assert problem.rule
    assert str(problem).isprintable()
    assert isinstance(ask(tagger, A), NotTagged)
    assert isinstance(ask(tagger, B), Tagged)
    assert isinstance(ask(tagger, C), Tagged)


def test_of_two_lines_for_one_image_the_first_is_used(tmp_path: Path) -> None:
    """The second one is a problem."""
    path = write(tmp_path / "l.jsonl", {"sha256": A, "labels": [POOL]}, {"sha256": A, "labels": [BEDROOM]})
    tagger = RecordedTagger(path)
    assert ask(tagger, A) == Tagged((Label("Swimming pool", 0.5),))
    assert [problem.line for problem in tagger.problems] == [2]


@pytest.mark.parametrize(
    "damage",
    [b"no gzip", gzip.compress(b"{}" * 1_000, mtime=0)[:-9], gzip.compress(b"{}", mtime=0)[:-4] + b"ruin"],
    ids=["no gzip", "cut", "wrong checksum"],
)
def test_a_damaged_gzip_is_a_problem_of_the_file(tmp_path: Path, damage: bytes) -> None:
    """None of its lines is used."""
    path = tmp_path / "l.jsonl.gz"
    path.write_bytes(damage)
    tagger = RecordedTagger(path)
    assert [(problem.file, problem.line) for problem in tagger.problems] == [(str(path), 0)]


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """A recorded tagger needs its file."""
    with pytest.raises(FileNotFoundError):
        RecordedTagger(tmp_path / "l.jsonl")


@given(data=st.binary(max_size=200))
def test_no_bytes_make_it_fail(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """Any bytes give labels or at most one problem for each line, and never an exception."""
    path = tmp_path_factory.mktemp("recorded") / "l.jsonl"
    path.write_bytes(data)
    lines = [line for line in data.split(b"\n") if line.strip()]
    assert len(RecordedTagger(path).problems) <= len(lines)
