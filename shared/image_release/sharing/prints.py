"""Rows of the index of fingerprints as arrays: images with their accommodations and hotels."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from image_release.dedup import HASHES_INDEXED
from image_release.values import Accommodation

SHA_BYTES = 32
ROWS_AT_ONCE = 20_000
"""Rows that are read together; bounds the memory."""
_ONE = "SELECT number, hotel_id, partner_id, accommodation_id, shas, hashes FROM prints WHERE number = ?"
_COMPARED = """
SELECT number, hotel_id, partner_id, accommodation_id, shas, hashes FROM prints
WHERE number NOT IN (SELECT number FROM to_compare) ORDER BY number
"""

Row = tuple[int, str, str, str, bytes, bytes]


@dataclass(frozen=True, slots=True, eq=False)
class Prints:
    """Images of some rows: SHA-256 (n, 32), hashes (n, 4), the row of each, and whether several hotels have it."""

    rows: Sequence[Row]
    shas: NDArray[np.uint8]
    hashes: NDArray[np.uint64]
    owners: NDArray[np.int64]
    is_in_several: NDArray[np.bool_]

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Prints:
        """The images of rows as they were read."""
        shas = np.frombuffer(b"".join(row[4] for row in rows), np.uint8).reshape(-1, SHA_BYTES)
        hashes = np.frombuffer(b"".join(row[5] for row in rows), "<u8").astype(np.uint64).reshape(-1, HASHES_INDEXED)
        owners = np.repeat(np.arange(len(rows)), [len(row[4]) // SHA_BYTES for row in rows])
        return cls(rows, shas, hashes, owners, np.zeros(len(shas), bool))

    def without_repetitions(self) -> Prints:
        """Each image once, where it comes first; `is_in_several` tells which ones another hotel has, too."""
        _, first, inverse = np.unique(self.shas.view(f"S{SHA_BYTES}").ravel(), return_index=True, return_inverse=True)
        several = np.zeros(len(first), bool)
        for image in np.flatnonzero(first[inverse] != np.arange(len(inverse))).tolist():
            several[inverse[image]] |= self.hotel(image) != self.hotel(int(first[inverse[image]]))
        order = np.argsort(first)
        kept = first[order]
        return Prints(self.rows, self.shas[kept], self.hashes[kept], self.owners[kept], several[order])

    def known_in(self, other: Prints) -> NDArray[np.bool_]:
        """Which images have the same bytes as one of another list."""
        mine, theirs = (prints.shas[:, :8].copy().view(np.uint64).ravel() for prints in (self, other))
        likely = other.shas[np.isin(theirs, mine)]
        return np.isin(self.shas.view(f"S{SHA_BYTES}").ravel(), likely.view(f"S{SHA_BYTES}").ravel())

    def name(self, image: int) -> bytes:
        """SHA-256 of an image."""
        return bytes(self.shas[image])

    def names(self) -> Iterator[bytes]:
        """SHA-256 of each image."""
        return (self.name(image) for image in range(len(self.shas)))

    def hotel(self, image: int) -> str:
        """The hotel of an image."""
        return self.rows[int(self.owners[image])][1]

    def accommodation(self, image: int) -> Accommodation:
        """The accommodation of an image."""
        _, _, partner_id, accommodation_id, *_ = self.rows[int(self.owners[image])]
        return Accommodation(partner_id, accommodation_id)

    def is_in_one_hotel_with(self, image: int, others: Prints, other: int) -> bool:
        """Whether an image and one of another list are in the same hotel, and as far as is known in no other."""
        if self.is_in_several[image] or others.is_in_several[other]:
            return False
        return self.hotel(image) == others.hotel(other)


def read_prints(db: sqlite3.Connection, numbers: Sequence[int] | None = None) -> Iterator[Prints]:
    """The images of the rows of these numbers, all at once; by default, in parts, of all rows that were compared."""
    if numbers is not None:
        found = (db.execute(_ONE, (number,)) for number in numbers)
        rows = [row for cursor in found for row in cursor]
        if rows:
            yield Prints.of(rows)
        return
    cursor = db.execute(_COMPARED)
    while rows := cursor.fetchmany(ROWS_AT_ONCE):
        yield Prints.of(rows)
