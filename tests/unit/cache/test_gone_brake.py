"""The brake on images that answer 404: counted by day and partner, each image once."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from image_release.cache import may_go
from image_release.storage import MemoryStore
from image_release.store_keys import accept_gone_key, catalogue_state_key, gone_key
from image_release.values import Accommodation, PartnerImage

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


class Partner:
    """A partner with ten images in its catalogue, and a brake at 30 percent."""

    def __init__(self) -> None:
        self.inbox, self.state = MemoryStore(), MemoryStore()
        self.state.put(catalogue_state_key("p"), json.dumps({"version": "1", "images": 10}).encode())

    def may_go(self, *urls: str, days: int = 0, partner: str = "p", max_share: float = 0.3) -> bool:
        gone = [PartnerImage(Accommodation(partner, "a"), url) for url in urls]
        return may_go(self.inbox, self.state, partner, gone, NOW + timedelta(days=days), max_share)


@pytest.fixture
def partner():
    return Partner()


def test_three_of_ten_images_may_go_and_four_may_not(partner):
    """A share equal to the limit is allowed."""
    assert partner.may_go("1", "2", "3")
    assert not partner.may_go("4")


def test_an_image_that_is_seen_twice_counts_once(partner):
    assert [partner.may_go("1", "2", "3") for _ in range(3)] == [True, True, True]


def test_images_of_several_hotels_are_added_up(partner):
    assert [partner.may_go(url) for url in "1234"] == [True, True, True, False]


def test_each_day_is_counted_for_itself(partner):
    partner.may_go("1", "2", "3")
    assert partner.may_go("4", days=1)


def test_an_accept_opens_for_its_day_alone(partner):
    partner.inbox.put(accept_gone_key("p", NOW.date()), b"")
    assert partner.may_go("1", "2", "3", "4")
    assert not partner.may_go("1", "2", "3", "4", days=1)


def test_no_image_of_a_partner_without_a_catalogue_may_go(partner):
    assert not partner.may_go("1", partner="q", max_share=1.0)


def test_all_of_a_partners_images_may_go_if_the_share_is_all(partner):
    assert partner.may_go(*"0123456789", max_share=1.0)


def test_what_was_seen_gone_is_recorded_in_one_document_a_day(partner):
    """Its names are stored: another version of the program must find the same ones."""
    partner.may_go("1", "2")
    stored = partner.state.get(gone_key("p", NOW.date()))
    assert json.loads(stored.data) == ["29c58cb14a610e5f", "4f395a2e9ea1c068"]
