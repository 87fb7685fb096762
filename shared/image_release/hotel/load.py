"""Load: the present state of the world for one hotel, its digest, and whether anything has to be done at all.

An unchanged hotel costs these reads only (invariant 7): the manifest (already read), `current.json`, one row shard, the
overrides, and one listing for each accommodation.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import Any

from image_release.decode import DECODER_VERSION
from image_release.dedup import BEST_VERSION, GROUPING_VERSION
from image_release.fingerprint import FINGERPRINT_VERSION
from image_release.ingest import find_row, read_current, read_listing, read_overrides
from image_release.outcomes import Outcome
from image_release.publish import Manifest, RejectedImage
from image_release.rank import PRIORITISING_VERSION
from image_release.renditions import rendition_digest
from image_release.settings import Settings
from image_release.storage import Stores
from image_release.tag import Tagger, has_recovered
from image_release.values import Accommodation, CatalogueImage, HotelRow, Listing, Nudge, Override, PartnerImage

DECODED = frozenset({Outcome.NOT_AN_IMAGE, Outcome.TRUNCATED, Outcome.CRASHED, Outcome.NO_CONTENT})
"""Outcomes that depend on the decoder."""
LATER_FIRST = "later first"
"""Rule for two pictures at one position. It is in the digest of such hotels alone: the others keep theirs."""
SWEEP = "sweep"
"""Reason of a nudge that deletes a hotel's unnamed files, even if its manifest has no sweep due."""

DEPARTED = "departed"
"""Reason of a nudge for a hotel that left the release."""


@dataclass(frozen=True)
class Hotel:
    """Everything people and partners say of a hotel. `row` is None if the release in force does not hold it."""

    hotel_id: str
    release_id: str
    row: HotelRow | None
    listings: tuple[Listing, ...]
    overrides: tuple[Override, ...]

    @cached_property
    def images(self) -> dict[PartnerImage, CatalogueImage]:
        """Every image that is asked for, sorted by accommodation and URL, so that no input's order matters."""
        return {
            PartnerImage(listing.accommodation, image.url): image
            for listing in sorted(self.listings, key=lambda listing: listing.accommodation)
            for image in sorted(listing.images, key=lambda image: image.url)
        }

    @property
    def accommodations(self) -> tuple[Accommodation, ...]:
        """The hotel's accommodations, sorted."""
        return tuple(sorted(listing.accommodation for listing in self.listings))

    def rescued(self) -> frozenset[str]:
        """SHA-256 of images that a person says are usable, whatever our filters say."""
        return frozenset(
            sha256 for override in self.overrides if override.action == "rescue" for sha256 in override.images
        )

    def withdrawn_by(self) -> Override | None:
        """The decision that this hotel shows no pictures; None if there is none."""
        return next((override for override in reversed(self.overrides) if override.action == "withdraw"), None)

    @property
    def is_withdrawn(self) -> bool:
        """Whether the hotel shows nothing: the release does not hold it, or a person withdrew it."""
        return self.row is None or self.withdrawn_by() is not None

    def named_by_people(self) -> frozenset[str]:
        """SHA-256 of the images that overrides name. They are kept as witnesses when their partner drops them."""
        return frozenset(sha256 for override in self.overrides for sha256 in override.images)


def load(hotel_id: str, stores: Stores) -> Hotel:
    """Read the release in force, the hotel's row in it, and then its listings and overrides together.

    The manifest's ETag was read before (invariant 2).
    """
    current = read_current(stores.state)
    row = find_row(stores.state, current, hotel_id) if current else None
    release_id = current.release_id if current else ""
    if row is None:
        return Hotel(hotel_id, release_id, None, (), ())
    reads = [partial(read_listing, stores.state, accommodation) for accommodation in row.accommodations]
    *listings, (overrides, _) = stores.together([*reads, partial(read_overrides, stores.inbox, hotel_id)])
    return Hotel(
        hotel_id=hotel_id,
        release_id=release_id,
        row=row,
        listings=tuple(
            listing or Listing(accommodation, "", ())
            for accommodation, listing in zip(row.accommodations, listings, strict=True)
        ),
        overrides=overrides,
    )


def algorithm_versions(settings: Settings) -> dict[str, Any]:
    """Versions of what made a result. A rendition whose digest stays the same is not made again."""
    return {
        "print": FINGERPRINT_VERSION,
        "grouping": GROUPING_VERSION,
        "best": BEST_VERSION,
        "order": PRIORITISING_VERSION,
        "renditions": {rendition.name: rendition_digest(rendition) for rendition in settings.renditions},
    }


def inputs_digest(hotel: Hotel, settings: Settings, tagger_identity: str) -> str:
    """Digest of everything that shapes the result, and nothing else: not `release_id`, not the order of any input."""
    inputs: dict[str, Any] = {
        "row": None if hotel.row is None else {**asdict(hotel.row), "accommodations": None},
        "accommodations": [asdict(accommodation) for accommodation in hotel.accommodations],
        "images": [
            [
                image.accommodation.partner_id,
                image.accommodation.accommodation_id,
                listed.url,
                listed.version,
                listed.rank,
                listed.caption,
            ]
            for image, listed in hotel.images.items()
        ],
        "overrides": [asdict(override) for override in hotel.overrides],
        "settings": settings.digest(),
        "tagger": tagger_identity,
        "versions": algorithm_versions(settings),
    }
    if _gives_a_place_twice(hotel.overrides):
        inputs["pins"] = LATER_FIRST
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def _gives_a_place_twice(overrides: Sequence[Override]) -> bool:
    """Whether two pictures may be pinned to one position: only then does it matter which of the two gets it."""
    pinned = {(override.position or 1, override.images) for override in overrides if override.action == "pin"}
    return len(pinned) > len({position for position, _ in pinned})


def is_unchanged(before: Manifest, digest: str, now: datetime) -> bool:
    """Whether the published result is still right: same inputs, nothing that was put off is due, no older decoder."""
    return (
        before.inputs == digest
        and not any(pending.is_due(now) for pending in before.pending)
        and not any(_refused_by_an_older_decoder(image) for image in before.rejected)
    )


def tagger_has_recovered(before: Manifest, tagger: Tagger) -> bool:
    """Whether the reason for which labels were put off holds no more: then the hotel does not wait for its time."""
    return any(pending.kind == "tag" and has_recovered(tagger, pending.reason or "") for pending in before.pending)


def _refused_by_an_older_decoder(image: RejectedImage) -> bool:
    """Whether this decoder may show what another one refused. Before refusals had a version, the decoder was 1."""
    return image.outcome in DECODED and (image.decoder or 1) < DECODER_VERSION


def sweep_is_due(nudge: Nudge, before: Manifest, now: datetime) -> bool:
    """Whether unnamed files are to be deleted: the manifest says so, or a due-marker that an earlier writer left."""
    return nudge.reason == SWEEP or any(pending.kind == SWEEP and pending.is_due(now) for pending in before.pending)
