"""What is put right before a hotel is looked at again: originals that are lost or cannot be decoded whole.

The cache may be wrong (invariant 3): it may name an original that is gone, or hold the fingerprint of bytes that turn
out to be damaged. The entry is removed, and the next attempt does without it.
"""

from __future__ import annotations

from dataclasses import replace

from image_release.cache import CachedImages, ContentRecord, merge_cached_images
from image_release.hotel.acquire import Acquired
from image_release.hotel.examine import examiner_version
from image_release.hotel.load import Hotel
from image_release.hotel.ports import Ports
from image_release.hotel.render import UnreadableBestError
from image_release.keys import original_key


class LostOriginalError(Exception):
    """The bytes of a remembered image are not where they were put; they have to be downloaded again."""

    def __init__(self, sha256: str) -> None:
        super().__init__(sha256)
        self.sha256 = sha256


def read_original(acquired: Acquired, ports: Ports, sha256: str) -> bytes:
    """Read the bytes of a copy from any accommodation that keeps them. Raises LostOriginalError."""
    for candidate, copy in acquired.copies.items():
        if copy == sha256 and (stored := ports.state.get(original_key(candidate.accommodation, sha256))):
            return stored.data
    raise LostOriginalError(sha256)


def forget_copy(hotel: Hotel, sha256: str, ports: Ports) -> None:
    """Forget that any URL gave this content, so that the next look downloads it."""

    def without(memory: CachedImages) -> CachedImages:
        return replace(memory, urls={url: record for url, record in memory.urls.items() if record.sha256 != sha256})

    for accommodation in hotel.accommodations:
        merge_cached_images(ports.state, accommodation, CachedImages(), without)


def remember_unreadable(hotel: Hotel, error: UnreadableBestError, ports: Ports) -> None:
    """Remember that a content cannot be decoded whole, so that the next look chooses another image."""
    version = examiner_version(ports.settings)
    verdict = (error.rejection.outcome, error.rejection.reason, version)

    def marked(memory: CachedImages) -> CachedImages:
        content = memory.contents.get(error.sha256)
        if content is None:
            return memory
        damaged: ContentRecord = replace(content, unreadable=verdict, at=ports.now())
        return replace(memory, contents={**memory.contents, error.sha256: damaged})

    for accommodation in hotel.accommodations:
        merge_cached_images(ports.state, accommodation, CachedImages(), marked)
