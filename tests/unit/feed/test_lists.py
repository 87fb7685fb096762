"""Lists of changed hotels: complete after a kill at any write, exact where two work at once."""

import gzip

import pytest

from image_release.feed import Changed, Collecting, ListUnreadableError, changed_lists
from image_release.feed import lists as lists_module
from image_release.feed.changes import changes_of
from image_release.feed.lists import read_list
from image_release.feed.records import present_manifest
from image_release.storage import MemoryStore
from image_release.store_keys import CHANGED
from tests.unit.feed.publishing import Killed, a_run, memory_stores, mortal, publish_hotel, run, shown

HOTELS = {"h1": "ab", "h-1": "c", "ünï/1": "d", "h2": "ef"}
WRITES = 25
"""Number of writes of the run that is killed."""
LATER = {"h1": "b", "h-1": "", "ünï/1": "d", "h2": "fe", "h3": "a"}


@pytest.fixture
def stores():
    return memory_stores()


@pytest.fixture(autouse=True)
def parts_of_two(monkeypatch):
    """A part for every two hotels, so that small lists have several."""
    monkeypatch.setattr(lists_module, "PART", 2)


def listed(stores, cause):
    (made,) = [made for made in changed_lists(stores.state) if made.cause == cause]
    return list(made.read(stores))


def test_a_finished_list_names_what_was_published_and_leaves_nothing_else(stores):
    run(stores, a_run(), HOTELS)
    assert sorted(listed(stores, a_run())) == sorted(Changed(hotel_id, 1) for hotel_id in HOTELS)
    assert [item.key for item in stores.state.list(CHANGED)] == [a_run().key]


def test_a_cause_that_published_nothing_writes_nothing(stores):
    with Collecting(stores, a_run()) as collecting:
        collecting.add("h1", ())
    assert list(stores.state.list(CHANGED)) == []


@pytest.mark.parametrize("writes", range(WRITES + 1))
def test_a_writer_that_is_killed_at_any_write_leaves_all_that_it_changed(stores, writes):
    """Compared with two snapshots of what is published. With its last write allowed, the run ends well."""
    run(stores, a_run(1), HOTELS)
    before = shown(stores, LATER)
    try:
        run(mortal(stores, writes), a_run(2), LATER)
        was_killed = False
    except Killed:
        was_killed = True
    after = shown(stores, LATER)
    changed = {hotel_id for hotel_id in LATER if present_seq(stores, hotel_id) > (hotel_id in HOTELS)}
    lists = [made for made in changed_lists(stores.state) if made.cause == a_run(2)]
    told = {item.hotel_id for made in lists for item in made.read(stores)}
    assert told == changed
    if changed:
        found = changes_of(stores, a_run(2).name)
        for change in found.hotels:
            was, now = before[change.hotel_id] or "", after[change.hotel_id] or ""
            assert {sha256[0] for sha256 in change.lost} == set(was) - set(now)
            assert {sha256[0] for sha256 in change.gained} == set(now) - set(was)
    assert was_killed == (writes < WRITES)


def present_seq(stores, hotel_id):
    present = present_manifest(stores, hotel_id)
    return present.seq if present else 0


def test_what_was_killed_before_its_swap_does_not_count_when_the_hotel_is_published_later(stores):
    """The record and the note of number 2 are there; another run publishes number 3."""
    run(stores, a_run(1), {"h1": "ab"})
    with pytest.raises(Killed):
        publish_hotel(mortal(stores, 2), a_run(2), "h1", "a")
    assert changes_of(stores, a_run(2).name).totals.hotels == 0
    publish_hotel(stores, a_run(3), "h1", "c", seq=3)
    assert changes_of(stores, a_run(2).name).totals.hotels == 0
    assert [change.seqs for change in changes_of(stores, a_run(3).name).hotels] == [(3,)]


def test_of_two_at_once_each_lists_its_own(stores):
    """They publish in turns, and one of them loses a swap."""
    one, other = Collecting(stores, a_run(1)), Collecting(stores, a_run(2))
    with one, other:
        one.add("h1", publish_hotel(stores, a_run(1), "h1", "a"))
        other.add("h1", publish_hotel(stores, a_run(2), "h1", "ab"))
        other.add("h2", publish_hotel(stores, a_run(2), "h2", "c"))
        one.add("h1", publish_hotel(stores, a_run(1), "h1", "b"))
    assert listed(stores, a_run(1)) == [("h1", 1), ("h1", 3)]
    assert listed(stores, a_run(2)) == [("h1", 2), ("h2", 1)]


def test_a_hotel_whose_worker_died_after_it_published_is_in_the_list(stores):
    """Its result is lost, and the next attempt finds nothing to do."""
    with Collecting(stores, a_run()) as collecting:
        publish_hotel(stores, a_run(), "h1", "a")
        collecting.add("h1", ())
    assert listed(stores, a_run()) == [("h1", 1)]


def test_finishing_again_after_a_kill_adds_to_what_is_there(stores):
    run(stores, a_run(), {"h1": "a"})
    run(stores, a_run(), {"h2": "b"})
    assert listed(stores, a_run()) == [("h1", 1), ("h2", 1)]


@pytest.mark.parametrize(
    "key", ["changed/x/run-a.jsonl.gz", "changed/2026-11-29T080000.000000Z/odd-a.jsonl.gz", "changed/a"]
)
def test_what_is_no_list_is_passed_over(stores, key):
    stores.state.put(key, b"x")
    assert changed_lists(stores.state) == []


@pytest.mark.parametrize(
    "line", ["1", "null", '["h"]', '["h", 1, 2]', "[1, 1]", '["h", "1"]', '["h", 1e999]', '["h", 0]', '["\\ud800", 1]',
             '["h", 99999999999999999999]', "[" * 100_000, '{"h": 1, "i": 2}']
)  # fmt: skip
def test_a_line_that_this_program_never_writes_makes_a_list_unreadable_and_nothing_else(line):
    state = MemoryStore()
    state.put(a_run().key, gzip.compress(line.encode()))
    (listed,) = state.list("changed/")
    with pytest.raises(ListUnreadableError):
        list(read_list(state, listed))
