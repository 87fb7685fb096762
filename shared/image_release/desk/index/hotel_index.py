"""The index of hotels that the desk and the reports read: found by words and filters, sorted, a page at a time."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from image_release.desk.index.columns import Columns
from image_release.desk.index.facts import OpeningPicture
from image_release.desk.index.file import IndexFile, meta
from image_release.desk.index.filters import filters_in, need_of
from image_release.desk.index.query import PAGE, Found, IndexedHotel, IndexStatus, Query

READ_AT_ONCE = 500
"""Number of hotels that a long list reads at once."""
_SELECT = (
    "SELECT number, hotel_id, flags, name, city, country, seq, published_at, pictures, good, first_sha256, "
    "first_category, first_thumbnail, unlabelled, least_join, least_margin, unavailable, pending, withdrawn, "
    "decisions, partners FROM hotels WHERE "
)


class HotelIndex:
    """All hotels of a workspace, in a file that `following.catch_up` keeps up to date.

    Any thread may ask. Every method raises IndexDamagedError where the file cannot be used: `catch_up` makes it again.
    """

    def __init__(self, path: Path, *, beside_suite: bool = False) -> None:
        self.file = IndexFile(path)
        self.beside_suite = beside_suite
        self._columns = Columns()

    def find(self, query: Query) -> Found:
        """One page of the hotels that a query asks for, with the counts of all filters."""
        with self.file.reading() as db:
            matches = self._columns.at(db).find(query)
            total = len(matches.numbers)
            pages = max(1, -(-total // PAGE))
            page = min(max(query.page, 1), pages)
            hotels = _hotels(db, matches.numbers[(page - 1) * PAGE : page * PAGE].tolist())
        return Found(tuple(hotels), total, matches.counts, page, pages)

    def all_of(self, query: Query) -> Iterator[IndexedHotel]:
        """All hotels of a query, in its order; its page does not count."""
        with self.file.reading() as db:
            numbers = self._columns.at(db).find(query).numbers.tolist()
            for start in range(0, len(numbers), READ_AT_ONCE):
                yield from _hotels(db, numbers[start : start + READ_AT_ONCE])

    def hotel(self, hotel_id: str) -> IndexedHotel | None:
        """One hotel; None if it is not in the index."""
        with self.file.reading() as db:
            found = db.execute(_SELECT + "hotel_id = ?", (hotel_id,)).fetchone()
        return _hotel(found) if found else None

    def status(self) -> IndexStatus:
        """How far the index is."""
        with self.file.reading() as db:
            as_of = meta(db, "as_of")
            return IndexStatus(
                is_built=meta(db, "phase") == "built",
                hotels=db.execute("SELECT count(*) FROM hotels").fetchone()[0],
                waiting=db.execute("SELECT count(*) FROM todo").fetchone()[0],
                as_of=datetime.fromisoformat(as_of) if as_of else None,
                held_release=meta(db, "held_release"),
                held_partners=tuple(meta(db, "held_partners") or ()),
            )

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """A connection to the file, for what counts over all hotels."""
        return self.file.reading()


def open_index(path: Path, *, beside_suite: bool = False) -> HotelIndex:
    """The index in a file, which need not exist yet: `following.catch_up` makes it.

    `beside_suite`: functions on AWS publish in this workspace, which leave records of changes and no lists.
    """
    return HotelIndex(path, beside_suite=beside_suite)


def _hotels(db: sqlite3.Connection, numbers: Sequence[int]) -> list[IndexedHotel]:
    """Hotels by their row numbers, in this order."""
    marks = ",".join("?" * len(numbers))
    found = {row[0]: row for row in db.execute(f"{_SELECT} number IN ({marks})", numbers)}
    return [_hotel(found[number]) for number in numbers]


def _hotel(row: Sequence[Any]) -> IndexedHotel:
    (_, hotel_id, flags, name, city, country, seq, published_at, pictures, good, sha256, category, thumbnail) = row[:13]
    unlabelled, least_join, least_margin, unavailable, pending, withdrawn, decisions, partners = row[13:]
    filters = filters_in(flags)
    return IndexedHotel(
        hotel_id=hotel_id,
        name=name,
        city=city,
        country=country,
        partners=tuple(json.loads(partners)),
        seq=seq,
        published_at=None if published_at is None else datetime.fromtimestamp(published_at, UTC),
        pictures=pictures,
        good=good,
        first=OpeningPicture(sha256, category, thumbnail) if sha256 else None,
        unlabelled=unlabelled,
        least_join=least_join,
        least_margin=least_margin,
        unavailable=unavailable,
        pending=tuple(json.loads(pending)),
        withdrawn=bool(withdrawn),
        decisions=json.loads(decisions),
        filters=filters,
        need=need_of(filters),
    )
