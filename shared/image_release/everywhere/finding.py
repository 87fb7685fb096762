"""Finding an image in every hotel: candidates by their hashes, verified by their pixels, and listed now.

The bytes of one candidate are verified once, in however many hotels they are. What the index says of a hotel is checked
against the state, so that nothing is shown that a partner took away since.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from image_release.cache import read_cached_images, read_fingerprints
from image_release.dedup import is_copy
from image_release.everywhere.print_index import Candidate, PrintIndex, Progress, tell_nobody
from image_release.fingerprint import Fingerprint
from image_release.ingest import find_row, read_current
from image_release.side_by_side import side_by_side
from image_release.storage import Store, Stores
from image_release.values import Accommodation


@dataclass(frozen=True, slots=True)
class ShowingHotel:
    """A hotel that shows the same as an image: by which of its own images (SHA-256, sorted)."""

    hotel_id: str
    images: tuple[str, ...]


def find_everywhere(
    index: PrintIndex, stores: Stores, image: str, fingerprint: Fingerprint, progress: Progress = tell_nobody
) -> tuple[ShowingHotel, ...]:
    """The hotels of the release in force that list an image, or a copy of it, sorted by id. Raises StorageError."""
    candidates = index.near(image, fingerprint.hashes)
    where = {candidate.sha256: candidate.accommodation for candidate in candidates if candidate.sha256 != image}
    is_same = partial(_is_same, stores.state, fingerprint)
    verified = {image}
    for done, (sha256, same) in enumerate(zip(where, side_by_side(is_same, where.items()), strict=True), start=1):
        verified |= {sha256} if same else set()
        progress(done, len(where))
    hotels: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        if candidate.sha256 in verified:
            hotels.setdefault(candidate.hotel_id, []).append(candidate)
    listed = side_by_side(lambda hotel: _still_listed(stores.state, *hotel), hotels.items())
    found = [ShowingHotel(hotel_id, images) for hotel_id, images in zip(hotels, listed, strict=True) if images]
    return tuple(sorted(found, key=lambda hotel: hotel.hotel_id))


def _is_same(state: Store, fingerprint: Fingerprint, candidate: tuple[str, Accommodation]) -> bool:
    """Whether a candidate shows the same and nothing else."""
    sha256, accommodation = candidate
    known = read_fingerprints(state, accommodation).get(sha256)
    return known is not None and is_copy(fingerprint, known)


def _still_listed(state: Store, hotel_id: str, candidates: Iterable[Candidate]) -> tuple[str, ...]:
    """Those of a hotel's images that a listed URL gave last, and whose accommodation belongs to the hotel."""
    current = read_current(state)
    row = find_row(state, current, hotel_id) if current else None
    own = {candidate.accommodation for candidate in candidates} & set(row.accommodations if row else ())
    listed = {
        record.sha256 for accommodation in own for record in read_cached_images(state, accommodation).urls.values()
    }
    return tuple(sorted({candidate.sha256 for candidate in candidates} & listed))
