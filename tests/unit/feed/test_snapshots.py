"""Snapshots of all hotels: each is what is published then, whether it was made from all hotels or from what changed."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from image_release.feed import ListUnreadableError, Position, changed_since, note
from image_release.feed.changes import changes_of
from image_release.feed.hotel_line import line_of
from image_release.feed.pruning import prune
from image_release.feed.snapshots import latest_snapshot, read_snapshot, write_snapshot
from image_release.ingest.releases.applying import apply_release
from image_release.settings import Settings
from image_release.store_keys import HOTELS, LATEST_SNAPSHOT
from tests.unit.feed.publishing import STARTED, a_run, memory_stores, publish_hotel, run
from tests.unit.publish.manifests import manifest

HOTELS_BEFORE = {"h1": "ab", "h-1": "c", "h/1": "d", "h2": "ef"}


@pytest.fixture
def stores():
    stores = memory_stores()
    run(stores, a_run(1), HOTELS_BEFORE)
    return stores


def at(minutes):
    return STARTED + timedelta(minutes=minutes)


def told(stores):
    return [(line.hotel_id, line.seq, line.pictures) for line in read_snapshot(stores.published)]


def release(stores, release_id, **cities):
    rows = [f"{hotel_id},Hotel,ES,{city},,,p:{hotel_id}" for hotel_id, city in cities.items()]
    text = "\n".join(["hotel_id,name,country,city,latitude,longitude,accommodations", *rows, ""])
    stores.inbox.put(f"releases/{release_id}.csv", text.encode())
    apply_release(stores.inbox, stores.state, f"releases/{release_id}.csv", Settings(), at(0))


class ListsNoHotels:
    """A published store that refuses to list `hotels/`."""

    def __init__(self, store):
        self._store = store

    def __getattr__(self, name):
        return getattr(self._store, name)

    def list(self, prefix):
        assert not HOTELS.startswith(prefix)
        return self._store.list(prefix)

    def folders(self, prefix, after=""):
        raise AssertionError(prefix)


def test_the_first_one_lists_all_hotels_with_progress(stores):
    seen = []
    write_snapshot(stores, at(2), lambda: seen.append(1))
    assert told(stores) == [("h/1", 1, 1), ("h-1", 1, 1), ("h1", 1, 2), ("h2", 1, 2)]
    assert len(seen) == 4


def test_later_ones_are_merged_from_what_changed_and_never_list_hotels(stores):
    """New hotels at the beginning, in the middle and at the end; the result is what a first one would be."""
    write_snapshot(stores, at(2))
    run(stores, a_run(3), {"a": "a", "h1": "abc", "h1x": "b", "z": ""})
    published = stores.published
    merged = type(stores)(stores.inbox, stores.state, ListsNoHotels(published))
    write_snapshot(merged, at(4))
    found = told(stores)
    published.delete(LATEST_SNAPSHOT)
    write_snapshot(stores, at(5))
    assert found == told(stores)
    assert len(found) == 7


def test_what_a_run_published_that_is_still_under_way_is_in_it(stores):
    write_snapshot(stores, at(2))
    publish_hotel(stores, a_run(3), "h1", "a")
    write_snapshot(stores, at(4))
    assert ("h1", 2, 1) in told(stores)


def test_nothing_is_written_where_nothing_changed(stores):
    write_snapshot(stores, at(2))
    before = dict(stores.published._objects)
    assert write_snapshot(stores, at(4)) is None
    assert stores.published._objects == before


def test_city_and_country_are_those_of_the_release_in_force(stores):
    """They follow a new release though no manifest changes; a hotel that departs keeps its last ones."""
    release(stores, "r1", h1="Bilbao", h2="Cadaqués")
    write_snapshot(stores, at(2))
    assert [(line.city, line.country) for line in read_snapshot(stores.published) if line.hotel_id == "h2"] == [
        ("Cadaqués", "ES")
    ]
    release(stores, "r2", h1="Bilbo", h3="Sitges")
    assert write_snapshot(stores, at(4))
    places = {line.hotel_id: line.city for line in read_snapshot(stores.published)}
    assert (places["h1"], places["h2"]) == ("Bilbo", "Cadaqués")
    assert write_snapshot(stores, at(5)) is None


def test_a_line_counts_copies_and_refusals():
    line = line_of(manifest(), None)
    assert (line.pictures, line.copies, line.rejected, line.first.sha256) == (1, 0, {}, "a" * 64)


def test_old_ones_go_but_never_the_latest(stores):
    write_snapshot(stores, at(2))
    run(stores, a_run(3), {"h1": "abc"})
    latest = write_snapshot(stores, at(4))
    prune(stores, at(4) + timedelta(days=8))
    assert [listed.key for listed in stores.published.list("feed/")] == [latest, LATEST_SNAPSHOT]
    assert latest_snapshot(stores.published) == latest


class TestFollowing:
    def test_tells_what_changed_since_once(self, stores):
        start = changed_since(stores.state, Position.now()).position
        run(stores, a_run(3), {"h1": "abc"})
        since = changed_since(stores.state, Position.from_text(start.to_text()))
        assert list(since.changed) == [("h1", 2)]
        assert list(changed_since(stores.state, since.position).changed) == []

    def test_tells_what_is_about_to_be_published_again_and_again(self, stores):
        """Who looked at the manifest before its swap has to look again."""
        start = changed_since(stores.state, Position.now()).position
        publish_hotel(stores, a_run(3), "h1", "abc")
        since = changed_since(stores.state, start)
        assert list(since.changed) == list(changed_since(stores.state, since.position).changed) == [("h1", 2)]

    def test_beside_a_suite_tells_by_the_notes(self, stores):
        """Functions write no lists; a note is told again for a while."""
        start = changed_since(stores.state, Position.now()).position
        note(stores.state, manifest(seq=1).model_copy(update={"hotel_id": "h/9", "published_at": datetime.now(UTC)}))
        since = changed_since(stores.state, start)
        assert ("h/9", 1) in list(since.changed)
        assert ("h/9", 1) in list(changed_since(stores.state, since.position).changed)

    def test_refuses_a_position_that_is_none(self):
        with pytest.raises(ValueError, match="no position"):
            Position.from_text("{}")


ELSEWHERE = b'{"snapshot": "../x", "release": "", "hotels": 1, "position": ""}'


class TestDamage:
    """All hotels are listed again, and the result is right."""

    @pytest.mark.parametrize(
        "data", [b"", b"{", b"[]", b'{"snapshot": "../x", "release": "", "hotels": 1, "position": ""}']
    )
    def test_of_the_pointer(self, stores, data):
        write_snapshot(stores, at(2))
        stores.published.put(LATEST_SNAPSHOT, data)
        assert write_snapshot(stores, at(3))
        assert len(told(stores)) == 4

    def test_of_the_snapshot(self, stores):
        key = write_snapshot(stores, at(2))
        stores.published.put(key, stores.published.get(key).data[:-20])
        run(stores, a_run(3), {"h1": "abc"})
        write_snapshot(stores, at(4))
        assert [line.seq for line in read_snapshot(stores.published)] == [1, 1, 2, 1]

    def test_of_a_list_of_changed_hotels(self, stores):
        write_snapshot(stores, at(2))
        run(stores, a_run(3), {"h1": "abc"})
        stores.state.put(a_run(3).key, b"cut short")
        write_snapshot(stores, at(4))
        assert ("h1", 2, 3) in told(stores)
        with pytest.raises(ListUnreadableError, match="run-2026"):
            changes_of(stores, a_run(3).name)
        assert changes_of(stores).name == a_run(1).name
        prune(stores, at(3) + timedelta(days=91))
        assert list(stores.state.list("changed/")) == []


class OfATime:
    """A store all of whose objects were written at a time."""

    def __init__(self, store, time):
        self._store = store
        self._time = time

    def __getattr__(self, name):
        return getattr(self._store, name)

    def list(self, prefix):
        return (replace(listed, modified=self._time) for listed in self._store.list(prefix))


class TestAfterAClockWasSetBack:
    def test_the_next_snapshot_is_the_latest_one(self, stores):
        """Else consumers would see the hotels of that day until the wrong time comes."""
        write_snapshot(stores, at(60 * 24 * 365))
        run(stores, a_run(3), {"h1": "abc"})
        key = write_snapshot(stores, at(4))
        assert latest_snapshot(stores.published) == key
        assert ("h1", 2, 3) in told(stores)

    def test_nothing_that_changed_before_it_is_missed(self, stores):
        write_snapshot(stores, at(2))
        pointer = json.loads(stores.published.get(LATEST_SNAPSHOT).data)
        ahead = Position(datetime.now(UTC) + timedelta(days=9))
        stores.published.put(LATEST_SNAPSHOT, json.dumps(pointer | {"position": ahead.to_text()}).encode())
        run(stores, a_run(3), {"h1": "abc"})
        hours_ago = datetime.now(UTC) - timedelta(hours=2)
        old = type(stores)(stores.inbox, OfATime(stores.state, hours_ago), stores.published)
        write_snapshot(old, at(4))
        assert ("h1", 2, 3) in told(stores)
