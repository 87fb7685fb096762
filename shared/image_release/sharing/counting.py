"""Which families are in several hotels, counted in parts: each part takes some families and reads all ranges."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from image_release.sharing.images import HeldImages, ImagesUnreadableError
from image_release.sharing.linking import FamilyMap
from image_release.sharing.pairing import Holders

Held = dict[str, set[bytes]]
"""Hotel -> its images of a family."""


def holders_of_part(
    ranges: Callable[[], Iterable[HeldImages]], families: FamilyMap, part: int, parts: int
) -> Iterator[tuple[bytes, Held]]:
    """The families of one part that are in several hotels, with their hotels and images. `ranges` is read twice."""
    wanted = _in_several(ranges(), families, part, parts)
    holders: Holders = {}
    for held in ranges():
        prints = held.prints
        own = families.of(prints.shas)
        for image in np.flatnonzero(np.isin(own, wanted)).tolist():
            by_hotel = holders.setdefault(own[image].tobytes(), {})
            by_hotel.setdefault(prints.hotel(image), set()).add(prints.name(image))
    for family in sorted(holders):
        if len(holders[family]) > 1:
            yield family, holders[family]


def _in_several(ranges: Iterable[HeldImages], families: FamilyMap, part: int, parts: int) -> NDArray[np.uint64]:
    """The families of one part that are in several hotels."""
    named, hotels, begun = [np.empty(0, np.uint64)], [np.empty(0, np.uint32)], 0
    for held in ranges:
        numbers: dict[str, int] = {}
        of_rows = np.array([numbers.setdefault(row[1], begun + len(numbers)) for row in held.prints.rows], np.uint32)
        begun += len(numbers)
        own = families.of(held.prints.shas)
        mine = own % np.uint64(parts) == part
        named.append(own[mine])
        hotels.append(of_rows[held.prints.owners[mine]])
    every, where = np.concatenate(named), np.concatenate(hotels)
    order = np.argsort(every, kind="stable")
    every, where = every[order], where[order]
    other_hotel = (every[1:] == every[:-1]) & (where[1:] != where[:-1])
    return np.unique(every[1:][other_hotel])


def pack_holders(holders: Iterable[tuple[bytes, Held]]) -> bytes:
    """Families with their hotels and images as lines."""
    return packed_lines([family.hex(), _texts(held)] for family, held in holders)


def parse_holders(data: bytes, of: Collection[str] | None = None) -> Iterator[tuple[bytes, Held]]:
    """Read back what was packed, or those of it that some hotels have.

    Raises ImagesUnreadableError while it is iterated.
    """
    try:
        for family, held in parsed_lines(data):
            if of is None or not held.keys().isdisjoint(of):
                yield (
                    bytes.fromhex(family),
                    {str(hotel_id): {bytes.fromhex(sha) for sha in own} for hotel_id, own in held.items()},
                )
    except (AttributeError, TypeError, ValueError) as error:
        raise ImagesUnreadableError(str(error)) from error


def _texts(held: Mapping[str, set[bytes]]) -> dict[str, list[str]]:
    return {hotel_id: sorted(sha.hex() for sha in held[hotel_id]) for hotel_id in sorted(held)}


def packed_lines(documents: Iterable[object]) -> bytes:
    """Documents as compressed lines, which are never all in memory."""
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=3, mtime=0) as lines:
        for document in documents:
            lines.write(json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")
    return out.getvalue()


def parsed_lines(data: bytes) -> Iterator[Any]:
    """Documents that were packed. Raises ImagesUnreadableError while it is iterated."""
    if not data:  # gzip takes no bytes for a file without content
        raise ImagesUnreadableError("it is empty")
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as lines:
            yield from map(json.loads, lines)
    except (OSError, EOFError, ValueError, zlib.error, RecursionError) as error:
        raise ImagesUnreadableError(str(error)) from error
