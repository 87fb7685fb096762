"""What is read of a published hotel for its order, from stored state alone."""

from __future__ import annotations

import pytest

from benchmarks.compare_orders import Writer
from image_release.lab.ordering import compare_orders, readable_hotels
from image_release.settings import Settings
from image_release.storage import Stores
from image_release.tag.local import LocalTagger

MODEL = LocalTagger().identity


@pytest.fixture(scope="module")
def stores(tmp_path_factory) -> Stores:
    """A published hotel, at whose images a local model has looked."""
    writer = Writer(tmp_path_factory.mktemp("stored") / "workspace", looks=True)
    writer.hotel("h1")
    return Stores(writer.inbox, writer.state, writer.published)


def read(stores: Stores, looks_by: str | None):
    (hotel,) = readable_hotels(stores, ["h1", "unpublished"], looks_by, [], lambda _pictures: None)
    return hotel


def test_looks_are_those_of_the_model_that_is_asked_for(stores):
    """Another model's looks do not count."""
    assert all(picture.look and picture.look.model == MODEL for picture in read(stores, MODEL).pictures)
    assert not any(picture.look for picture in read(stores, "local-another").pictures)
    assert not any(picture.look for picture in read(stores, None).pictures)


def test_ranks_are_those_of_the_listings(stores):
    """Every sender of a best image has the rank that its partner gives the image."""
    senders = [sender for picture in read(stores, None).pictures for sender in picture.senders]
    assert senders
    assert all(sender.rank for sender in senders)


def test_appeal_decides_where_it_has_all_the_weight(stores):
    """The picture with the largest appeal opens the hotel, of those whose kind may."""
    hotel = read(stores, MODEL)
    appeal = Settings.model_validate(
        {"prioritising": {"weights": {"size": 0, "partner": 0, "category": 0, "appeal": 1}, "never_first": []}}
    ).prioritising
    compared = compare_orders([hotel], Settings().prioritising, appeal).largest[0]
    best = max(hotel.pictures, key=lambda picture: picture.look.appeal)
    assert compared.after[0].sha256 == best.facts.sha256
