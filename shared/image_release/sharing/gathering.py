"""Gathers the images of a range of hotels: from their fingerprints, or from what the round before gathered."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from image_release.cache import readable_fingerprints
from image_release.dedup import GLANCE_CROPS, GLANCE_SIDE, glance, indexed_hashes
from image_release.sharing.images import HeldImages, Images
from image_release.sharing.prints import Prints, Row
from image_release.side_by_side import side_by_side
from image_release.storage import Store
from image_release.values import HotelRow

RANGE_BITS = 32
"""Bits by which the place of an image is counted within its range."""
_GLANCE_BYTES = len(GLANCE_CROPS) * GLANCE_SIDE**2


@dataclass(frozen=True, slots=True)
class _Own:
    """The images of one accommodation, packed: SHA-256, hashes and glances."""

    row: tuple[str, str, str]
    shas: bytes
    hashes: bytes
    glances: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """The images of a range: which hotels have them, and each once."""

    held: HeldImages
    images: Images

    def by_hotel(self) -> dict[str, list[_Own]]:
        """The images of each hotel whose fingerprints could all be read."""
        found: dict[str, list[_Own]] = {hotel_id: [] for hotel_id in self.held.hotels}
        place = {sha: number for number, sha in enumerate(self.images.prints.names())}
        prints = self.held.prints
        for owner, row in enumerate(prints.rows):
            if row[1] not in found:
                continue
            names = [prints.name(image) for image in np.flatnonzero(prints.owners == owner).tolist()]
            places = [place[name] for name in names]
            hashes = self.images.prints.hashes[places].astype("<u8").tobytes()
            glances = self.images.glances[places].tobytes()
            found[row[1]].append(_Own((row[1], row[2], row[3]), b"".join(names), hashes, glances))
        return found


def gather(
    state: Store,
    rows: Iterable[HotelRow],
    number: int,
    known: Gathered | None = None,
    changed: Collection[str] | None = None,
    threads: int = 1,
) -> Gathered:
    """The images of the hotels of range `number`; those that were known and did not change are not read.

    `known` is what the round before gathered of it. `changed` is None where nobody knows what changed.
    """
    before = {} if known is None or changed is None else known.by_hotel()
    hotels = list(rows)

    def images_of(row: HotelRow) -> Sequence[_Own | None]:
        stays = row.hotel_id in before and changed is not None and row.hotel_id not in changed
        return before[row.hotel_id] if stays else list(_read(state, row))

    own: list[_Own] = []
    whole = []
    for row, found in zip(hotels, side_by_side(images_of, hotels, threads), strict=True):
        own += (item for item in found if item is not None)
        if None not in found:
            whole.append(row.hotel_id)
    return _gathered(whole, own, number, known)


def _read(state: Store, row: HotelRow) -> Iterator[_Own | None]:
    """The images of a hotel, from the fingerprints of its accommodations; None where they cannot be read."""
    for item in row.accommodations:
        found = readable_fingerprints(state, item)
        if found is None:
            yield None
        elif found:
            hashes = indexed_hashes(np.array([fingerprint.hashes for fingerprint in found.values()], np.uint64))
            glances = np.array([glance(fingerprint) for fingerprint in found.values()], np.int8)
            shas = b"".join(map(bytes.fromhex, found))
            names = (row.hotel_id, item.partner_id, item.accommodation_id)
            yield _Own(names, shas, hashes.astype("<u8").tobytes(), glances.tobytes())


def _gathered(hotels: list[str], own: list[_Own], number: int, known: Gathered | None) -> Gathered:
    rows: list[Row] = [(place, *item.row, item.shas, item.hashes) for place, item in enumerate(own)]
    prints = Prints.of(rows)
    glances = np.frombuffer(b"".join(item.glances for item in own), np.int8).reshape(-1, _GLANCE_BYTES)
    unique = prints.without_repetitions()
    first: dict[bytes, int] = {}
    for place, sha in enumerate(prints.names()):
        first.setdefault(sha, place)
    shown = glances[[first[sha] for sha in unique.names()]].reshape(-1, len(GLANCE_CROPS), GLANCE_SIDE**2)
    is_new = np.ones(len(unique.shas), np.bool_) if known is None else ~unique.known_in(known.images.prints)
    places = (np.int64(number) << RANGE_BITS) + np.arange(len(unique.shas), dtype=np.int64)
    return Gathered(HeldImages(tuple(hotels), prints), Images(unique, shown, places, is_new))
