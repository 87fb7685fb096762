"""The brake on images that disappear: counted in samples, without a document that two hotels swap."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.cache import brake_of
from image_release.settings import BrakeSettings
from image_release.storage import CountingStore, MemoryStore, StoreCounter
from image_release.store_keys import accept_gone_key, catalogue_state_key, held_gone_folder
from image_release.values import Accommodation

NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)


class Partner:
    """A partner, and a brake at 30 percent and 20 images."""

    def __init__(self, images: int, max_share: float = 0.3, harmless: int = 20) -> None:
        self.now = NOW
        self.inbox, self.state = MemoryStore(clock=lambda: self.now), MemoryStore(clock=lambda: self.now)
        self.state.put(catalogue_state_key("p"), json.dumps({"version": "1", "images": images}).encode())
        self.settings = BrakeSettings(max_gone_share=max_share, harmless=harmless)

    def brake(self, partner: str = "p"):
        return brake_of(self.inbox, self.state, partner, self.settings)

    def goes(self, accommodation: str, images: int, since: datetime = NOW) -> None:
        """So many images of an accommodation were seen gone for the first time."""
        self.brake().record(Accommodation("p", accommodation), Counter({since.date(): images}), {since.date()})

    def may_go(self, accommodation: str, since: datetime = NOW) -> bool:
        return self.brake().may_go(Accommodation("p", accommodation), since, self.now)

    def held_days(self) -> list[str]:
        return [listed.key.rpartition("/")[2] for listed in self.state.list(held_gone_folder("p"))]


def test_a_share_equal_to_the_limit_may_go_and_one_image_more_may_not():
    partner = Partner(100)
    partner.goes("a", 30)
    assert partner.may_go("a")
    partner.goes("b", 1)
    assert not partner.may_go("a")
    assert not partner.may_go("b"), "what is counted is the partner, not the accommodation"


def test_few_images_may_go_whatever_their_share():
    partner = Partner(40)
    partner.goes("a", 20)
    assert partner.may_go("a")
    partner.goes("b", 1)
    assert not partner.may_go("a")


@pytest.mark.parametrize("images", [1, 3, 20, 200])
def test_everything_of_a_partner_never_goes_by_itself(images):
    partner = Partner(images)
    partner.goes("a", images)
    assert not partner.may_go("a")
    assert partner.held_days() == ["2026-11-10"]


def test_a_share_of_one_switches_the_brake_off():
    partner = Partner(3, max_share=1)
    partner.goes("a", 3)
    assert partner.may_go("a")


def test_no_image_of_a_partner_without_a_catalogue_may_go():
    assert not Partner(3, max_share=1).brake("q").may_go(Accommodation("q", "a"), NOW, NOW)


def test_an_accommodation_that_is_processed_again_counts_once():
    partner = Partner(100)
    for _ in range(3):
        partner.goes("a", 15)
        partner.goes("b", 15)
    assert partner.may_go("a")


def test_what_went_within_a_week_is_added_up_and_older_records_are_deleted():
    partner = Partner(100)
    for days in range(4):
        partner.goes("a", 10, NOW - days * DAY)
    assert not partner.may_go("a")
    partner.now += 7 * DAY
    assert partner.may_go("a")
    assert len(list(partner.state.list("gone/p/0/"))) == 1


def test_images_that_come_back_are_no_longer_counted():
    partner = Partner(100)
    partner.goes("a", 31)
    assert not partner.may_go("a")
    partner.goes("a", 0)
    assert partner.may_go("a")


def test_an_accept_lets_go_what_was_held_when_it_was_written_and_nothing_later():
    partner = Partner(100)
    partner.goes("a", 40, NOW - DAY)
    assert not partner.may_go("a", NOW - DAY)
    partner.inbox.put(accept_gone_key("p", NOW.date()), b"")
    assert partner.may_go("a", NOW - DAY)
    assert not partner.may_go("b", NOW - DAY + timedelta(seconds=1)), "it was not yet seen a second time"
    partner.now += 2 * DAY
    assert partner.may_go("a", NOW - DAY), "through as many attempts as it takes"


@given(st.integers(0, 40_000_000))
def test_slots_hold_at_least_ten_thousand_images_unless_there_is_one(images):
    brake = brake_of(MemoryStore(), MemoryStore(), "p", BrakeSettings())
    slots = type(brake)(brake.inbox, brake.state, "p", images, brake.settings)._slots
    assert slots == 1 or images / slots >= 10_000
    assert 1 <= slots <= 1024
    assert slots & (slots - 1) == 0


def broken_server(images: int, gone: int, each: int = 4) -> Partner:
    """A partner of accommodations with four images each; so many of them answered 404 a day ago."""
    partner = Partner(images)
    for n in range(gone // each):
        partner.goes(f"a{n}", each, NOW - DAY)
    return partner


def test_a_sample_tells_a_broken_server_from_one_with_some_dead_images():
    """40,000 images in four slots: 60 percent are held in every slot, 10 percent in none."""
    broken, healthy = broken_server(40_000, 24_000), broken_server(40_000, 4_000)
    some = [f"a{n}" for n in range(0, 1000, 50)]
    assert not any(broken.may_go(name, NOW - DAY) for name in some)
    assert all(healthy.may_go(name, NOW - DAY) for name in some)


def test_recording_and_deciding_swap_nothing():
    """So 300 writers of 10,000 hotels never wait for each other: every write creates an object of its own."""
    partner = broken_server(1_000, 600)
    counter = StoreCounter()
    partner.state = CountingStore(partner.state, counter)
    partner.goes("another", 4, NOW - DAY)
    assert (counter.reads, counter.writes) == (2, 1), "the catalogue's size and a listing; one object"
    partner.may_go("another", NOW - DAY)
    assert counter.writes == 2, "the mark that something is held"
