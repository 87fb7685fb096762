"""What hotels share: pictures that many hotels have, and pairs of hotels that share several photographs.

All rows of the index are read once, 12 bytes of each image are kept, and sorting brings together what is in several
hotels. The pairs that share enough are then compared by their manifests: what is shown now, and each picture once,
in however many copies a hotel has it.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from image_release.everywhere import listed_everywhere
from image_release.ingest import find_rows, read_current
from image_release.problems import Problem
from image_release.publish import Manifest, ManifestUnreadableError, PublishedImage, read_before
from image_release.sharing.families import Families, stored_families
from image_release.sharing.found import AS_USUAL, Counting, HotelPair, PairedHotel, Shared, SharedPicture
from image_release.sharing.prints import Prints, read_prints
from image_release.sharing.reasons import kilometres, likely_reason
from image_release.side_by_side import side_by_side
from image_release.storage import Stores
from image_release.store_keys import manifest_key
from image_release.values import HotelRow

MANIFESTS_AT_ONCE = 500
"""Pairs whose manifests are read together; bounds the memory."""

Holders = dict[bytes, dict[str, set[bytes]]]
"""Family -> hotel -> its images of the family."""


def find_shared(families: Families, stores: Stores, counting: Counting = AS_USUAL) -> Shared:
    """What the hotels of the index share. Raises StorageError, StateUnreadableError."""
    with families.connected() as db:
        members = stored_families(db)
        counted = _in_several_hotels(db, members)
        holders = _holders(db, members, counted.prefixes)
    decided = {decision.image: decision.action for decision in listed_everywhere(stores)[0] if decision.in_force}
    pictures = [_shared_picture(held, decided) for held in holders.values() if len(held) > counting.many]
    few = {family: held for family, held in holders.items() if 1 < len(held) <= counting.many}
    found = _Pairing(stores, few, counting)
    pairs = tuple(found.pairs())
    return Shared(
        counted.images,
        counted.hotels,
        tuple(sorted(pictures, key=lambda picture: (-len(picture.images), picture.image))),
        tuple(sorted(pairs, key=lambda pair: (-pair.weight, pair.one.hotel_id, pair.other.hotel_id))),
        tuple(found.problems),
    )


@dataclass(frozen=True, slots=True)
class _InSeveral:
    """Number of images and hotels, and the first 8 bytes of each family that may be in several hotels, sorted."""

    images: int
    hotels: int
    prefixes: NDArray[np.uint64]


def _in_several_hotels(db: sqlite3.Connection, members: Mapping[bytes, bytes]) -> _InSeveral:
    """Which families are in several hotels. Some more may be named: only 8 bytes of each image are compared."""
    numbers: dict[str, int] = {}
    families, hotels = [np.empty(0, np.uint64)], [np.empty(0, np.uint32)]
    for prints in read_prints(db):
        own = np.array([numbers.setdefault(row[1], len(numbers)) for row in prints.rows], np.uint32)
        families.append(_family_prefixes(prints, members))
        hotels.append(own[prints.owners])
    every, where = np.concatenate(families), np.concatenate(hotels)
    order = np.argsort(every, kind="stable")
    every, where = every[order], where[order]
    other_hotel = (every[1:] == every[:-1]) & (where[1:] != where[:-1])
    return _InSeveral(len(every), len(numbers), np.unique(every[1:][other_hotel]))


def _family_prefixes(prints: Prints, members: Mapping[bytes, bytes]) -> NDArray[np.uint64]:
    """The first 8 bytes of the family of each image; an image that is a copy of no other is a family of its own."""
    prefixes = prints.shas[:, :8].copy().view(np.uint64).ravel()
    if members:
        known = np.sort(np.frombuffer(b"".join(sha[:8] for sha in members), np.uint64))
        for image in np.flatnonzero(np.isin(prefixes, known)).tolist():
            family = members.get(prints.name(image))
            if family is not None:
                prefixes[image] = np.frombuffer(family[:8], np.uint64)[0]
    return prefixes


def _holders(db: sqlite3.Connection, members: Mapping[bytes, bytes], wanted: NDArray[np.uint64]) -> Holders:
    """The hotels and images of the families that are in several hotels."""
    holders: Holders = {}
    for prints in read_prints(db):
        for image in np.flatnonzero(np.isin(_family_prefixes(prints, members), wanted)).tolist():
            sha = prints.name(image)
            held = holders.setdefault(members.get(sha, sha), {})
            held.setdefault(prints.hotel(image), set()).add(sha)
    return {family: held for family, held in holders.items() if len(held) > 1}


def _shared_picture(held: Mapping[str, set[bytes]], decided: Mapping[str, str]) -> SharedPicture:
    images = {hotel_id: tuple(sorted(sha.hex() for sha in held[hotel_id])) for hotel_id in sorted(held)}
    counts = Counter(sha for own in images.values() for sha in own)
    image = min(counts, key=lambda sha: (-counts[sha], sha))
    hotel_id = next(hotel_id for hotel_id, own in images.items() if image in own)
    actions = [decided[sha] for sha in sorted(counts) if sha in decided]
    return SharedPicture(image, hotel_id, images, actions[0] if actions else None)


@dataclass(slots=True)
class _Pairing:
    """Finds the pairs of hotels that share several photographs of few hotels."""

    stores: Stores
    holders: Holders
    counting: Counting
    problems: list[Problem] = field(default_factory=list)

    def pairs(self) -> Iterator[HotelPair]:
        """The pairs, in no order."""
        common: dict[tuple[str, str], list[bytes]] = defaultdict(list)
        for family, held in self.holders.items():
            for pair in combinations(sorted(held), 2):
                common[pair].append(family)
        enough = [(pair, shared) for pair, shared in common.items() if len(shared) >= self.counting.least]
        current = read_current(self.stores.state)
        for start in range(0, len(enough), MANIFESTS_AT_ONCE):
            part = enough[start : start + MANIFESTS_AT_ONCE]
            names = sorted({hotel_id for pair, _ in part for hotel_id in pair})
            rows = find_rows(self.stores.state, current, names) if current else {}
            manifests = self._manifests(names)
            for (one, other), shared in part:
                if {one, other} <= rows.keys() and {one, other} <= manifests.keys():
                    yield from self._pair((rows[one], manifests[one]), (rows[other], manifests[other]), shared)

    def _manifests(self, names: Sequence[str]) -> dict[str, Manifest]:
        """The manifests of hotels; one that cannot be read is a problem, and its hotel is in no pair."""

        def read(hotel_id: str) -> Manifest | Problem | None:
            try:
                return read_before(self.stores.published, hotel_id).manifest
            except ManifestUnreadableError as error:
                return Problem(manifest_key(hotel_id), 0, hotel_id, str(error))

        found = dict(zip(names, side_by_side(read, names), strict=True))
        self.problems += [item for item in found.values() if isinstance(item, Problem)]
        return {hotel_id: item for hotel_id, item in found.items() if isinstance(item, Manifest)}

    def _pair(
        self, one: tuple[HotelRow, Manifest], other: tuple[HotelRow, Manifest], families: Sequence[bytes]
    ) -> Iterator[HotelPair]:
        """The pair, if the two hotels now show enough pictures that both have."""
        hotels = (_Showing(*one), _Showing(*other))
        shared: dict[tuple[int, int], int] = {}
        for family in families:
            held = self.holders[family]
            mine, theirs = (hotel.pictures_with(held[hotel.row.hotel_id]) for hotel in hotels)
            shared |= {(here, there): len(held) - 1 for here in mine for there in theirs}
        pairs = _each_once(shared)
        if len(pairs) < self.counting.least:
            return
        images = {sha.hex() for family in families for held in self.holders[family].values() for sha in held}
        sides = [hotel.side({pair[number] for pair in pairs}, images) for number, hotel in enumerate(hotels)]
        yield HotelPair(
            sides[0],
            sides[1],
            tuple((hotels[0].best(here), hotels[1].best(there)) for here, there in pairs),
            sum(1 / shared[pair] for pair in pairs),
            kilometres(one[0], other[0]),
            likely_reason(sides[0], sides[1]),
        )


def _each_once(shared: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Pairs of pictures such that none comes twice: two hotels share as many pictures as can be told apart in both."""
    kept: list[tuple[int, int]] = []
    for here, there in sorted(shared):
        if all(here != one and there != other for one, other in kept):
            kept.append((here, there))
    return kept


class _Showing:
    """What a hotel shows now: its pictures by number, and who sends their images."""

    def __init__(self, row: HotelRow, manifest: Manifest) -> None:
        self.row = row
        self._pictures = manifest.pictures
        self._by_sha = {
            image.sha256: number
            for number, picture in enumerate(manifest.pictures)
            for image in (picture.best, *picture.merged)
        }

    def pictures_with(self, images: Iterable[bytes]) -> set[int]:
        """The pictures that have one of these images."""
        return {self._by_sha[image.hex()] for image in images if image.hex() in self._by_sha}

    def best(self, number: int) -> str:
        """SHA-256 of the best image of a picture."""
        return self._pictures[number].best.sha256

    def side(self, shared: set[int], images: set[str]) -> PairedHotel:
        """This hotel as a side of a pair that shares these pictures because of these images."""
        partners = {
            image.partner_id for number in shared for image in self._images_of(number) if image.sha256 in images
        }
        sent = sum(
            any(image.partner_id in partners for image in self._images_of(number))
            for number in range(len(self._pictures))
        )
        share = len(shared) / len(self._pictures)
        return PairedHotel(self.row, len(self._pictures), share, tuple(sorted(partners)), len(shared) / sent)

    def _images_of(self, number: int) -> tuple[PublishedImage, ...]:
        picture = self._pictures[number]
        return (picture.best, *picture.merged)
