"""Repair: what is put right before a hotel is tried again, because an original is lost or cannot be decoded whole.

The cache may be wrong (invariant 3): it may name an original that is gone, or hold the fingerprint of bytes that turn
out to be damaged. What is known of it is corrected, and the next attempt does without it. What is published stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from image_release.cache import CachedImages, after_crash, merge_cached_images
from image_release.hotel.acquire import Acquired
from image_release.hotel.check_urls import whole_original
from image_release.hotel.examine import examiner_version
from image_release.hotel.load import Hotel
from image_release.outcomes import Outcome, Rejection
from image_release.settings import Settings
from image_release.storage import Store


@dataclass(frozen=True, slots=True)
class Damage:
    """What somebody who looked found damaged of a hotel. It is processed though nothing else has changed."""

    manifest: bool = False
    """The manifest cannot be read: it is replaced."""
    originals: frozenset[str] = frozenset()
    """SHA-256 of originals that are missing or not the bytes of their name: they are downloaded again."""
    renditions: frozenset[str] = frozenset()
    """Keys of published renditions that are missing or cut short: they are made again, under new keys."""
    other: bool = False
    """Something that is put right by processing the hotel: its cache or its page."""

    def __bool__(self) -> bool:
        return self != Damage()


class LostOriginalsError(Exception):
    """The bytes of cached images are not where they were put, or are damaged; they have to be downloaded again."""

    def __init__(self, contents: frozenset[str]) -> None:
        super().__init__(*sorted(contents))
        self.contents = contents
        """SHA-256 of the images whose originals are lost."""


def read_original(acquired: Acquired, bests: frozenset[str], state: Store, sha256: str) -> bytes:
    """Read the bytes of a copy from any accommodation that keeps them whole.

    Raises LostOriginalsError, which names every original of the best images (`bests`) that is lost.
    """
    data = _original(acquired, state, sha256)
    if data is not None:
        return data
    lost = {copy for copy in bests - acquired.lost if _original(acquired, state, copy) is None}
    raise LostOriginalsError(frozenset(lost | {sha256}))


def _original(acquired: Acquired, state: Store, sha256: str) -> bytes | None:
    keepers = {image.accommodation for image, copy in acquired.copies.items() if copy == sha256}
    originals = (whole_original(state, accommodation, sha256) for accommodation in sorted(keepers))
    return next((data for data in originals if data is not None), None)


def cache_unreadable(
    hotel: Hotel, rejections: Mapping[str, Rejection], state: Store, settings: Settings, now: datetime
) -> None:
    """Cache that contents (SHA-256) cannot be decoded whole, so that the next attempt chooses other images.

    What killed the process is tried again, after growing waits. Raises DocumentContendedError.
    """
    version = examiner_version(settings)

    def marked(images: CachedImages) -> CachedImages:
        contents = {
            sha256: replace(content, unreadable=(rejection.outcome, rejection.reason, version), at=now)
            for sha256, content in images.contents.items()
            if (rejection := rejections.get(sha256))
        }
        urls = {
            url: after_crash(record, rejection, now)
            for url, record in images.urls.items()
            if record.sha256 and (rejection := rejections.get(record.sha256)) and rejection.outcome is Outcome.CRASHED
        }
        return replace(images, urls={**images.urls, **urls}, contents={**images.contents, **contents})

    for accommodation in hotel.accommodations:
        merge_cached_images(state, accommodation, CachedImages(), marked)
