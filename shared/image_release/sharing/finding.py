"""What hotels share: pictures that many hotels have, and pairs of hotels that share several photographs.

All rows of the index are read once, 12 bytes of each image are kept, and sorting brings together what is in several
hotels.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from image_release.everywhere import actions_in_force
from image_release.sharing.families import Families, stored_families
from image_release.sharing.found import AS_USUAL, Counting, Shared, SharedPicture, decided_about
from image_release.sharing.pairing import Holders, Pairing
from image_release.sharing.prints import Prints, read_prints
from image_release.storage import Stores


def find_shared(families: Families, stores: Stores, counting: Counting = AS_USUAL) -> Shared:
    """What the hotels of the index share. Raises StorageError, StateUnreadableError."""
    with families.connected() as db:
        members = stored_families(db)
        counted = _in_several_hotels(db, members)
        holders = _holders(db, members, counted.prefixes)
    decided = actions_in_force(stores)
    of_many = {family: held for family, held in holders.items() if len(held) > counting.many}
    copies = _copies(of_many, members)
    pictures = [shared_picture(held, copies[family], decided) for family, held in of_many.items()]
    pairing = Pairing(stores, holders, counting)
    pairs = list(pairing.pairs())
    return Shared.ordered(counted.images, counted.hotels, pictures, pairs, pairing.problems)


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


def _copies(families: Holders, members: Mapping[bytes, bytes]) -> dict[bytes, set[str]]:
    """SHA-256 of every image that is or was in one of the families."""
    copies = {family: {sha.hex() for own in held.values() for sha in own} for family, held in families.items()}
    for sha, family in members.items():
        if family in copies:
            copies[family].add(sha.hex())
    return copies


def shared_picture(held: Mapping[str, set[bytes]], copies: set[str], decided: Mapping[str, str]) -> SharedPicture:
    """A picture that many hotels have: the images that each hotel has of it, and all that are or were copies."""
    images = {hotel_id: tuple(sorted(sha.hex() for sha in held[hotel_id])) for hotel_id in sorted(held)}
    counts = Counter(sha for own in images.values() for sha in own)
    image = min(counts, key=lambda sha: (-counts[sha], sha))
    hotel_id = next(hotel_id for hotel_id, own in images.items() if image in own)
    return SharedPicture(image, hotel_id, images, tuple(sorted(copies)), decided_about(sorted(copies), decided))
