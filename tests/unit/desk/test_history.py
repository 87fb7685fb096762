"""The history: who decided what, newest first, whether it counts, and what it does now."""

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from image_release.desk.deciding import decide, effect_now, history, read_hotel, revoke
from image_release.desk.deciding.history import READ_AHEAD
from image_release.ingest import append_override
from image_release.outcomes import Outcome
from image_release.storage import CountingStore, MemoryStore, StoreCounter
from image_release.store_keys import overrides_key
from image_release.values import Override
from tests.unit.desk.hotels import manifest, rejected, sha, stores

A, B = sha("aaaaaa1"), sha("bbbbbb1")
DAY = datetime(2026, 11, 2, tzinfo=UTC)


def at(hours: float) -> str:
    return (DAY + timedelta(hours=hours)).isoformat()


def told(entries) -> list[str]:
    return [f"{entry.hotel_id} {entry.decision.by} {entry.what}" for entry in entries]


def some_decisions():
    where = stores(manifest("h"), manifest("g/1"))
    [hidden] = decide(where, "h", Override("hide", (B,), by="ann", at=at(1), why="not this hotel")).digests
    decide(where, "g/1", Override("withdraw", (), by="bob", at=at(2)))
    revoke(where, "h", hidden, by="Bob", at=at(3))
    return where


def test_is_newest_first_over_all_hotels():
    assert told(history(some_decisions().inbox)) == [
        "h Bob undid: hid the picture of bbbbbb10",
        "g/1 bob took all pictures of the hotel off",
        "h ann hid the picture of bbbbbb10",
    ]


def test_says_who_undid_a_decision():
    undone = [entry for entry in history(some_decisions().inbox) if not entry.is_in_force]
    assert [(entry.what, entry.undone_by.by) for entry in undone] == [("hid the picture of bbbbbb10", "Bob")]


@pytest.mark.parametrize(
    ("only", "who"),
    [
        ({"hotel_id": "h"}, ["Bob", "ann"]),
        ({"hotel_id": "nowhere"}, []),
        ({"by": "BOB"}, ["Bob", "bob"]),
        ({"since": DAY + timedelta(hours=2)}, ["Bob", "bob"]),
        ({"since": datetime(2100, 1, 1, tzinfo=UTC)}, []),
    ],
)
def test_is_narrowed(only, who):
    assert [entry.decision.by for entry in history(some_decisions().inbox, **only)] == who


def test_is_in_the_order_of_the_file_where_nobody_said_when():
    inbox = MemoryStore()
    for by, when in (("one", at(5)), ("two", ""), ("three", "yesterday"), ("four", at(1)), ("five", "2100-01-01")):
        append_override(inbox, "h", Override("hide", (B,), by=by, at=when))
    assert [entry.decision.by for entry in history(inbox)] == ["five", "four", "three", "two", "one"]


def test_reads_only_the_files_that_were_changed_last():
    counter = StoreCounter()
    inbox = CountingStore(MemoryStore(), counter)
    for number in range(50):
        append_override(inbox, f"h{number}", Override("hide", (B,), by="ann"))
    before = counter.reads
    assert len(list(islice(history(inbox), 5))) == 5
    assert counter.reads - before <= 10


def test_reads_a_bounded_number_of_files_where_all_were_copied():
    """Files that were copied are newer than their decisions, so their times say nothing."""
    counter = StoreCounter()
    inbox = CountingStore(MemoryStore(), counter)
    for number in range(READ_AHEAD + 200):
        append_override(inbox, f"h{number}", Override("hide", (B,), by="ann", at=at(number)))
    before = counter.reads
    found = history(inbox)
    assert next(found).decision.at > at(READ_AHEAD - 1)
    assert counter.reads - before <= READ_AHEAD + 1
    assert len(list(found)) == READ_AHEAD + 199


class TestTheEffect:
    def effects(self, where) -> list[str]:
        return [effect_now(entry, read_hotel(where, "h")) for entry in history(where.inbox, "h")]

    def test_of_a_decision_waits_until_the_hotel_is_processed(self):
        where = stores()
        decide(where, "h", Override("hide", (B,), by="ann", at=at(1)))
        assert self.effects(where) == ["waits until the hotel is processed"]

    def test_is_what_the_manifest_shows(self):
        hidden = rejected("bbbbbb1", Outcome.HIDDEN, "hidden by a person (ann)")
        where = stores(
            manifest(published_at=DAY + timedelta(days=1), rejected=(hidden,), pictures=manifest().pictures[:1])
        )
        for override in (Override("hide", (B,), at=at(1)), Override("pin", (A,), 1, at=at(2))):
            append_override(where.inbox, "h", override)
        append_override(where.inbox, "h", Override("hide", (sha("99"),), at=at(3)))
        assert self.effects(where) == [
            "in force: its image left; copies of the photograph still obey",
            "in force: its picture is 1st of 1",
            "in force: its picture is not shown: hidden by a person (ann)",
        ]

    def test_of_what_was_undone_is_none(self):
        where = stores()
        [digest] = decide(where, "h", Override("hide", (B,), by="ann", at=at(-2))).digests
        revoke(where, "h", digest, by="bob", at=at(-1))
        assert self.effects(where)[1].startswith("undone by bob")


def test_a_line_that_cannot_be_read_is_left_out():
    where = some_decisions()
    stored = where.inbox.get(overrides_key("h"))
    where.inbox.put(overrides_key("h"), b"{\n" + stored.data)
    assert len(list(history(where.inbox))) == 3
