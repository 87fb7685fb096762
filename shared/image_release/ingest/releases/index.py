"""The index of a release: a SQLite file that selects hotels, and row shards, which find one hotel by a small read.

releases/<id>/index.sqlite             hotels, accommodation -> hotel, R*Tree over the coordinates
releases/<id>/rows/<shard>.jsonl.gz    about 250 rows each, by a hash of the hotel id
"""

from __future__ import annotations

import gzip
import json
import math
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote

from image_release.folding import folded
from image_release.problems import Problem
from image_release.side_by_side import side_by_side
from image_release.state import StateUnreadableError
from image_release.storage import Store
from image_release.store_keys import rows_key
from image_release.values import Accommodation, HotelRow, key_part

ROWS_A_SHARD = 250
"""Rows of a shard, on average: one compressed read of about 15 KB finds a hotel."""

LIKE_HOTELS = 5_000
"""So many hotels are looked at to find the one that a person meant."""

RowDocument = list[Any]
"""A row as a shard has it: id, name, country, city, latitude, longitude, pairs. Short, because there are a million."""

_SCHEMA = """
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;
CREATE TABLE hotels (
    number INTEGER PRIMARY KEY, hotel_id TEXT NOT NULL UNIQUE, hash INTEGER NOT NULL, name TEXT NOT NULL,
    country TEXT NOT NULL, city TEXT NOT NULL, latitude REAL, longitude REAL, accommodations TEXT NOT NULL,
    name_folded TEXT NOT NULL, city_folded TEXT NOT NULL);
CREATE TABLE accommodations (
    partner_id TEXT NOT NULL, accommodation_id TEXT NOT NULL, hotel INTEGER NOT NULL,
    PRIMARY KEY (partner_id, accommodation_id)) WITHOUT ROWID;
CREATE VIRTUAL TABLE places USING rtree (number, west, east, south, north);
"""
_INDEXES = """
CREATE INDEX by_place ON hotels (country, city_folded);
CREATE INDEX by_city ON hotels (city_folded);
CREATE INDEX by_hash ON hotels (hash, hotel_id);
CREATE INDEX by_name ON hotels (name_folded);
"""


def hotel_hash(hotel_id: str) -> int:
    """Hash of a hotel id that spreads hotels over shards: 32 bits, the same on every machine and in every version."""
    return zlib.crc32(hotel_id.encode())


class IndexBuilder:
    """Builds an index file from rows. Of duplicates the first one counts."""

    def __init__(self, path: Path, file: str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript(_SCHEMA)
        self._db.execute("BEGIN")
        self._file = file

    def add(self, row: HotelRow, line: int) -> list[Problem]:
        """Add a hotel and return what is wrong with it.

        A hotel that is in already is refused; an accommodation that an earlier hotel has is left out.
        """
        cursor = self._db.execute(
            "INSERT OR IGNORE INTO hotels (hotel_id, hash, name, country, city, latitude, longitude, accommodations, "
            "name_folded, city_folded) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                row.hotel_id,
                hotel_hash(row.hotel_id),
                row.name,
                row.country,
                row.city,
                row.latitude,
                row.longitude,
                _pairs(row.accommodations),
                folded(row.name),
                folded(row.city),
            ),
        )
        if not cursor.rowcount:
            rule = "duplicate hotel_id in the release; the first one counts"
            return [Problem(self._file, line, row.hotel_id, rule)]
        own = self._claimed(row.accommodations, cursor.lastrowid)
        if len(own) == len(row.accommodations):
            return []
        self._db.execute("UPDATE hotels SET accommodations = ? WHERE number = ?", (_pairs(own), cursor.lastrowid))
        rule = "duplicate accommodation in the release; the first hotel keeps it"
        return [Problem(self._file, line, _pairs([item]), rule) for item in row.accommodations if item not in own]

    def __contains__(self, hotel_id: str) -> bool:
        """Whether a hotel is in."""
        return self._db.execute("SELECT 1 FROM hotels WHERE hotel_id = ?", (hotel_id,)).fetchone() is not None

    def count(self) -> int:
        """Number of hotels that are in."""
        return int(self._db.execute("SELECT count(*) FROM hotels").fetchone()[0])

    def finish(self) -> None:
        """Index what was added and close the file."""
        self._db.execute(
            "INSERT INTO places SELECT number, longitude, longitude, latitude, latitude "
            "FROM hotels WHERE latitude IS NOT NULL"
        )
        self._db.execute("COMMIT")
        self._db.executescript(_INDEXES)
        self._db.close()

    def close(self) -> None:
        """Close the file without finishing it."""
        self._db.close()

    def _claimed(self, accommodations: Sequence[Accommodation], number: int | None) -> Sequence[Accommodation]:
        """Those of a hotel's accommodations that no earlier hotel has."""
        values = [(item.partner_id, item.accommodation_id, number) for item in accommodations]
        added = self._db.executemany("INSERT OR IGNORE INTO accommodations VALUES (?, ?, ?)", values).rowcount
        if added == len(values) or not values:
            return accommodations
        return [item for item, value in zip(accommodations, values, strict=True) if self._holds(*value)]

    def _holds(self, partner_id: str, accommodation_id: str, number: int | None) -> bool:
        """Whether an accommodation is this hotel's."""
        query = "SELECT 1 FROM accommodations WHERE partner_id = ? AND accommodation_id = ? AND hotel = ?"
        return self._db.execute(query, (partner_id, accommodation_id, number)).fetchone() is not None


class ReleaseIndex:
    """An index file, opened for selecting. Close it, or use it as a context."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path)
        columns = {name for _, name, *_ in self._db.execute("PRAGMA table_info(hotels)")}
        self._has_folded = "city_folded" in columns  # version 0.2.0 wrote indexes without it
        self._db.create_function("folded", 1, folded, deterministic=True)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def row(self, hotel_id: str) -> HotelRow | None:
        """A hotel by its id."""
        found = self._db.execute(_SELECT_ROW + "WHERE hotel_id = ?", (hotel_id,)).fetchone()
        return _hotel_row(found) if found else None

    def __contains__(self, hotel_id: str) -> bool:
        """Whether the release has a hotel."""
        return self._db.execute("SELECT 1 FROM hotels WHERE hotel_id = ?", (hotel_id,)).fetchone() is not None

    def rows(self) -> Iterator[HotelRow]:
        """All hotels in the order of shards (hash, then id)."""
        cursor = self._db.execute(_SELECT_ROW + "ORDER BY hash, hotel_id")
        return map(_hotel_row, cursor)

    def count(self) -> int:
        """Number of hotels."""
        return int(self._db.execute("SELECT count(*) FROM hotels").fetchone()[0])

    def documents(self) -> Iterator[RowDocument]:
        """All hotels in the order of shards, as a shard has them: without making values for millions of ids."""
        for *fields, pairs in self._db.execute(_SELECT_ROW + "ORDER BY hash, hotel_id"):
            yield [*fields, _decoded(pairs)]

    def named(self, name: str) -> Iterator[str]:
        """Ids of the hotels of this name, whatever its case and accents."""
        query = f"SELECT hotel_id FROM hotels WHERE {self._folded('name')} = ? ORDER BY 1"  # noqa: S608 - our words only
        found = self._db.execute(query, (folded(name),))
        return (hotel_id for (hotel_id,) in found)

    def hotels_of(self, accommodations: Iterable[Accommodation]) -> Iterator[str]:
        """The hotel of each accommodation that has one."""
        for item in accommodations:
            found = self._db.execute(
                "SELECT hotel_id FROM accommodations JOIN hotels ON hotels.number = hotel "
                "WHERE partner_id = ? AND accommodation_id = ?",
                (item.partner_id, item.accommodation_id),
            ).fetchone()
            if found:
                yield found[0]

    def select(
        self,
        *,
        countries: Sequence[str] = (),
        cities: Sequence[str] = (),
        bbox: tuple[float, float, float, float] | None = None,
        hotel_ids: Sequence[str] = (),
        partners: Sequence[str] = (),
    ) -> Iterator[str]:
        """Hotel ids by selectors: those of different kinds narrow, values of one kind widen; none selects all.

        Cities are compared without case and accents.
        `bbox` is (west, south, east, north) in degrees, west > east where it crosses the date line.
        """
        conditions: list[str] = []
        values: list[str | float] = []
        folded_cities = list(map(folded, cities))
        for column, wanted in (
            ("country", countries),
            (self._folded("city"), folded_cities),
            ("hotel_id", hotel_ids),
        ):
            if wanted:
                conditions.append(f"{column} IN ({_marks(wanted)})")
                values += wanted
        if bbox is not None:
            west, south, east, north = bbox
            across = "west >= ? OR east <= ?" if west > east else "west >= ? AND east <= ?"
            inside = f"SELECT number FROM places WHERE ({across}) AND south >= ? AND north <= ?"  # noqa: S608 - our words only
            conditions.append(f"number IN ({inside})")
            values += [west, east, south, north]
        if partners:
            of_partners = f"SELECT hotel FROM accommodations WHERE partner_id IN ({_marks(partners)})"  # noqa: S608 - marks
            conditions.append(f"number IN ({of_partners})")
            values += partners
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        query = f"SELECT hotel_id FROM hotels {where} ORDER BY hash, hotel_id"  # noqa: S608 - values are bound
        found = self._db.execute(query, values)
        return (hotel_id for (hotel_id,) in found)

    def countries(self) -> Iterator[str]:
        """The countries that hotels are in."""
        return (country for (country,) in self._db.execute("SELECT DISTINCT country FROM hotels"))

    def cities(self) -> Iterator[str]:
        """The cities that hotels are in, as the release writes them."""
        return (city for (city,) in self._db.execute("SELECT DISTINCT city FROM hotels"))

    def partners(self) -> Iterator[str]:
        """The partners that hotels have accommodations of. Each takes one step in the table's index."""
        query = "SELECT min(partner_id) FROM accommodations WHERE partner_id > ?"
        partner = ""
        while (partner := self._db.execute(query, (partner,)).fetchone()[0]) is not None:
            yield partner

    def hotels_like(self, hotel_id: str) -> Iterator[str]:
        """Ids of some hotels that begin as an id does, or are named so."""
        start = hotel_id[: max(1, len(hotel_id) // 2)]
        query = "SELECT hotel_id FROM hotels WHERE hotel_id >= ? ORDER BY hotel_id LIMIT ?"
        yield from (found for (found,) in self._db.execute(query, (start, LIKE_HOTELS)) if found.startswith(start))

    def _folded(self, column: str) -> str:
        """How a query compares a column without case and accents."""
        return f"{column}_folded" if self._has_folded else f"folded({column})"


def write_shards(index: ReleaseIndex, state: Store, folder: str, bits: int, threads: int = 1) -> None:
    """Write the row shards of a release. The top `bits` bits of the hash are the shard's number."""

    def shards() -> Iterator[tuple[str, bytes]]:
        for shard, documents in groupby(index.documents(), key=lambda document: shard_of(document[0], bits)):
            lines = "".join(json.dumps(document, ensure_ascii=False) + "\n" for document in documents)
            yield rows_key(folder, shard), gzip.compress(lines.encode(), compresslevel=3, mtime=0)

    for _ in side_by_side(lambda shard: state.put(*shard), shards(), threads):
        pass


def is_whole_index(path: Path, hotels: int) -> bool:
    """Whether a file is an index that can be read and has so many hotels."""
    try:
        with ReleaseIndex(path) as index:
            return index.count() == hotels
    except sqlite3.DatabaseError:
        return False


def shard_bits(hotels: int) -> int:
    """Number of bits that gives shards of about ROWS_A_SHARD rows."""
    return max(0, math.ceil(math.log2(max(hotels, 1) / ROWS_A_SHARD)))


def shard_of(hotel_id: str, bits: int) -> int:
    """The shard that holds a hotel."""
    return hotel_hash(hotel_id) >> (32 - bits)


def read_shard(state: Store, folder: str, shard: int, *, is_written: bool = False) -> dict[str, HotelRow]:
    """All rows of a shard by hotel id; a shard without rows was never written.

    `is_written` says that this one was: all are, in a release with hotels. Raises StateUnreadableError.
    """
    key = rows_key(folder, shard)
    stored = state.get(key)
    if stored is None:
        if is_written:
            raise StateUnreadableError(key)
        return {}
    try:
        rows = [row_of(json.loads(line)) for line in gzip.decompress(stored.data).splitlines()]
    except (OSError, EOFError, zlib.error, ValueError, TypeError) as error:
        raise StateUnreadableError(key) from error
    if not rows:  # gzip takes no bytes for a file without content
        raise StateUnreadableError(key)
    return {row.hotel_id: row for row in rows}


def row_of(document: RowDocument) -> HotelRow:
    """A row read back from a shard."""
    hotel_id, name, country, city, latitude, longitude, pairs = document
    accommodations = tuple(Accommodation(*pair) for pair in pairs)
    return HotelRow(hotel_id, name, country, city, latitude, longitude, accommodations)


_SELECT_ROW = "SELECT hotel_id, name, country, city, latitude, longitude, accommodations FROM hotels "


def _hotel_row(found: tuple[Any, ...]) -> HotelRow:
    hotel_id, name, country, city, latitude, longitude, pairs = found
    return HotelRow(
        hotel_id, name, country, city, latitude, longitude, tuple(Accommodation(*pair) for pair in _decoded(pairs))
    )


def _pairs(accommodations: Iterable[Accommodation]) -> str:
    return ";".join(f"{key_part(item.partner_id)}:{key_part(item.accommodation_id)}" for item in accommodations)


def _decoded(pairs: str) -> list[list[str]]:
    if not pairs:
        return []
    return [[unquote(part) if "%" in part else part for part in pair.split(":")] for pair in pairs.split(";")]


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))
