"""What a request would take: counted from the listings of its hotels, or scaled from a sample of them."""

from dataclasses import asdict

import pytest

from image_release.ingest import estimate_hotels, open_index, read_current
from image_release.ingest.listings import write_listing
from image_release.ingest.releases.applying import ReleaseApplied, apply_release
from image_release.settings import Settings
from image_release.storage import MemoryStore
from image_release.values import Accommodation, CatalogueImage, Listing
from tests.unit.ingest.test_release import HEADER, NOW, row

HOTELS = [f"h{number}" for number in range(6)]
"""Hotel h0 has no image, h1 has one, and so on: fifteen images."""


@pytest.fixture
def estimate(tmp_path):
    inbox, state = MemoryStore(), MemoryStore()
    rows = [HEADER, *(row(name, f"p:{name};q:{name}") for name in HOTELS)]
    inbox.put("releases/r1.csv", "".join(f"{line}\n" for line in rows).encode())
    assert isinstance(apply_release(inbox, state, "releases/r1.csv", Settings(), NOW), ReleaseApplied)
    for number, name in enumerate(HOTELS):
        images = tuple(CatalogueImage(f"https://p.example/{image}") for image in range(number))
        write_listing(state, Listing(Accommodation("p", name), "1", images))

    def estimated(hotels, tagger="google", **options):
        with open_index(state, read_current(state), tmp_path / "index.sqlite") as index:
            return estimate_hotels(hotels, index, state, Settings(), tagger, **options)

    return estimated


def test_all_hotels_are_counted_without_a_sample(estimate):
    found = estimate(HOTELS)
    assert (found.hotels, found.images, found.downloads) == (6, 15, 15)


def test_costs_are_rounded_to_cents_and_tenths_of_a_second(estimate):
    """Fifteen images are five pictures, each in 14 sizes; each of six hotels writes three documents."""
    found = estimate(HOTELS)
    assert (found.pictures_about, found.store_writes_about) == (5, 15 + 5 * 14 + 3 * 6)
    assert (found.cpu_seconds_about, found.tagging_dollars_about) == (1.4, 0.01)


@pytest.mark.parametrize(
    ("tagger", "sent", "dollars"),
    [
        ("google", 5, 0.01),
        ("google+local", 5, 0.01),
        ("local", 0, 0),
        ("none", 0, 0),
        ("recorded:labels+google.jsonl", 0, 0),
        ("recorded:google+google", 0, 0),
    ],
)
def test_only_a_tagger_that_asks_google_sends_images_and_costs_money(estimate, tagger, sent, dollars):
    found = estimate(HOTELS, tagger)
    assert (found.tagger, found.vision_images_about, found.tagging_dollars_about) == (tagger, sent, dollars)


@pytest.mark.parametrize(("tagger", "ms"), [("none", 0), ("google", 0), ("local", 100), ("google+local", 100)])
def test_a_tagger_that_looks_at_pictures_itself_costs_time_for_each(estimate, tagger, ms):
    """Five pictures, 11 ms each, told in tenths of a second."""
    assert estimate(HOTELS, tagger).cpu_seconds_about - estimate(HOTELS, "none").cpu_seconds_about == pytest.approx(
        ms / 1000
    )


@pytest.mark.parametrize(
    ("sample", "images"),
    [
        (6, 15),  # all
        (100, 15),  # more than there are
        (3, 12),  # h0, h2, h4: six images in three of six hotels
        (4, 12),  # every second one as well: never more than the sample
        (2, 9),  # h0 and h3
        (1, 0),  # h0
    ],
)
def test_a_sample_is_spread_evenly_and_scaled(estimate, sample, images):
    assert estimate(HOTELS, sample=sample).images == images


def test_a_sample_of_one_is_scaled_to_all(estimate):
    assert estimate(HOTELS[3:], sample=1).images == 9


def test_no_hotel_costs_nothing(estimate):
    assert set(asdict(estimate([])).values()) == {0, "google"}


def test_the_work_grows_with_images_pictures_and_renditions(estimate):
    found = estimate(HOTELS)
    assert 0 < found.pictures_about < found.images
    assert found.store_writes_about == pytest.approx(15 + found.pictures_about * 14 + 3 * 6, abs=7)
    assert found.cpu_seconds_about > 0
    assert found.tagging_dollars_about == pytest.approx(found.pictures_about * 0.0015, abs=0.01)
