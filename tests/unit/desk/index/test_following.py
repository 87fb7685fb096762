"""The index is built once, and follows what changes; whatever happens to its file or its process, it is right again."""

import sqlite3
import threading
from datetime import timedelta

import pytest

from image_release.desk.index import CaughtUp, Filter, IndexDamagedError, Query, Sort, open_index, touch
from image_release.desk.index.file import add_todo, meta, set_meta
from image_release.feed.snapshots import latest_snapshot, write_snapshot
from image_release.ingest import append_override
from image_release.settings import Settings
from image_release.state import hold
from image_release.store_keys import (
    CHANGED,
    HOTELS,
    LATEST_SNAPSHOT,
    catalogue_state_key,
    held_catalogue_key,
    held_release_key,
    manifest_key,
)
from image_release.values import Override
from tests.unit.desk.conftest import World
from tests.unit.desk.made_manifests import manifest, picture, publish, sha

FIVE = tuple(picture(f"p{number}") for number in range(5))
LATER = timedelta(minutes=2)
"""After this a look around is due."""


class KilledError(Exception):
    """Stands for Ctrl-C."""


class TestTheFirstBuild:
    def test_reads_every_hotel(self, world_of):
        """And says that it was the first."""
        world = world_of(*(manifest(f"{number}", FIVE) for number in range(30)))
        assert world.catch_up().hotels == 30
        assert world.index.find(Query()).total == 30
        assert world.index.status().is_built

    def test_tells_how_far_it_is(self, world_of, monkeypatch):
        """First while it lists, then while it reads."""
        monkeypatch.setattr("image_release.desk.index.following.TOLD_EVERY", 2)
        monkeypatch.setattr("image_release.desk.index.following.AT_ONCE", 2)
        world = world_of(*(manifest(f"{number}") for number in range(5)))
        told = []
        world.catch_up(progress=lambda *step: told.append(step))
        assert told == [
            ("listing", 2, None),
            ("listing", 4, None),
            ("reading", 2, 5),
            ("reading", 4, 5),
            ("reading", 5, 5),
        ]

    def test_goes_on_where_it_was_killed(self, world_of, monkeypatch):
        """What was read is not read again, and nothing is listed again."""
        monkeypatch.setattr("image_release.desk.index.following.AT_ONCE", 4)
        world = world_of(*(manifest(f"{number}") for number in range(10)))

        def kill(what, done, total):
            if done == 8:
                raise KilledError

        with pytest.raises(KilledError):
            world.catch_up(progress=kill)
        assert (world.index.status().is_built, world.index.status().waiting) == (False, 2)
        listed = _count_listings(world, monkeypatch)
        done = world.catch_up()
        assert (done.hotels, done.built_because, world.index.find(Query()).total) == (2, None, 10)
        assert listed == []

    def test_lists_again_if_it_was_killed_while_listing(self, world_of, monkeypatch):
        """A half list is none."""
        monkeypatch.setattr("image_release.desk.index.following.TOLD_EVERY", 3)
        world = world_of(*(manifest(f"{number}") for number in range(5)))

        def kill(*_):
            raise KilledError

        with pytest.raises(KilledError):
            world.catch_up(progress=kill)
        world.catch_up()
        assert world.index.find(Query()).total == 5

    def test_lists_nothing_where_there_is_a_snapshot(self, world_of, monkeypatch):
        """What changed since the snapshot comes with the feed; a snapshot that is lost or damaged is none."""
        world = world_of(*(manifest(f"{number}", FIVE) for number in range(5)))
        write_snapshot(world.stores, world.now())
        world.run(manifest("3", [], seq=2), manifest("new", FIVE))
        listed = _count_listings(world, monkeypatch)
        world.catch_up()
        assert (world.index.find(Query()).total, world.index.hotel("3").pictures, listed) == (6, 0, [])
        latest = world.stores.published.get(LATEST_SNAPSHOT).data
        snapshot = latest_snapshot(world.stores.published)
        for key, damage in (
            (LATEST_SNAPSHOT, b"{"),
            (LATEST_SNAPSHOT, b"[1]"),
            (snapshot, b"\x1f\x8b"),
            (snapshot, b"x"),
        ):
            world.stores.published.put(LATEST_SNAPSHOT, latest)
            world.stores.published.put(key, damage)
            with world.index.file.writing() as db:
                set_meta(db, schema=0)
            world.catch_up()
            assert world.index.find(Query()).total == 6
        assert len(listed) == 4

    def test_knows_a_manifest_that_cannot_be_read(self, world_of):
        """It is listed as such, and comes first."""
        world = world_of(manifest("a", []))
        world.stores.published.put(manifest_key("b/c"), b"{}")
        world.catch_up()
        assert world.ids(Query(sort=Sort.LOOK)) == ["b/c", "a"]
        assert world.index.hotel("b/c").filters == (Filter.UNREADABLE,)

    def test_of_an_empty_workspace_finds_nothing(self, world_of):
        """No error: the first run comes later."""
        world = world_of()
        world.catch_up()
        assert world.index.find(Query("x")).hotels == ()

    def test_can_be_done_by_two_at_once(self, world_of, monkeypatch):
        """Two desks share the work and both find everything."""
        monkeypatch.setattr("image_release.desk.index.following.AT_ONCE", 5)
        world = world_of(*(manifest(f"{number}", FIVE) for number in range(60)))
        other = World(world.index.file.path)
        other.stores = world.stores
        threads = [threading.Thread(target=each.catch_up) for each in (world, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert world.index.find(Query()).total == other.index.find(Query()).total == 60
        assert world.index.status().waiting == 0


def _count_listings(world, monkeypatch):
    """Keys below `hotels/` that are listed from now on."""
    listed = []
    real = type(world.stores.published).list

    def counting(store, prefix):
        if prefix.startswith(HOTELS):
            listed.append(prefix)
        return real(store, prefix)

    monkeypatch.setattr(type(world.stores.published), "list", counting)
    return listed


class TestTheFeed:
    def test_brings_what_changed(self, world_of, monkeypatch):
        """A changed hotel, a new one; nothing is listed."""
        world = world_of(*(manifest(f"{number}", FIVE) for number in range(5)))
        world.catch_up()
        listed = _count_listings(world, monkeypatch)
        world.run(manifest("3", [], seq=2), manifest("new", FIVE))
        assert world.catch_up().hotels == 2
        assert world.index.find(Query()).total == 6
        assert world.index.hotel("3").pictures == 0
        assert listed == []

    def test_of_which_a_list_is_damaged_has_all_hotels_read_again_once(self, world_of):
        """It may name any hotel; the next time it is left alone."""
        world = world_of(manifest("a", FIVE), manifest("b", FIVE))
        world.catch_up()
        world.run(manifest("a", [], seq=2), manifest("new", FIVE))
        (listed,) = world.stores.state.list(CHANGED)
        world.stores.state.put(listed.key, world.stores.state.get(listed.key).data[:-9])
        assert "cannot be read" in world.catch_up().built_because
        assert (world.index.hotel("a").pictures, world.index.find(Query()).total) == (0, 3)
        assert world.catch_up() == CaughtUp(0, None)

    def test_costs_nothing_when_nothing_changed(self, world_of):
        """No hotel is read twice for one change."""
        world = world_of(manifest("a", FIVE))
        world.catch_up()
        world.run(manifest("a", [], seq=2))
        assert [world.catch_up().hotels for _ in range(3)] == [1, 0, 0]

    def test_brings_what_changed_while_the_index_was_built(self, world_of, monkeypatch):
        """It may have been read before it changed."""
        monkeypatch.setattr("image_release.desk.index.following.AT_ONCE", 1)
        world = world_of(manifest("a", FIVE), manifest("b", FIVE))

        def change(what, done, total):
            if done == 1:
                world.run(manifest("a", [], seq=2))

        world.catch_up(progress=change)
        assert world.index.hotel("a").pictures == 0

    def test_marks_what_the_last_run_changed(self, world_of):
        """And no longer what the run before did."""
        world = world_of(manifest("a", FIVE), manifest("b", FIVE))
        world.catch_up()
        changed = Query(filters=frozenset({Filter.CHANGED}))
        for hotel_id in ("a", "b"):
            world.ahead += timedelta(hours=1)
            world.run(manifest(hotel_id, FIVE, seq=2, at=world.now() + timedelta(seconds=1)))
            world.catch_up()
            assert world.ids(changed) == [hotel_id]

    def test_forgets_a_hotel_whose_manifest_is_gone(self, world_of):
        """It is not shown any more."""
        world = world_of(manifest("a", FIVE), manifest("b", FIVE))
        world.catch_up()
        assert world.index.find(Query()).total == 2
        world.stores.published.delete(manifest_key("a"))
        touch(world.index, world.stores, world.settings, ["a"])
        assert world.ids(Query()) == ["b"]


class TestDecisions:
    def test_count_as_soon_as_the_desk_tells(self, world_of):
        """Before any hotel was processed."""
        world = world_of(manifest("a", FIVE), manifest("b", FIVE))
        world.catch_up()
        append_override(world.stores.inbox, "a", Override("hide", (sha("p0"),)))
        touch(world.index, world.stores, world.settings, ["a"])
        assert world.ids(Query(filters=frozenset({Filter.CORRECTED}))) == ["a"]

    def test_of_others_are_found_after_a_while(self, world_of):
        """Somebody wrote them with the command line."""
        world = world_of(manifest("a", FIVE))
        world.catch_up()
        append_override(world.stores.inbox, "a", Override("hide", (sha("p0"),)))
        world.ahead = LATER
        world.catch_up()
        assert world.index.hotel("a").decisions == {"hide": 1}

    def test_that_a_hotel_without_manifest_has_bring_nothing(self, world_of):
        """It is not published."""
        world = world_of()
        append_override(world.stores.inbox, "a", Override("withdraw", ()))
        world.catch_up()
        touch(world.index, world.stores, world.settings, ["a", "../x"])
        assert world.index.find(Query()).total == 0


class TestWhatTheFeedDoesNotTell:
    def test_a_new_release_moves_hotels(self, world_of):
        """They are found by their new place, and no longer by the old one; a departed one keeps its place."""
        world = world_of(manifest("a", FIVE), manifest("b", FIVE))
        world.release("r1", ("a", "A", "ES", "Bilbao"), ("b", "B", "ES", "Bilbao"))
        world.catch_up()
        world.release("r2", ("a", "A", "FR", "Paris"))
        world.ahead = LATER
        world.catch_up()
        assert (world.ids(Query("paris")), world.ids(Query("bilbao"))) == (["a"], ["b"])

    def test_a_held_catalogue_marks_its_partners_hotels(self, world_of):
        """Until somebody accepts it."""
        world = world_of(manifest("a", FIVE), manifest("b", [picture("x", "bedbank")]))
        world.catch_up()
        held = {"partner_id": "bedbank", "version": "2", "reason": "…", "leaving": 1, "of": 2, "limit": 1}
        hold(world.stores.state, held_catalogue_key("bedbank"), "d", held)
        query = Query(filters=frozenset({Filter.HELD}))
        world.ahead = LATER
        world.catch_up()
        assert (world.ids(query), world.index.status().held_partners) == (["b"], ("bedbank",))
        world.run(manifest("b", [picture("x", "bedbank")], seq=2), manifest("c", [picture("x", "bedbank")]))
        world.catch_up()
        assert sorted(world.ids(query)) == ["b", "c"]
        world.stores.state.delete(held_catalogue_key("bedbank"))
        world.ahead = 2 * LATER
        world.catch_up()
        assert world.ids(query) == []

    def test_a_held_release_is_told(self, world_of):
        """It is about all hotels, so it marks none."""
        world = world_of(manifest("a", FIVE))
        held = {"identifier": "r9", "version": "r9", "reason": "…", "leaving": 1, "of": 2, "limit": 1}
        hold(world.stores.state, held_release_key("r9"), "d", held)
        world.catch_up()
        assert world.index.status().held_release == "r9"
        assert world.index.find(Query()).counts[Filter.HELD] == 0

    def test_what_cannot_be_read_stops_nothing(self, world_of):
        """The list is needed most when something is damaged."""
        world = world_of(manifest("a", FIVE))
        world.stores.state.put("releases/current.json", b"{")
        world.stores.state.put(held_catalogue_key("p"), b'{"partner_id": "p", "version": "1", "digest": "d"}')
        world.stores.state.put(catalogue_state_key("p"), b"{")
        world.catch_up()
        assert world.ids(Query()) == ["a"]


class TestAnIndexThatCannotBeUsed:
    def test_that_is_damaged_is_made_again(self, world_of):
        """And says so."""
        world = world_of(manifest("a", FIVE))
        world.catch_up()
        for ending in ("-wal", "-shm"):
            world.index.file.path.with_name("index.sqlite" + ending).unlink(missing_ok=True)
        world.index.file.path.write_bytes(b"no database at all" * 1000)
        with pytest.raises(IndexDamagedError):
            world.index.find(Query())
        touch(world.index, world.stores, world.settings, ["a"])
        assert "not a database" in world.catch_up().built_because
        assert world.ids(Query()) == ["a"]

    def test_that_is_empty_or_cut_is_made_again(self, world_of):
        """A disk was full."""
        world = world_of(*(manifest(f"{number}", FIVE) for number in range(50)))
        world.catch_up()
        path = world.index.file.path
        with sqlite3.connect(path) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for size in (path.stat().st_size // 2, 0):
            with path.open("r+b") as file:
                file.truncate(size)
            assert world.catch_up().built_because
            assert world.index.find(Query()).total == 50

    @pytest.mark.parametrize("values", [{"schema": 99}, {"position": "x"}, {"position": None}, {"schema": None}])
    def test_of_another_version_or_without_its_place_in_the_feed_is_made_again(self, world_of, values):
        """Older and newer ones alike."""
        world = world_of(manifest("a", FIVE))
        world.catch_up()
        with world.index.file.writing() as db:
            set_meta(db, **values)
        assert world.catch_up().built_because
        assert world.catch_up().built_because is None

    def test_that_slept_longer_than_the_feed_remembers_is_made_again(self, world_of):
        """Lists are deleted after 90 days."""
        world = world_of(manifest("a", FIVE))
        world.catch_up()
        world.ahead = timedelta(days=61)
        assert "only" in world.catch_up().built_because

    def test_that_was_made_with_other_kinds_that_never_open_is_made_again(self, world_of):
        """The settings were changed."""
        world = world_of(manifest("a", [picture("x", category="pool"), *FIVE]))
        world.catch_up()
        world.settings = Settings.model_validate({"prioritising": {"never_first": ["pool"]}})
        assert "never" in world.catch_up().built_because
        assert world.ids(Query(filters=frozenset({Filter.NEVER_FIRST}))) == ["a"]

    def test_that_is_not_there_is_said(self, tmp_path):
        """Asking makes no file."""
        with pytest.raises(IndexDamagedError):
            open_index(tmp_path / "index.sqlite").find(Query())
        assert list(tmp_path.iterdir()) == []

    def test_that_another_process_made_again_is_read_anew(self, world_of):
        """What was in memory is of a file that is gone."""
        world = world_of(manifest("a", FIVE))
        world.catch_up()
        assert world.ids(Query()) == ["a"]
        world.stores.published.delete(manifest_key("a"))
        publish(world.stores, manifest("b", FIVE))
        other = World(world.index.file.path)
        other.stores = world.stores
        with other.index.file.writing() as db:
            set_meta(db, schema=0)
        other.catch_up()
        assert world.ids(Query()) == ["b"]


def test_two_writers_take_turns(world_of):
    """While one holds the file, `touch` does not wait for ever, and the hotel is read later."""
    world = world_of(manifest("a", FIVE))
    world.catch_up()
    append_override(world.stores.inbox, "a", Override("hide", (sha("p0"),)))
    with pytest.MonkeyPatch.context() as patch, world.index.file.locked(1):
        patch.setattr("image_release.desk.index.following.TOUCH_WAITS_S", 0.0)
        touch(world.index, world.stores, world.settings, ["a"])
        assert world.index.hotel("a").decisions == {}
    world.catch_up()
    assert world.index.hotel("a").decisions == {"hide": 1}


def test_a_hotel_that_changes_while_it_is_read_is_read_again(world_of):
    """It is on the list once more."""
    world = world_of(manifest("a", FIVE))
    world.catch_up()
    real = world.stores.published.get

    def changing(key):
        stored = real(key)
        if key == manifest_key("a"):
            world.stores.published.get = real
            publish(world.stores, manifest("a", [], seq=3))
            with world.index.file.writing() as db:
                add_todo(db, ["a"])
        return stored

    world.stores.published.get = changing
    with world.index.reading() as db:
        assert meta(db, "phase") == "built"
    world.run(manifest("a", FIVE, seq=2))
    world.catch_up()
    assert world.index.hotel("a").pictures == 0
