"""Decisions from a file: a dry run first, then each hotel as a whole or not at all, and nothing twice."""

import csv

import pytest

from image_release.desk.deciding import (
    DecisionRefusedError,
    decide,
    make_bulk,
    plan_bulk,
    read_hotel,
    read_sheet,
    revoke_all,
)
from image_release.ingest import read_decisions, read_overrides
from image_release.store_keys import manifest_key
from image_release.values import Label, Override
from tests.unit.desk.hotels import manifest, sha, stores

A, B, SMALL = sha("aaaaaa1"), sha("bbbbbb1"), sha("dddddd1")
WHO = {"by": "ann", "at": "2026-11-02T10:00:00+00:00"}
HEADER = "hotel_id,action,images,position,labels,why"


def sheet(*lines: str, header: str = HEADER):
    return read_sheet("\n".join((header, *lines)).encode(), "f.csv")


def plan(where, *lines: str):
    return plan_bulk(where, sheet(*lines), **WHO)


def make(where, *lines: str):
    return make_bulk(where, sheet(*lines), **WHO)


def two_hotels():
    return stores(manifest("h"), manifest("g"))


def test_each_line_becomes_a_decision():
    where = two_hotels()
    done = make(
        where,
        "h,pin,bbbbbb,2,,the view",
        "g,hide,https://p.example/bbbbbb1.jpg,,,",
        f"h,same,{A} bbbbbb,,,",
        "h,label,cccccc,,pool;Night,",
        "g,WITHDRAW,,,,closed",
    )
    assert [line.status for line in done.lines] == ["new"] * 5
    assert (done.hotels, done.problems, done.is_made) == (("h", "g"), (), True)
    assert read_overrides(where.inbox, "h")[0] == (
        Override("pin", (B,), 2, why="the view", **WHO),
        Override("same", (A, B), **WHO),
        Override("label", (sha("cccccc1"),), labels=(Label("Swimming pool", 1.0), Label("Night", 1.0)), **WHO),
    )
    assert [override.action for override in read_overrides(where.inbox, "g")[0]] == ["hide", "withdraw"]


def test_a_dry_run_tells_the_same_and_writes_nothing():
    where = two_hotels()
    lines = ("h,pin,bbbbbb,99,,", "g,hide,nothing,,,", "nowhere,withdraw,,,,")
    planned = plan(where, *lines)
    assert list(where.inbox.list("")) == []
    assert not planned.is_made
    assert make(where, *lines).lines == planned.lines


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("nowhere,hide,bbbbbb,,,", "no hotel of that id is published"),
        ("../h,hide,bbbbbb,,,", "no hotel of that id is published"),
        (",hide,bbbbbb,,,", "must be text without control characters and not empty"),
        ("h,burn,bbbbbb,,,", "burn: is no action"),
        ("h,,bbbbbb,,,", ": is no action"),
        ("h,everywhere,bbbbbb,,,", "is no action"),
        ("h,hide,aaaaaa,,,", "fits 2 images of the hotel"),
        ("h,hide,bbb,,,", "is too short"),
        ("h,hide,bbbbbb 123456,,,", "the hotel has no such image"),
        ("h,hide,,,,", "hide needs an image"),
        ("h,pin,bbbbbb,0,,", "positions count from 1"),
        ("h,pin,bbbbbb,first,,", "position must be a whole number"),
        ("h,pin,bbbbbb,١,,", "position must be a whole number"),
        ("h,pin,bbbbbb,99999999999999999999,,", "position must be a whole number"),
        ("h,hide,bbbbbb,1,,", "a position belongs to the action pin"),
        ("h,label,bbbbbb,,;,", "label needs"),
        ("h,rescue,bbbbbb,,,", "is not rejected"),
        ("h,revoke,bbbbbb,,,", "must be the first 6 or more digits of one decision's digest"),
        ("h,revoke,bbbbbb,1,,", "revoke names a decision in the column images"),
        ("h,hide,bbbbbb,,", "has 5 fields, and the header 6"),
        ("h,hide,bbbbbb,,,,", "has 7 fields, and the header 6"),
        (f"h,hide,bbbbbb,,,{'x' * 1001}", "the reason has 1001 characters"),
    ],
)
def test_a_line_that_is_wrong_is_told_with_file_line_value_and_rule(line, rule):
    where = two_hotels()
    done = make(where, line, "g,withdraw,,,,")
    [problem] = done.problems
    assert (problem.file, problem.line) == ("f.csv", 2)
    assert rule in problem.rule
    assert read_overrides(where.inbox, "h") == ((), ())
    assert [override.action for override in read_overrides(where.inbox, "g")[0]] == ["withdraw"]


def test_a_wrong_line_leaves_its_hotel_out_as_a_whole():
    where = two_hotels()
    done = make(where, "h,pin,aaaaaa1,,,", "g,withdraw,,,,", "h,hide,123456,,,", "h,hide,bbbbbb,,,")
    assert [line.status for line in done.lines] == ["left out", "new", "wrong", "left out"]
    assert "because line 4, of the same hotel, is wrong" in done.lines[0].says
    assert read_decisions(where.inbox, "h") == ((), ())


class TestTheSameFileTwice:
    @pytest.mark.parametrize(
        "lines",
        [
            ("h,pin,bbbbbb,2,,", "h,hide,cccccc,,,", "g,withdraw,,,,"),
            ("h,hide,bbbbbb,,,", "h,show,bbbbbb,,,"),
            ("h,pin,aaaaaa1,1,,", "h,pin,aaaaaa2,2,,", "h,pin,aaaaaa1,1,,"),
            ("h,hide,bbbbbb,,,", "h,hide,bbbbbb,,,"),
            ("h,same,aaaaaa1 bbbbbb,,,", "h,different,aaaaaa1 bbbbbb,,,"),
        ],
    )
    def test_does_nothing_twice_and_says_so(self, lines):
        where = two_hotels()
        make(where, *lines)
        first = {item.key: where.inbox.get(item.key) for item in where.inbox.list("")}
        done = make(where, *lines)
        assert {line.status for line in done.lines} == {"already"}
        assert (done.hotels, done.problems) == ((), ())
        assert {item.key: where.inbox.get(item.key) for item in where.inbox.list("")} == first

    def test_does_it_again_after_it_was_undone(self):
        where = two_hotels()
        make(where, "h,hide,bbbbbb,,,")
        revoke_all(where, "h", **WHO)
        assert make(where, "h,hide,bbbbbb,,,").hotels == ("h",)

    def test_does_it_again_after_the_contrary_was_decided(self):
        where = two_hotels()
        make(where, "h,hide,bbbbbb,,,")
        decide(where, "h", Override("show", (B,), by="bob"))
        assert make(where, "h,hide,bbbbbb,,,").hotels == ("h",)


def test_decisions_are_undone_in_bulk():
    where = two_hotels()
    [digest] = decide(where, "h", Override("hide", (B,), **WHO)).digests
    make(where, f"h,revoke,{digest[:12]},,,a mistake")
    assert read_overrides(where.inbox, "h") == ((), ())
    again = make(where, f"h,revoke,{digest},,,a mistake")
    assert [line.status for line in again.lines] == ["already"]


def test_nothing_is_written_where_nothing_is_to_be_done():
    where = two_hotels()
    make(where, "h,hide,123456,,,")
    assert list(where.inbox.list("")) == []


def test_a_url_with_spaces_is_one_image():
    spaced = manifest().model_copy(update={"seq": 2})
    picture = spaced.pictures[1]
    best = picture.best.model_copy(update={"url": "https://p.example/a view.jpg"})
    pictures = (spaced.pictures[0], picture.model_copy(update={"best": best}), spaced.pictures[2])
    where = stores(spaced.model_copy(update={"pictures": pictures}))
    assert make(where, "h,hide,https://p.example/a view.jpg,,,").hotels == ("h",)


class TestTheFile:
    def test_has_its_columns_by_name(self):
        read = sheet("x,B,h,hide", header="note, Images ,HOTEL_ID,action")
        [row] = read.rows
        assert (row.hotel_id, row.action, row.images, row.line) == ("h", "hide", "B", 2)
        assert read.warnings == ("f.csv: unknown columns: note",)

    def test_may_come_from_a_spreadsheet(self):
        data = '\ufeffhotel_id,action,why\r\nh,withdraw,"closed,\r\nfor good"\r\n\r\n,,\r\n'.encode()
        [row] = read_sheet(data, "f.csv").rows
        assert (row.line, row.why) == (3, "closed,\r\nfor good")

    @pytest.mark.parametrize(
        ("data", "says"),
        [
            (b"", "f.csv:1: the header lacks hotel_id, action"),
            (b"hotel_id,images\nh,a", "f.csv:1: the header lacks action"),
            (b"hotel_id,action,action\n", "f.csv:1: the header has action twice"),
            (b"hotel_id,action\nh,withdraw\n\xff,withdraw\n", "f.csv:3: is not UTF-8"),
            (b'hotel_id,action\nh,"withdraw', "cannot be read as CSV"),
            (b"\x1f\x8b\x08", "is not UTF-8"),
        ],
    )
    def test_that_cannot_be_read_is_refused_as_a_whole(self, data, says):
        with pytest.raises(DecisionRefusedError) as error:
            read_sheet(data, "f.csv")
        assert says in str(error.value)

    def test_may_not_have_a_field_of_any_length(self):
        """How long a field Python's reader takes is a setting of the whole process, so it is not relied on."""
        before = csv.field_size_limit(1_000_000)
        try:
            read = sheet(f"h,hide,{'b' * 100_001},,,", "h,hide,bbbbbb,,,")
        finally:
            csv.field_size_limit(before)
        [problem] = read.problems
        assert (problem.line, problem.rule) == (2, "a field has more than 100000 characters")
        assert len(read.rows) == 1

    def test_may_not_have_a_thousand_lines_of_one_hotel(self):
        where = two_hotels()
        done = make(where, *["h,hide,bbbbbb,,,"] * 1001)
        assert "1001 lines of one hotel" in done.problems[0].rule


def test_each_hotel_is_planned_anew_when_it_is_made():
    """A decision that somebody makes after the dry run is respected."""
    where = two_hotels()
    read = sheet("h,hide,bbbbbb,,,")
    assert plan_bulk(where, read, **WHO).count("new") == 1
    decide(where, "h", Override("hide", (B,), by="bob"))
    assert make_bulk(where, read, **WHO).count("already") == 1


def test_a_hotel_that_cannot_be_read_stops_no_other():
    where = two_hotels()
    where.published.put(manifest_key("h"), b"{")
    done = make(where, "h,withdraw,,,,", "g,withdraw,,,,")
    assert [line.status for line in done.lines] == ["wrong", "new"]
    assert "cannot be read" in done.problems[0].rule
    assert read_hotel(where, "g").overrides
