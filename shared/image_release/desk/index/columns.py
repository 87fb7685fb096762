"""What is filtered, counted and sorted by, in memory: a few numbers and one line of text for each hotel.

It is brought up to date from the file before each answer: rows carry the number of the transaction that wrote them, so
only those written since are read.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect
from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np

from image_release.desk.index.file import meta
from image_release.desk.index.filters import WEIGHTS, Filter, bit
from image_release.desk.index.query import Query, Sort
from image_release.desk.index.seek import Positions, line_begin, matching, wanted_in

Numbers = np.ndarray[tuple[int], np.dtype[np.int64]]
Times = np.ndarray[tuple[int], np.dtype[np.float64]]
_SELECT = "SELECT number, flags, pictures, published_at, name_folded, hotel_id, seek FROM hotels WHERE generation > ?"
MANY = 4
"""Lines are looked at one by one if fewer than a quarter of them are left, or a word is there oftener than that."""
_MAY_BE_EMPTY = bit(Filter.WITHDRAWN) | bit(Filter.UNREADABLE)


@dataclass(frozen=True, slots=True)
class Matched:
    """What a query found: row numbers in its order, and how many there would be with each filter."""

    numbers: Numbers
    counts: Mapping[Filter, int]


@dataclass(frozen=True)
class Loaded:
    """The columns of one state of the file. Each place holds one hotel."""

    identity: str
    generation: int
    numbers: Numbers
    flags: Numbers
    pictures: Numbers
    published: Times
    names: list[tuple[str, str]]
    """Folded name and id: the order by name."""
    lines: list[bytes]
    text: bytes
    starts: Positions
    orders: dict[Sort, tuple[Positions, Positions]]
    """The orders that were asked for."""

    def find(self, query: Query) -> Matched:
        """All hotels of a query, whatever its page."""
        places = self._places(query)
        flags = self._flags(query)[places]
        wanted = sum(map(bit, query.filters))
        counts = {name: int(_with(flags, wanted | bit(name)).sum()) for name in Filter}
        places = places[_with(flags, wanted)]
        at_rank, rank_of = self.order(query.sort)
        places = at_rank[np.sort(rank_of[places])]
        return Matched(self._named_first(places, query), counts)

    def _places(self, query: Query) -> Positions:
        places = np.arange(len(self.numbers))
        for wanted in wanted_in(query):
            if len(places) * MANY < len(self.numbers) or self.text.count(wanted) * MANY > len(self.numbers):
                lines = [self.lines[place] for place in places.tolist()]
                places = places[np.array([wanted in line for line in lines], dtype=bool)]
            else:
                found = np.zeros(len(self.numbers), dtype=bool)
                found[matching(self.text, self.starts, wanted)] = True
                places = places[found[places]]
        return places

    def _flags(self, query: Query) -> Numbers:
        """The flags, where `few` means fewer than the query's number."""
        few = (self.pictures < query.fewer_than) & ((self.flags & _MAY_BE_EMPTY) == 0)
        return (self.flags & ~bit(Filter.FEW)) | np.where(few, bit(Filter.FEW), 0)

    def _named_first(self, places: Positions, query: Query) -> Numbers:
        """Row numbers of the places; the hotel whose id a person typed stands first."""
        wanted = query.text.strip()
        if wanted and len(places):
            like = matching(self.text, self.starts, line_begin(wanted)).tolist()
            at = next((place for place in like if self.names[place][1] == wanted), None)
            if at is not None and (places == at).any():
                places = np.array([at, *places[places != at]], dtype=np.int64)
        return self.numbers[places]

    def order(self, sort: Sort) -> tuple[Positions, Positions]:
        """The place at each rank, and the rank of each place; an order is made when it is first asked for."""
        if sort not in self.orders:
            made = self._made_order(sort)
            self.orders[sort] = (made, _inverse(made))
        return self.orders[sort]

    def _made_order(self, sort: Sort) -> Positions:
        if sort is Sort.NAME:
            return np.array(sorted(range(len(self.names)), key=self.names.__getitem__), dtype=np.int64)
        rank = self.order(Sort.NAME)[1]
        if sort is Sort.CHANGED:
            return np.lexsort((rank, -self.published))
        need = np.zeros(len(rank), dtype=np.int64)
        for name, weight in WEIGHTS.items():
            need += np.where(self.flags & bit(name), weight, 0)
        return np.lexsort((rank, self.pictures, -need))


class Columns:
    """The columns of a file, up to date with each call of `at`."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._loaded: Loaded | None = None

    def at(self, db: sqlite3.Connection) -> Loaded:
        """The columns as a transaction sees the file."""
        identity, generation = meta(db, "identity"), int(meta(db, "generation"))
        with self._lock:
            loaded = self._loaded
            if loaded is None or loaded.identity != identity:
                loaded = _made(identity, generation, list(db.execute(_SELECT, (-1,))))
            elif loaded.generation < generation:
                loaded = _patched(loaded, generation, list(db.execute(_SELECT, (loaded.generation,))))
            self._loaded = loaded
            return loaded


Row = tuple[int, int, int, float | None, str, str, bytes]


def _made(identity: str, generation: int, rows: list[Row]) -> Loaded:
    empty = np.zeros(0, dtype=np.int64)
    nothing = Loaded(identity, generation, empty, empty, empty, np.zeros(0), [], [], b"", empty, {})
    return _patched(nothing, generation, rows)


def _patched(before: Loaded, generation: int, rows: list[Row]) -> Loaded:
    """The columns with rows that are new or were written again."""
    place_of = {number: place for place, number in enumerate(before.numbers.tolist())}
    new = [row for row in rows if row[0] not in place_of]
    size = len(before.numbers) + len(new)
    place_of.update({row[0]: len(before.numbers) + at for at, row in enumerate(new)})
    numbers, flags, pictures, published = (
        np.concatenate([column, np.zeros(len(new), dtype=column.dtype)])
        for column in (before.numbers, before.flags, before.pictures, before.published)
    )
    names, lines = [*before.names, *[("", "")] * len(new)], [*before.lines, *[b""] * len(new)]
    for number, its_flags, its_pictures, its_published, name, hotel_id, seek in rows:
        place = place_of[number]
        numbers[place], flags[place], pictures[place] = number, its_flags, its_pictures
        published[place] = its_published or 0.0
        names[place], lines[place] = (name, hotel_id), seek
    lengths = np.fromiter(map(len, lines), dtype=np.int64, count=size)
    loaded = replace(
        before,
        generation=generation,
        numbers=numbers,
        flags=flags,
        pictures=pictures,
        published=published,
        names=names,
        lines=lines,
        text=before.text if lines == before.lines else b"".join(lines),
        starts=np.concatenate([[0], np.cumsum(lengths)[:-1]]) if size else before.starts,
        orders={},
    )
    if Sort.NAME in before.orders:
        by_name = _resorted(before.orders[Sort.NAME][0], before.names, names)
        loaded.orders[Sort.NAME] = (by_name, _inverse(by_name))
    return loaded


def _resorted(order: Positions, before: list[tuple[str, str]], names: list[tuple[str, str]]) -> Positions:
    """The order by name after some names changed and others joined: only these are put in their places."""
    moved = [place for place, name in enumerate(before) if names[place] != name]
    moved += range(len(before), len(names))
    if not moved:
        return order
    moved.sort(key=names.__getitem__)
    stays = order[~np.isin(order, moved)]
    kept = stays.tolist()
    at = [bisect(kept, names[place], key=names.__getitem__) for place in moved]
    return np.insert(stays, at, moved)


def _inverse(order: Positions) -> Positions:
    inverse = np.empty_like(order)
    inverse[order] = np.arange(len(order))
    return inverse


def _with(flags: Numbers, wanted: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which flags have all these bits."""
    has_all: np.ndarray[tuple[int], np.dtype[np.bool_]] = (flags & wanted) == wanted
    return has_all
