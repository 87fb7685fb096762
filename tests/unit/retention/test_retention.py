"""Retention: what is old and unused goes, whatever is used or named stays, and a step may end at any moment."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from image_release.ingest import Request, mark_done, progress, read_current, store_request, write_listing
from image_release.ingest.releases.applying import apply_release
from image_release.ingest.releases.current import complete_release
from image_release.retention import originals, retain
from image_release.settings import Settings
from image_release.storage import MemoryStore, Stores
from image_release.store_keys import (
    catalogue_digests_key,
    catalogue_state_key,
    listing_key,
    original_key,
    overrides_key,
    release_digest_key,
)
from image_release.upkeep_keys import LEFT, RETENTION
from image_release.values import Accommodation, CatalogueImage, Listing
from tests.unit.feed.publishing import Killed, mortal

GRACE = timedelta(days=7)
IMAGE = CatalogueImage("https://partner.example/1.jpg")
A, B, ODD = Accommodation("p", "a"), Accommodation("p", "b"), Accommodation("p/ö", "../x")
SHA, OTHER = "ab" * 32, "cd" * 32


class World:
    """Stores with a clock; methods put what the functions put."""

    def __init__(self):
        self.now = datetime(2026, 3, 1, tzinfo=UTC)
        clock = lambda: self.now
        self.stores = Stores(MemoryStore(clock), MemoryStore(clock), MemoryStore(clock))

    def days_later(self, days):
        self.now += timedelta(days=days)

    def release(self, release_id, *, complete=True, **hotels):
        rows = [f"{hotel_id},Hotel,ES,Bilbao,,,{pairs}" for hotel_id, pairs in hotels.items()]
        text = "\n".join(["hotel_id,name,country,city,latitude,longitude,accommodations", *rows, ""])
        self.stores.inbox.put(f"releases/{release_id}.csv", text.encode())
        loose = Settings.model_validate({"brakes": {"max_withdrawn_share": 1}})
        apply_release(self.stores.inbox, self.stores.state, f"releases/{release_id}.csv", loose, self.now)
        if complete:
            complete_release(self.stores.state, read_current(self.stores.state))

    def listing(self, accommodation, version="1", *, deleted=False):
        images = () if deleted else (IMAGE,)
        write_listing(self.stores.state, Listing(accommodation, version, images, deleted))

    def original(self, accommodation, sha256=SHA):
        self.stores.state.put(original_key(accommodation, sha256), b"bytes")

    def has_original(self, accommodation, sha256=SHA):
        return self.stores.state.head(original_key(accommodation, sha256)) is not None

    def retain(self, stores=None, *, steps=10**9):
        left = iter(range(steps))
        return retain(stores or self.stores, self.now, GRACE, lambda: next(left, None) is not None, 2)

    def weeks(self, count=3):
        """Retention once a day."""
        for _ in range(7 * count):
            self.days_later(1)
            self.retain()

    def folders(self, prefix):
        return list(self.stores.state.folders(prefix))


@pytest.fixture(autouse=True, scope="module")
def few_at_once():
    """So that a few accommodations are many."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(originals, "AT_ONCE", 2)
        yield


@pytest.fixture
def world():
    world = World()
    world.release("r1", h1="p:a")
    return world


class TestReleases:
    def test_go_when_they_are_old_and_nothing_uses_them(self, world):
        """The release in force stays, however old it is."""
        world.days_later(7)
        world.release("r2", h1="p:a")
        world.days_later(22)
        world.retain()
        assert world.folders("releases/") == ["r1", "r2"]
        world.days_later(2)
        assert world.retain()["old"] > 2
        assert world.folders("releases/") == ["r2"]

    def test_stay_while_hotels_may_be_published_by_them(self, world):
        """The completed one, and those between it and the one in force, name hotels that depart."""
        world.days_later(1)
        world.release("r2", complete=False, h2="p:b")
        world.release("r3", complete=False, h3="p:b")
        world.days_later(400)
        world.retain()
        assert world.folders("releases/") == ["r1", "r2", "r3"]

    def test_that_sort_after_the_one_in_force_stay(self, world):
        """Such a one is held, or was half written: it may still come into force."""
        world.stores.state.put(release_digest_key("releases/r9"), b"x")
        world.stores.state.put("releases/r1+0abc/digest", b"x")
        world.days_later(400)
        world.retain()
        assert world.folders("releases/") == ["r1+0abc", "r1", "r9"]

    def test_stay_where_none_is_in_force(self, world):
        """Then nobody knows which one is needed."""
        world.stores.state.delete("releases/current.json")
        world.days_later(400)
        world.retain()
        assert world.folders("releases/") == ["r1"]


class TestRequests:
    def test_go_after_90_days_and_first_of_all_what_counts_them(self, world):
        """A request of which only marks are left is none, and its marks go, too."""
        store_request(world.stores.state, Request(request_id="old", all=True), 3)
        for hotel_id in ("h1", "h2", "h/3"):
            mark_done(world.stores.state, "old", hotel_id)
        world.days_later(60)
        store_request(world.stores.state, Request(request_id="young", all=True), 1)
        world.days_later(31)
        with suppress(Killed):
            world.retain(mortal(world.stores, 1))
        assert progress(world.stores.state, "old") is None
        world.retain()
        assert world.folders("requests/") == ["young"]

    def test_leave_what_was_written_lately(self, world):
        """Somebody writes there still; it goes when it is old, too."""
        store_request(world.stores.state, Request(request_id="slow", all=True), 3)
        world.days_later(91)
        mark_done(world.stores.state, "slow", "h1")
        world.retain()
        assert [listed.key for listed in world.stores.state.list("requests/")] == ["requests/slow/done/h1"]
        world.days_later(91)
        world.retain()
        assert world.folders("requests/") == []


class TestDigests:
    def test_of_older_catalogues_go_and_that_in_force_stays(self, world):
        """So does a newer one, which is being applied, and everything while it is not known which one is in force."""
        state = world.stores.state
        for version in ("1", "2", "3/x", "4"):
            state.put(catalogue_digests_key("p/ö", version), b"")
        world.days_later(31)
        world.retain()
        assert len(list(state.list("catalogues/"))) == 4
        state.put(catalogue_state_key("p/ö"), json.dumps({"version": "3/x"}).encode())
        world.days_later(1)
        world.retain()
        left = {listed.key for listed in state.list("catalogues/")} - {catalogue_state_key("p/ö")}
        assert left == {catalogue_digests_key("p/ö", "3/x"), catalogue_digests_key("p/ö", "4")}


class TestOriginals:
    def test_of_an_accommodation_that_left_catalogue_and_release_go_after_the_grace_period(self, world):
        """Whatever it is called. What is known of them stays, so that labels are not paid twice."""
        for accommodation in (B, ODD):
            world.listing(accommodation, deleted=True)
            world.original(accommodation)
            world.stores.state.put(listing_key(accommodation).replace("images.json", "state.json"), b"{}")
        world.retain()
        world.days_later(6)
        world.retain()
        assert world.has_original(B)
        world.weeks(2)
        assert not world.has_original(B)
        assert not world.has_original(ODD)
        assert world.stores.state.head(listing_key(B).replace("images.json", "state.json"))
        assert list(world.stores.state.list(LEFT)) == []

    def test_stay_while_a_catalogue_names_the_accommodation(self, world):
        """Although no hotel has it: a later release may bring it back, and then nothing is downloaded."""
        world.listing(B)
        world.original(B)
        world.weeks()
        assert world.has_original(B)

    def test_stay_where_it_is_not_known_what_the_catalogue_names(self, world):
        """A listing that is lost or damaged."""
        world.original(A)
        world.original(B)
        world.stores.state.put(listing_key(B), b"{")
        world.weeks()
        assert world.has_original(A)
        assert world.has_original(B)

    def test_stay_while_a_release_has_the_accommodation(self, world):
        """The hotel takes care of them itself; also of a release whose hotels are not all processed."""
        world.listing(A, deleted=True)
        world.original(A)
        world.release("r2", complete=False, h1="p:z")
        world.weeks()
        assert world.has_original(A)
        complete_release(world.stores.state, read_current(world.stores.state))
        world.weeks()
        assert not world.has_original(A)

    def test_stay_while_a_decision_names_them(self, world):
        """A witness, of whatever hotel; the other originals of the accommodation go."""
        world.listing(B, deleted=True)
        world.original(B)
        world.original(B, OTHER)
        line = {"action": "hide", "images": [SHA], "by": "x", "at": "2026-01-01T00:00:00Z", "why": ""}
        world.stores.inbox.put(overrides_key("h/1"), json.dumps(line).encode())
        world.weeks()
        assert world.has_original(B)
        assert not world.has_original(B, OTHER)

    def test_of_an_accommodation_that_came_back_meanwhile_stay(self, world):
        """The grace period begins anew when it leaves again."""
        world.listing(B, deleted=True)
        world.original(B)
        world.retain()
        world.days_later(3)
        world.listing(B, "2")
        world.days_later(3)
        world.listing(B, "3", deleted=True)
        world.days_later(1)
        world.retain()
        world.days_later(5)
        world.retain()
        assert world.has_original(B)

    def test_are_never_deleted_without_a_release(self, world):
        """Nobody knows then which hotel has what."""
        world.stores.state.delete("releases/current.json")
        world.listing(B, deleted=True)
        world.original(B)
        world.weeks()
        assert world.has_original(B)


class TestAStep:
    @settings(max_examples=40, deadline=None)
    @given(st.lists(st.tuples(st.integers(0, 12), st.integers(1, 9)), min_size=1, max_size=12))
    def test_may_end_at_any_moment(self, interruptions):
        """Killed before any write, or out of time: at the end all that should go is gone, and nothing else."""
        world = World()
        world.release("r1", h1="p:a")
        for number in range(5):
            world.listing(Accommodation("p", f"x{number}"), deleted=True)
            world.original(Accommodation("p", f"x{number}"))
        world.listing(A)
        world.original(A)
        world.release("r2", h1="p:a")
        world.days_later(40)
        for writes, steps in interruptions:
            with suppress(Killed):
                world.retain(mortal(world.stores, writes), steps=steps)
            world.days_later(1)
        world.weeks(4)
        assert world.folders("releases/") == ["r2"]
        assert [listed.key for listed in world.stores.state.list("accommodations/") if "/originals/" in listed.key] == [
            original_key(A, SHA)
        ]

    def test_writes_nothing_when_there_is_nothing_to_do(self, world):
        """Between two looks."""
        world.retain()
        before = world.stores.state.get(RETENTION)
        world.now += timedelta(hours=5)
        world.retain(mortal(world.stores, 0))
        assert world.stores.state.get(RETENTION) == before

    def test_survives_a_clock_that_was_set_back_and_a_progress_that_is_cut(self, world):
        """It begins again."""
        world.listing(B, deleted=True)
        world.original(B)
        world.retain()
        world.days_later(-300)
        world.retain()
        world.days_later(330)
        world.stores.state.put(RETENTION, world.stores.state.get(RETENTION).data[:9])
        world.weeks()
        assert not world.has_original(B)
