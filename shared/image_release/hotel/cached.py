"""What is cached of a hotel's accommodations, read before anything is checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from image_release.cache import CachedImages, ContentRecord, read_cached_images, read_fingerprints
from image_release.fingerprint import Fingerprint
from image_release.hotel.load import Hotel
from image_release.storage import Store
from image_release.values import Accommodation, ImageFacts


@dataclass(frozen=True, slots=True)
class HotelCache:
    """What is cached of a hotel's accommodations, and the fingerprints of their images by SHA-256."""

    accommodations: Mapping[Accommodation, CachedImages]
    fingerprints: Mapping[str, Fingerprint]

    def facts(self) -> dict[str, ImageFacts]:
        """What the headers of all cached images say, by SHA-256."""
        return {
            sha256: content.facts
            for images in self.accommodations.values()
            for sha256, content in images.contents.items()
            if content.facts
        }

    def contents(self, sha256: str) -> list[ContentRecord]:
        """What the accommodations know of one content."""
        return [images.contents[sha256] for images in self.accommodations.values() if sha256 in images.contents]


def read_cache(hotel: Hotel, state: Store) -> HotelCache:
    """Read what is cached of the hotel's accommodations."""
    accommodations = {accommodation: read_cached_images(state, accommodation) for accommodation in hotel.accommodations}
    fingerprints: dict[str, Fingerprint] = {}
    for accommodation, images in accommodations.items():
        if images.contents:
            fingerprints |= read_fingerprints(state, accommodation)
    return HotelCache(accommodations, fingerprints)
