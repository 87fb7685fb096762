"""The present state of the world for one hotel, the digest of it, and whether anything has to be done at all.

Invariant 7: an unchanged hotel costs these reads only. Manifest (already read), `current.json`, one row shard, the
overrides, and a listing for each accommodation.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from image_release.dedup import BEST_VERSION, GROUPING_VERSION
from image_release.fingerprint import FINGERPRINT_VERSION
from image_release.hotel.ports import Ports
from image_release.ingest import find_row, read_current, read_listing, read_overrides
from image_release.publish import Manifest
from image_release.rank import PRIORITISING_VERSION
from image_release.renditions import rendition_digest
from image_release.settings import Settings
from image_release.values import Accommodation, CatalogueImage, HotelRow, Listing, Nudge, Override, PartnerImage

SWEEP = "sweep"
"""The reason of a nudge that asks for a hotel's leftovers to be looked for, whatever its manifest says."""


DEPARTED = "departed"
"""The reason of a nudge about a hotel that left the release."""


@dataclass(frozen=True)
class Hotel:
    """Everything people and partners say of a hotel. `row` is None when the current release does not hold it."""

    hotel_id: str
    release_id: str
    row: HotelRow | None
    listings: tuple[Listing, ...]
    overrides: tuple[Override, ...]

    @cached_property
    def images(self) -> dict[PartnerImage, CatalogueImage]:
        """Every image that is asked for, in an order that does not depend on anybody's order."""
        return {
            PartnerImage(listing.accommodation, image.url): image
            for listing in sorted(self.listings, key=lambda listing: listing.accommodation)
            for image in sorted(listing.images, key=lambda image: image.url)
        }

    @property
    def accommodations(self) -> tuple[Accommodation, ...]:
        """The hotel's accommodations, sorted."""
        return tuple(sorted(listing.accommodation for listing in self.listings))

    def named_by_people(self) -> frozenset[str]:
        """Contents that overrides speak of: they are kept as witnesses when their partner drops them."""
        return frozenset(sha256 for override in self.overrides for sha256 in override.images)


def load(hotel_id: str, ports: Ports) -> Hotel:
    """Read the hotel's row first, then everything that hangs on it (invariant 2: the manifest's ETag came before)."""
    current = read_current(ports.state)
    row = find_row(ports.state, current, hotel_id) if current else None
    accommodations = row.accommodations if row else ()
    listings = [read_listing(ports.state, accommodation) for accommodation in accommodations]
    return Hotel(
        hotel_id=hotel_id,
        release_id=current.release_id if current else "",
        row=row,
        listings=tuple(
            listing or Listing(accommodation, "", ())
            for accommodation, listing in zip(accommodations, listings, strict=True)
        ),
        overrides=read_overrides(ports.inbox, hotel_id)[0] if row else (),
    )


def algorithm_versions(settings: Settings) -> dict[str, Any]:
    """Versions of what made a result; a rendition whose digest stays is not made again."""
    return {
        "print": FINGERPRINT_VERSION,
        "grouping": GROUPING_VERSION,
        "best": BEST_VERSION,
        "order": PRIORITISING_VERSION,
        "renditions": {rendition.name: rendition_digest(rendition) for rendition in settings.renditions},
    }


def inputs_digest(hotel: Hotel, settings: Settings, tagger_identity: str) -> str:
    """Digest everything that shapes the result, and nothing else: `release_id` does not, nor does anybody's order."""
    inputs = {
        "row": None if hotel.row is None else {**asdict(hotel.row), "accommodations": None},
        "accommodations": [asdict(accommodation) for accommodation in hotel.accommodations],
        "images": [
            [
                candidate.accommodation.partner_id,
                candidate.accommodation.accommodation_id,
                image.url,
                image.version,
                image.rank,
                image.caption,
            ]
            for candidate, image in hotel.images.items()
        ],
        "overrides": [asdict(override) for override in hotel.overrides],
        "settings": settings.digest(),
        "tagger": tagger_identity,
        "versions": algorithm_versions(settings),
    }
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def is_unchanged(before: Manifest, digest: str, now: datetime) -> bool:
    """Whether the published result still stands: same inputs, and nothing that was put off is due."""
    return before.inputs == digest and not any(pending.not_before <= now for pending in before.pending)


def sweep_is_due(nudge: Nudge, before: Manifest, now: datetime) -> bool:
    """Whether leftovers are to be looked for: the manifest says so, or a marker that an earlier writer left."""
    return nudge.reason == SWEEP or any(
        pending.kind == "sweep" and pending.not_before <= now for pending in before.pending
    )
