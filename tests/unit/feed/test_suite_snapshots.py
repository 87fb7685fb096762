"""Snapshots of a suite: made in steps by `tick`, which may be killed, come twice at once, or find something damaged."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from image_release.feed import gathering, note
from image_release.feed.hotel_line import line_of
from image_release.feed.records import hotels_after, present_manifest
from image_release.feed.snapshots import latest_snapshot, read_snapshot
from image_release.feed.suite_snapshots import FeedContendedError, keep_snapshots
from image_release.feed_keys import FEED_PROGRESS, LINES, PLACES
from image_release.ingest.releases.applying import apply_release
from image_release.publish import publish, read_before
from image_release.settings import Settings
from image_release.storage import MemoryStore, Stores
from image_release.store_keys import FEED, LATEST_SNAPSHOT
from tests.unit.feed.publishing import Killed, mortal
from tests.unit.publish.manifests import manifest, picture

START = datetime(2026, 11, 29, 23, 40, tzinfo=UTC)
HOTELS = ("h1", "h-1", "h/1", "h2", "ü", '"\\')


class Suite:
    """Stores, a clock, and a function that publishes."""

    def __init__(self):
        self.now = START
        clock = lambda: self.now
        self.stores = Stores(MemoryStore(clock), MemoryStore(clock), MemoryStore(clock))

    def publish(self, hotel_id, letters="a", *, with_note=True):
        before = read_before(self.stores.published, hotel_id)
        pictures = tuple(picture(position=at, sha256=letter * 64) for at, letter in enumerate(letters, start=1))
        named = {"hotel_id": hotel_id, "name": f"Hotel {hotel_id}", "pictures": pictures, "published_at": self.now}
        after = manifest(seq=before.next_seq).model_copy(update=named)
        if with_note:
            note(self.stores.state, after)
        publish(self.stores.published, after, before)

    def release(self, release_id, **cities):
        rows = [f"{hotel_id},Hotel,ES,{city},,,p:{hotel_id}" for hotel_id, city in cities.items()]
        text = "\n".join(["hotel_id,name,country,city,latitude,longitude,accommodations", *rows, ""])
        self.stores.inbox.put(f"releases/{release_id}.csv", text.encode())
        loose = Settings.model_validate({"brakes": {"max_withdrawn_share": 1}})
        apply_release(self.stores.inbox, self.stores.state, f"releases/{release_id}.csv", loose, self.now)

    def tick(self, stores=None, *, reads=10**9):
        """One tick that may read so many times; returns what it did."""
        left = iter(range(reads))
        return keep_snapshots(stores or self.stores, self.now, lambda: next(left, None) is not None)

    def ticks(self):
        """Two ticks: one that writes the places of a release, if that is needed, and one that merges."""
        self.tick()
        self.tick()

    def an_hour_later(self):
        self.now += timedelta(minutes=61)

    def told(self):
        return {line.hotel_id: (line.seq, line.pictures) for line in read_snapshot(self.stores.published)}

    def true(self):
        """What a snapshot should say: what is published."""
        lines = [line_of(present_manifest(self.stores, hotel_id), None) for hotel_id in hotels_of(self.stores)]
        return {line.hotel_id: (line.seq, line.pictures) for line in lines}


def hotels_of(stores):
    return list(hotels_after(stores.published))


@pytest.fixture
def suite(monkeypatch):
    monkeypatch.setattr(gathering, "AT_ONCE", 2)
    monkeypatch.setattr(gathering, "AGAIN_AFTER", timedelta(days=9_999))
    suite = Suite()
    for hotel_id in HOTELS:
        suite.publish(hotel_id, "ab", with_note=False)
    return suite


class TestTheFirstSnapshot:
    def test_lists_the_hotels_over_as_many_ticks_as_it_needs(self, suite):
        """Of an old suite, which left no notes. Each tick goes on where the one before stopped."""
        ticks = 0
        while latest_snapshot(suite.stores.published) is None:
            suite.tick(reads=9)
            suite.now += timedelta(minutes=5)
            ticks += 1
        assert ticks > 2
        assert suite.told() == suite.true()
        assert [line.hotel_id for line in read_snapshot(suite.stores.published)] == hotels_of(suite.stores)

    def test_holds_what_was_published_while_it_was_made(self, suite):
        """Also hotels before the place that the listing had come to."""
        suite.tick(reads=9)
        suite.now += timedelta(minutes=5)
        suite.publish("h/1", "abc")
        suite.publish("0", "a")
        while latest_snapshot(suite.stores.published) is None:
            suite.tick(reads=20)
            suite.now += timedelta(minutes=5)
        assert suite.told() == suite.true()

    def test_is_mended_by_a_second_listing_after_an_hour(self, suite, monkeypatch):
        """While a new version is deployed, functions of the one before still publish, and leave no notes."""
        monkeypatch.setattr(gathering, "AGAIN_AFTER", timedelta(hours=1))
        suite.tick()
        suite.publish("h1", "abc", with_note=False)
        suite.now += timedelta(minutes=30)
        suite.tick()
        assert suite.told() != suite.true()
        suite.now += timedelta(minutes=35)
        suite.tick()
        assert suite.told() == suite.true()
        suite.an_hour_later()
        assert suite.tick() == {"read": 0}

    def test_of_a_new_suite_is_empty(self):
        """There is a snapshot from the first tick on, so that nobody ever lists the hotels."""
        suite = Suite()
        suite.tick()
        suite.publish("h1")
        suite.an_hour_later()
        suite.tick()
        assert suite.told() == {"h1": (1, 1)}


class TestALaterSnapshot:
    def test_takes_what_was_noted_and_comes_once_an_hour(self, suite):
        """Also over midnight; nothing but what changed is read."""
        suite.tick()
        first = latest_snapshot(suite.stores.published)
        suite.now += timedelta(minutes=5)
        suite.publish("h1", "abc")
        assert suite.tick() == {"read": 1}
        assert latest_snapshot(suite.stores.published) == first
        suite.an_hour_later()
        suite.publish("new", "a")
        assert suite.tick() == {"read": 1, "hotels": 7}
        assert suite.told() == suite.true()

    def test_is_not_written_if_nothing_changed(self, suite):
        """A note whose manifest never came changes no line."""
        suite.tick()
        note(suite.stores.state, manifest(seq=9).model_copy(update={"hotel_id": "h1", "published_at": suite.now}))
        first = latest_snapshot(suite.stores.published)
        suite.an_hour_later()
        suite.tick()
        assert latest_snapshot(suite.stores.published) == first

    def test_takes_city_and_country_from_the_release_in_force(self, suite):
        """Of all hotels when another release comes into force; one that departed keeps its last place."""
        suite.release("r1", h1="Bilbao", h2="Getxo")
        suite.ticks()
        suite.an_hour_later()
        suite.release("r2", h1="Bilbo")
        suite.publish("h2", "")
        suite.ticks()
        assert {line.hotel_id: line.city for line in read_snapshot(suite.stores.published) if line.city} == {
            "h1": "Bilbo",
            "h2": "Getxo",
        }
        folders = {listed.key.split("/")[2] for listed in suite.stores.state.list(PLACES)}
        assert folders == {"r2"}

    def test_leaves_nothing_behind(self, suite):
        """Parts of lines go when nothing needs them, and snapshots after a week."""
        for _ in range(200):
            suite.tick()
            suite.an_hour_later()
            suite.publish("h1", "ab")
        assert len(list(suite.stores.state.list(LINES))) < 5
        assert len(list(suite.stores.published.list(FEED))) < 170


class TestTime:
    def test_that_is_up_leaves_the_rest_to_the_next_tick(self, suite):
        """Each tick may read little, and none reads anything twice."""
        suite.tick()
        suite.now += timedelta(minutes=30)
        for hotel_id in HOTELS:
            suite.publish(hotel_id, "abc")
        read = 0
        for _ in range(12):
            read += suite.tick(reads=8).get("read", 0)
            suite.now += timedelta(minutes=5)
        suite.an_hour_later()
        suite.tick()
        assert suite.told() == suite.true()
        assert read == len(HOTELS)

    def test_that_went_back_lists_the_hotels_again(self, suite):
        """A clock that was set back by years: notes of the future say nothing about now."""
        suite.tick()
        suite.now -= timedelta(days=700)
        suite.publish("h1", "abc")
        suite.tick()
        assert suite.told() == suite.true()


class TestAKill:
    def test_at_any_write_loses_no_hotel(self, suite):
        """The next tick goes on; at the end the snapshot is what is published."""
        suite.release("r1", h1="Bilbao", h2="Getxo")
        for writes in range(40):
            suite.publish("h1", "a" * (writes % 3))
            suite.publish(f"new-{writes}", "a")
            with suppress(Killed):
                suite.tick(mortal(suite.stores, writes % 14))
            suite.now += timedelta(minutes=25)
            if writes % 5 == 4:
                suite.ticks()
                suite.an_hour_later()
                suite.ticks()
                assert suite.told() == suite.true(), writes


class Meanwhile:
    """A store at whose `at`th write something else happens first."""

    def __init__(self, store, left, happens):
        self._store, self._left, self._happens = store, left, happens

    def __getattr__(self, name):
        found = getattr(self._store, name)
        if name not in ("put", "put_file", "delete"):
            return found

        def write(*args, **kwargs):
            self._left[0] -= 1
            if self._left[0] == 0:
                self._happens()
            return found(*args, **kwargs)

        return write


class TestTwoTicksAtOnce:
    @pytest.mark.parametrize("at", range(1, 12))
    @pytest.mark.parametrize("first", [True, False])
    def test_lose_no_hotel(self, suite, at, first):
        """One whole tick between any two writes of another one; with the first snapshot, and with a later one."""
        suite.release("r1", h1="Bilbao")
        suite.tick()
        if not first:
            suite.tick()
            suite.an_hour_later()
            suite.publish("h1", "abc")
            suite.publish("other", "a")

        def happens():
            suite.publish("between", "a")
            suite.tick()

        left = [at]
        stores = Stores(
            *(
                Meanwhile(store, left, happens)
                for store in (suite.stores.inbox, suite.stores.state, suite.stores.published)
            )
        )
        with suppress(FeedContendedError):
            suite.tick(stores)
        for _ in range(2):
            suite.an_hour_later()
            suite.tick()
        assert suite.told() == suite.true()


class TestDamage:
    @pytest.mark.parametrize("cut", [0, 20, 60])
    @pytest.mark.parametrize("where", [FEED, LINES, FEED_PROGRESS, LATEST_SNAPSHOT])
    def test_is_mended_by_listing_again(self, suite, where, cut):
        """Of the snapshot, of parts of lines, of the progress, and of what names the snapshot: cut short, or empty."""
        suite.tick()
        suite.now += timedelta(minutes=5)
        suite.publish("h1", "abc")
        suite.tick()
        for store in (suite.stores.state, suite.stores.published):
            for listed in list(store.list(where)):
                store.put(listed.key, store.get(listed.key).data[:cut])
        suite.publish("h2", "abc")
        for _ in range(3):
            suite.an_hour_later()
            suite.tick()
        assert suite.told() == suite.true()

    def test_of_a_snapshot_that_is_gone(self, suite):
        """Somebody deleted it."""
        suite.tick()
        suite.stores.published.delete(latest_snapshot(suite.stores.published))
        suite.tick()
        assert suite.told() == suite.true()
