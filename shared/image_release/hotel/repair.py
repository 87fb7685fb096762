"""Repair: what is put right before a hotel is tried again, because an original is lost or cannot be decoded whole.

The cache may be wrong (invariant 3): it may name an original that is gone, or hold the fingerprint of bytes that turn
out to be damaged. The entry is corrected, and the next attempt does without it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from image_release.cache import CachedImages, ContentRecord, merge_cached_images
from image_release.hotel.acquire import Acquired
from image_release.hotel.examine import examiner_version
from image_release.hotel.load import Hotel
from image_release.hotel.render import UnreadableBestError
from image_release.settings import Settings
from image_release.storage import Store
from image_release.store_keys import original_key


class LostOriginalError(Exception):
    """The bytes of a cached image are not where they were put; they have to be downloaded again."""

    def __init__(self, sha256: str) -> None:
        super().__init__(sha256)
        self.sha256 = sha256


def read_original(acquired: Acquired, state: Store, sha256: str) -> bytes:
    """Read the bytes of a copy from any accommodation that keeps them. Raises LostOriginalError."""
    for image, copy in acquired.copies.items():
        if copy == sha256 and (stored := state.get(original_key(image.accommodation, sha256))):
            return stored.data
    raise LostOriginalError(sha256)


def forget_copy(hotel: Hotel, sha256: str, state: Store) -> None:
    """Forget that any URL gave this content, so that the next attempt downloads it. Raises DocumentContendedError."""

    def without(images: CachedImages) -> CachedImages:
        return replace(images, urls={url: record for url, record in images.urls.items() if record.sha256 != sha256})

    for accommodation in hotel.accommodations:
        merge_cached_images(state, accommodation, CachedImages(), without)


def cache_unreadable(hotel: Hotel, error: UnreadableBestError, state: Store, settings: Settings, now: datetime) -> None:
    """Cache that a content cannot be decoded whole, so that the next attempt chooses another image.

    Raises DocumentContendedError.
    """
    verdict = (error.rejection.outcome, error.rejection.reason, examiner_version(settings))

    def marked(images: CachedImages) -> CachedImages:
        content = images.contents.get(error.sha256)
        if content is None:
            return images
        damaged: ContentRecord = replace(content, unreadable=verdict, at=now)
        return replace(images, contents={**images.contents, error.sha256: damaged})

    for accommodation in hotel.accommodations:
        merge_cached_images(state, accommodation, CachedImages(), marked)
