"""Merges the snapshot before with lines that were read since and with places, as streams of bytes.

A line of a million that did not change is copied, and not parsed: its hotel and its number stand first in it.
"""

from __future__ import annotations

import gzip
import heapq
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from image_release.feed.hotel_line import HotelLine
from image_release.feed.lists import ListUnreadableError
from image_release.store_keys import hotel_folder

_HEAD = re.compile(rb'\{"hotel_id": ("(?:[^"\\]|\\.)*"), "seq": ([0-9]+),')
PLACE, NEW, OLD = range(3)
"""What an item is: city and country of a hotel, a line that was read since, a line of the snapshot before."""
QUICK = 3
"""Level of compression: a snapshot is written in a few seconds."""


class Item(NamedTuple):
    """A line of a stream: the place of its hotel, what it is, and, of lines of hotels, the number (negative)."""

    place: str
    kind: int
    number: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Source:
    """A stream: a local file of lines, what its lines are, and the key that it was copied from."""

    path: Path
    kind: int
    key: str

    def items(self) -> Iterator[Item]:
        """Its lines. Raises ListUnreadableError while it is iterated."""
        parsed = _place_item if self.kind == PLACE else self._line_item
        try:
            with gzip.open(self.path, "rb") as lines:
                for line in lines:
                    yield parsed(line)
        except (OSError, EOFError, zlib.error, ValueError, TypeError, IndexError, RecursionError) as error:
            raise ListUnreadableError(self.key) from error

    def _line_item(self, line: bytes) -> Item:
        hotel_id, seq = hotel_and_seq(line)
        return Item(hotel_folder(hotel_id), self.kind, -seq, line)


def hotel_and_seq(line: bytes) -> tuple[str, int]:
    """The hotel and the number of a line, without reading the rest of it. Raises ValueError."""
    head = _HEAD.match(line)
    if head is None or not line.endswith(b"}\n"):
        raise ValueError("no line of a snapshot")
    return json.loads(head[1]), int(head[2])


def line_bytes(line: HotelLine) -> bytes:
    """A line as it stands in a file."""
    return (json.dumps(line.model_dump(mode="json"), ensure_ascii=False) + "\n").encode()


def place_bytes(hotel_id: str, city: str, country: str) -> bytes:
    """City and country of a hotel as they stand in a file."""
    return (json.dumps([hotel_id, city, country], ensure_ascii=False) + "\n").encode()


def write_lines(path: Path, lines: Iterable[bytes]) -> None:
    """Write lines into a file."""
    with gzip.open(path, "wb", compresslevel=QUICK) as file:
        file.writelines(lines)


def write_merged(path: Path, sources: Iterable[Source], *, again: bool) -> tuple[int, bool]:
    """Merge streams into a file; returns the number of hotels, and whether a line differs from the snapshot before.

    `again`: each line gets the place that the release gives now. Raises ListUnreadableError.
    """
    hotels, is_other = 0, False
    with gzip.open(path, "wb", compresslevel=QUICK) as file:
        merged = heapq.merge(*(source.items() for source in sources))
        for _, items in groupby(merged, key=itemgetter(0)):
            line, differs = _merged_line(items, again=again)
            if line is not None:
                file.write(line)
                hotels, is_other = hotels + 1, is_other or differs
    return hotels, is_other


def _merged_line(items: Iterable[Item], *, again: bool) -> tuple[bytes | None, bool]:
    """The line of one hotel, and whether it differs from the one before; None where nothing is published of it."""
    found: dict[int, Item] = {}
    for item in items:  # of a kind the highest number comes first
        found.setdefault(item.kind, item)
    place, new, old = (found.get(kind) for kind in (PLACE, NEW, OLD))
    if new is None or (old is not None and old.number <= new.number):
        if old is None:
            return None, False
        if not again or place is None:
            return old.data, False
        new = old
    line = json.loads(new.data)
    if place is not None:
        _, line["city"], line["country"] = json.loads(place.data)
    elif old is not None:
        before = json.loads(old.data)
        line |= {"city": before["city"], "country": before["country"]}
    data = (json.dumps(line, ensure_ascii=False) + "\n").encode()
    return data, old is None or data != old.data


def _place_item(line: bytes) -> Item:
    return Item(hotel_folder(json.loads(line)[0]), PLACE, 0, line)
