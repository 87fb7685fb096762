"""What is cached of a hotel's accommodations, read before anything is checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from image_release.cache import (
    CachedImages,
    ContentRecord,
    LabelRecord,
    read_cached_images,
    read_credits,
    read_fingerprints,
    read_labels,
)
from image_release.fingerprint import Fingerprint
from image_release.hotel.load import Hotel
from image_release.storage import Stores
from image_release.tag import NoTagger, Tagged, Tagger, parts_of
from image_release.values import Accommodation, Credit, ImageFacts, Label


@dataclass(frozen=True, slots=True)
class HotelCache:
    """What is cached of a hotel's accommodations, and the fingerprints of their images by SHA-256.

    `labels` are documents of what taggers said: (identity, accommodation) -> SHA-256 -> record. Only those are read
    that the tagger in force needs.
    """

    accommodations: Mapping[Accommodation, CachedImages]
    fingerprints: Mapping[str, Fingerprint]
    labels: Mapping[tuple[str, Accommodation], Mapping[str, LabelRecord]] = field(default_factory=dict)
    credits: Mapping[Accommodation, Mapping[str, Credit]] = field(default_factory=dict)

    def facts(self) -> dict[str, ImageFacts]:
        """What the headers of all cached images say, by SHA-256."""
        return {
            sha256: content.facts
            for images in self.accommodations.values()
            for sha256, content in images.contents.items()
            if content.facts
        }

    def credits_known(self) -> dict[str, Credit]:
        """Who made the images, by SHA-256."""
        return {sha256: credit for known in self.credits.values() for sha256, credit in known.items()}

    def contents(self, sha256: str) -> list[ContentRecord]:
        """What the accommodations know of one content."""
        return [images.contents[sha256] for images in self.accommodations.values() if sha256 in images.contents]

    def said(self, sha256: str, identity: str) -> Tagged | None:
        """What a tagger said of a content last; None if it was not asked. A look counts by its own model only."""
        said = list(self._said(sha256, identity))
        return max(said, key=lambda item: (item[1].look is not None, item[0]))[1] if said else None

    def _said(self, sha256: str, identity: str) -> Iterator[tuple[datetime, Tagged]]:
        for content in self.contents(sha256):
            if content.labels is not None and content.labels_by == identity:
                yield content.at, Tagged(content.labels)
        for (by, _), records in self.labels.items():
            if by == identity and (record := records.get(sha256)):
                yield record.at, Tagged(record.labels, record.look if record.look and record.look.model == by else None)

    def labels_by_anybody(self, sha256: str) -> tuple[Label, ...] | None:
        """The latest labels of a content that `state.json` holds, whichever tagger they are from; None without any."""
        labelled = [content for content in self.contents(sha256) if content.labels is not None]
        return max(labelled, key=lambda content: (content.at, content.labels_by or "")).labels if labelled else None


def read_cache(hotel: Hotel, stores: Stores, tagger: Tagger) -> HotelCache:
    """Read what is cached of the hotel's accommodations, and what the tagger in force said of their images."""
    state, of_hotel = stores.state, hotel.accommodations
    cached = stores.together([partial(read_cached_images, state, accommodation) for accommodation in of_hotel])
    accommodations: dict[Accommodation, CachedImages] = dict(zip(of_hotel, cached, strict=True))
    known = [accommodation for accommodation, images in accommodations.items() if images.contents]
    documents = [
        (part.identity, accommodation)
        for part in parts_of(tagger)
        for accommodation, images in accommodations.items()
        if _may_have_a_document(part, images)
    ]
    reads: list[Callable[[], Any]] = [partial(read_fingerprints, state, accommodation) for accommodation in known]
    reads += [partial(read_labels, state, accommodation, identity) for identity, accommodation in documents]
    reads += [partial(read_credits, state, accommodation) for accommodation in known]
    found = stores.together(reads)
    fingerprints: dict[str, Fingerprint] = {}
    for some in found[: len(known)]:
        fingerprints |= some
    labels = dict(zip(documents, found[len(known) :], strict=False))
    makers = dict(zip(known, found[len(known) + len(documents) :], strict=True))
    return HotelCache(accommodations, fingerprints, labels, makers)


def _may_have_a_document(tagger: Tagger, images: CachedImages) -> bool:
    """Whether a tagger's labels may lie outside of `state.json`, and are worth reading.

    They may if the tagger looks, if another's labels lie there already, and if nothing is there: then `state.json` is
    new or was lost, and what was paid for must not be asked again.
    """
    if isinstance(tagger, NoTagger):
        return False
    if tagger.wants_views:
        return bool(images.contents)
    of_others = (content.labels_by not in (None, tagger.identity) for content in images.contents.values())
    return not images.contents or any(of_others)
