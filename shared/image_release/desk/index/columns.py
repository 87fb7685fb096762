"""What is filtered, counted and sorted by, in memory: a few numbers and one line of text for each hotel.

It is brought up to date from the file before each answer: rows carry the number of the transaction that wrote them, so
only those written since are read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np

from image_release.desk.index.file import meta
from image_release.desk.index.filters import WEIGHTS, Filter, bit
from image_release.desk.index.query import Query, Sort
from image_release.desk.index.seek import Positions, matching, wanted_in

Numbers = np.ndarray[tuple[int], np.dtype[np.int64]]
Times = np.ndarray[tuple[int], np.dtype[np.float64]]
_SELECT = "SELECT number, flags, pictures, published_at, name_folded, hotel_id, seek FROM hotels WHERE generation > ?"
_MAY_BE_EMPTY = bit(Filter.WITHDRAWN) | bit(Filter.UNREADABLE)


@dataclass(frozen=True, slots=True)
class Matches:
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
    orders: Mapping[Sort, tuple[Positions, Positions]]
    """Sort -> the place at each rank, and the rank of each place."""

    def find(self, query: Query) -> Matches:
        """All hotels of a query, whatever its page."""
        places = self._places(query)
        flags = self._flags(query)[places]
        wanted = sum(map(bit, query.filters))
        counts = {name: int(_with(flags, wanted | bit(name)).sum()) for name in Filter}
        places = places[_with(flags, wanted)]
        at_rank, rank_of = self.orders[query.sort]
        places = at_rank[np.sort(rank_of[places])]
        return Matches(self._named_first(places, query), counts)

    def _places(self, query: Query) -> Positions:
        places = np.arange(len(self.numbers))
        for wanted in wanted_in(query):
            if len(places) < len(self.numbers) // 8:
                places = np.array([place for place in places if wanted in self.lines[place]], dtype=np.int64)
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
        if wanted and (at := [place for place in places if self.names[place][1] == wanted]):
            places = np.array([*at, *places[places != at[0]]], dtype=np.int64)
        return self.numbers[places]


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
    return replace(loaded, orders=_orders(loaded, None if names != before.names else before))


def _orders(loaded: Loaded, like: Loaded | None) -> dict[Sort, tuple[Positions, Positions]]:
    """All orders; `like` has the same names in the same places, so the same order by name."""
    if like is not None and like.orders:
        by_name = like.orders[Sort.NAME][0]
    else:
        by_name = np.array(sorted(range(len(loaded.names)), key=loaded.names.__getitem__), dtype=np.int64)
    rank = _inverse(by_name)
    need = sum((np.where(loaded.flags & bit(name), weight, 0) for name, weight in WEIGHTS.items()), np.int64(0))
    by_need = np.lexsort((rank, loaded.pictures, -need)) if len(rank) else by_name
    by_time = np.lexsort((rank, -loaded.published))
    orders = {Sort.LOOK: by_need, Sort.NAME: by_name, Sort.CHANGED: by_time}
    return {sort: (order, _inverse(order)) for sort, order in orders.items()}


def _inverse(order: Positions) -> Positions:
    inverse = np.empty_like(order)
    inverse[order] = np.arange(len(order))
    return inverse


def _with(flags: Numbers, wanted: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which flags have all these bits."""
    has_all: np.ndarray[tuple[int], np.dtype[np.bool_]] = (flags & wanted) == wanted
    return has_all
