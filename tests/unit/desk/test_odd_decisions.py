"""Decisions as a careless or hostile colleague leaves them: odd times, thousands of lines, several undone at once."""

import json
import sys
from dataclasses import replace
from datetime import UTC

import pytest

from image_release.desk.deciding import (
    DecisionRefusedError,
    history,
    make_bulk,
    plan_bulk,
    read_hotel,
    read_sheet,
)
from image_release.desk.web.hotel.commands import Asked, carry_out
from image_release.desk.web.hotel.views import view_of
from image_release.ingest import decisions_in
from image_release.storage import MemoryStore, StorageError
from image_release.store_keys import overrides_key
from tests.unit.desk.hotels import manifest, picture, sha, stores

AT = "2026-11-30T10:00:00+00:00"
KEY = overrides_key("h")


def line(letters, action="hide", at=AT, why="", **fields):
    return json.dumps(
        {"action": action, "images": [sha(letters)], "by": "ann", "at": at, "why": why, **fields}
    ).encode()


def with_decisions(*lines, **fields):
    made = stores(manifest(**fields))
    made.inbox.put(KEY, b"\n".join([*lines, b""]))
    return made


def crowded(decisions):
    """A hotel of 400 pictures with three copies each, about which people decided often."""
    pictures = tuple(picture(at, f"{at:06x}", *(f"{at:06x}c{n}" for n in range(3))) for at in range(1, 401))
    lines = [line(f"{n % 400 + 1:06x}", "pin", why=str(n), position=n % 400 + 1) for n in range(decisions)]
    return with_decisions(*lines, pictures=pictures)


def calls_of(work):
    """The result of some work, and how many calls of functions it took: unlike time, the same on every machine."""
    count = 0

    def counted(_frame, event, _argument):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        result = work()
    finally:
        sys.setprofile(None)
    return result, count


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01", "x"])
def test_the_history_shows_a_decision_whatever_time_it_says(at):
    made = with_decisions(line("aaaaaa1", at=at))
    assert [entry.when.astimezone(UTC).tzinfo for entry in history(made.inbox)] == [UTC]
    assert len(view_of(read_hotel(made, "h")).history) == 1


def test_of_several_decisions_all_are_undone_or_none():
    made = with_decisions(line("aaaaaa1"))
    now = read_hotel(made, "h")
    [decision] = now.decisions
    with pytest.raises(DecisionRefusedError):
        carry_out(made, now, Asked(f"revoke {decision.digest} {'0' * 64}"), "bob")
    assert made.inbox.get(KEY).data == now.file


def test_several_decisions_are_undone_in_one_step():
    made = with_decisions(line("aaaaaa1"), line("bbbbbb1"))
    now = read_hotel(made, "h")
    done = carry_out(made, now, Asked(" ".join(["revoke", *(item.digest for item in now.decisions)])), "bob")
    assert done.hotel.overrides == read_hotel(made, "h").overrides == ()


def test_undoing_one_decision_twice_in_one_step_is_refused():
    made = with_decisions(line("aaaaaa1"))
    now = read_hotel(made, "h")
    digest = now.decisions[0].digest
    with pytest.raises(DecisionRefusedError, match="revoked already"):
        carry_out(made, now, Asked(f"revoke {digest} {digest}"), "bob")
    assert made.inbox.get(KEY).data == now.file


@pytest.mark.parametrize("ending", [b"", b"\n"])
def test_a_hotel_with_further_lines_is_the_hotel_that_is_read_then(ending):
    first, other = line("aaaaaa1"), line("bbbbbb1")
    now = read_hotel(stores(), "h")
    file = b"\xef\xbb\xbf" + first + ending
    before = now.__class__("h", now.manifest, file)
    undoing = json.dumps({"action": "revoke", "line": before.decisions[0].digest}).encode()
    for added in ([other], [undoing], [other, undoing]):
        later = before.with_lines(added)
        assert later.decisions == decisions_in(later.file, "")[0]
        assert later.version == now.__class__("h", now.manifest, later.file).version


def test_the_page_of_a_hotel_with_thousands_of_decisions_is_made_in_a_moment():
    made = crowded(4_000)
    now = read_hotel(made, "h")
    assert len(now.decisions) == 4_000
    view, calls = calls_of(lambda: view_of(now))
    assert "pinned to the 7th place by ann (3606)" in view.pictures[6].why
    assert calls < 1_000 * 4_000


def test_a_file_of_hundreds_of_lines_about_one_hotel_is_planned_and_made_in_a_moment():
    made = crowded(200)
    rows = [f"h,hide,{sha(f'{n:06x}c1')},x{n}" for n in range(1, 201)]
    sheet = read_sheet("\n".join(["hotel_id,action,images,why", *rows]).encode(), "f.csv")
    planned, calls = calls_of(lambda: plan_bulk(made, sheet, by="ann", at=AT))
    assert calls < 12_000 * 200
    assert planned.count("new") == 200
    make_bulk(made, sheet, by="ann", at=AT)
    assert len(read_hotel(made, "h").decisions) == 400


class FullAfter(MemoryStore):
    """An inbox whose disk is full after so many files."""

    left = 1

    def put(self, *args, **kwargs):
        if not self.left:
            raise StorageError("no space left")
        self.left -= 1
        return super().put(*args, **kwargs)


@pytest.mark.parametrize("left", [1, 2])
def test_a_disk_that_becomes_full_in_the_middle_of_a_file_is_told_with_what_was_made(left):
    """So the page goes on with the hotels that were decided about, and the file is given again."""
    inbox = FullAfter()
    inbox.left = left
    made = replace(stores(*(manifest(f"h{n}") for n in range(4))), inbox=inbox)
    sheet = read_sheet("\n".join(["hotel_id,action,images", *(f"h{n},hide,aaaaaa1" for n in range(4))]).encode(), "f")
    first = make_bulk(made, sheet, by="ann", at=AT)
    assert first.hotels == tuple(f"h{n}" for n in range(left))
    assert all("no space left" in problem.rule for problem in first.problems)
    inbox.left = 9
    again = make_bulk(made, sheet, by="ann", at=AT)
    assert (again.count("already"), again.count("new")) == (left, 4 - left)


def test_a_disk_that_is_full_from_the_beginning_is_a_fault():
    inbox = FullAfter()
    inbox.left = 0
    sheet = read_sheet(b"hotel_id,action,images\nh,hide,aaaaaa1", "f")
    with pytest.raises(StorageError):
        make_bulk(replace(stores(), inbox=inbox), sheet, by="ann", at=AT)
