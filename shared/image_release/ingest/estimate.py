"""What processing some hotels from nothing would take with a tagger: images, CPU, requests and tagging money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from image_release.ingest.listings import read_listing
from image_release.ingest.releases.index import ReleaseIndex
from image_release.settings import Settings
from image_release.storage import Store

CPU_S_AN_IMAGE = 0.045
"""Download, draft decode, fingerprint and grouping of one image on one core (docs/performance.md)."""
CPU_S_A_PICTURE = 0.15
"""Decode and 14 renditions of one picture of 2,000 pixels (docs/performance.md)."""
CPU_S_A_LOOK = 0.011
"""What the local model adds for one picture: the network, and views of three copies (docs/performance.md)."""
IMAGES_A_PICTURE = 3.0
"""Images of one picture, on average: a hotel of 60 images has about 20 pictures."""
DOLLARS_A_THOUSAND_LABELS = 1.5
"""Vision's price for label detection after the first thousand a month."""
SAMPLE = 200
"""Maximum number of hotels that a dry run reads: enough for the mean, few enough for a request over a million."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the work would take with a tagger. `images` is exact unless only a sample of the hotels was read."""

    hotels: int
    images: int
    pictures_about: int
    cpu_seconds_about: float
    downloads: int
    store_writes_about: int
    tagger: str
    vision_images_about: int
    """Images that are sent to Google."""
    tagging_dollars_about: float


def estimate_hotels(
    hotel_ids: Sequence[str],
    index: ReleaseIndex,
    state: Store,
    settings: Settings,
    tagger: str,
    *,
    sample: int | None = None,
) -> Estimate:
    """Estimate from the listings of these hotels; `sample` reads at most so many, spread evenly, and scales.

    `tagger` is the name that the command line or the stage knows it by.
    """
    asked = tagger.partition(":")[0].split("+")
    step = max(1, -(-len(hotel_ids) // sample)) if sample else 1
    read = hotel_ids[::step]
    counted = sum(_images(index, state, hotel_id) for hotel_id in read)
    images = round(counted * len(hotel_ids) / len(read)) if read else 0
    pictures = images / IMAGES_A_PICTURE
    cpu_s_a_picture = CPU_S_A_PICTURE + ("local" in asked) * CPU_S_A_LOOK
    sent = pictures if "google" in asked else 0.0
    return Estimate(
        hotels=len(hotel_ids),
        images=images,
        pictures_about=round(pictures),
        cpu_seconds_about=round(images * CPU_S_AN_IMAGE + pictures * cpu_s_a_picture, 1),
        downloads=images,
        store_writes_about=round(images + pictures * len(settings.renditions) + 3 * len(hotel_ids)),
        tagger=tagger,
        vision_images_about=round(sent),
        tagging_dollars_about=round(sent * DOLLARS_A_THOUSAND_LABELS / 1000, 2),
    )


def _images(index: ReleaseIndex, state: Store, hotel_id: str) -> int:
    row = index.row(hotel_id)
    listings = (read_listing(state, accommodation) for accommodation in (row.accommodations if row else ()))
    return sum(len(listing.images) for listing in listings if listing)
