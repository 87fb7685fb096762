"""AVIF and HEIC: what the boxes of ISO/IEC 14496-12 and 23008-12 say of the main image's colour, which Pillow drops."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from image_release.decode.cicp import Colour, colour_of_cicp

Span = tuple[int, int]
"""Where a box's content begins and ends."""
MAX_BOXES = 1_000
"""Number of boxes that are looked at; a picture has some tens."""


def _boxes(data: bytes, span: Span) -> Iterator[tuple[bytes, Span]]:
    place, end = span
    for _ in range(MAX_BOXES):
        if place + 8 > end:
            return
        length, kind = struct.unpack_from(">L4s", data, place)
        head = 8
        if length == 1 and place + 16 <= end:
            (length,) = struct.unpack_from(">Q", data, place + 8)
            head = 16
        stop = end if length == 0 else place + length
        if length != 0 and (length < head or stop > end):
            return
        yield kind, (place + head, stop)
        place = stop


def _inside(data: bytes, span: Span, *path: bytes) -> Span | None:
    """The content of the first box at a path of kinds; `meta` has four bytes of its own before its boxes."""
    for kind in path:
        found = next((inner for name, inner in _boxes(data, span) if name == kind), None)
        if found is None:
            return None
        span = (found[0] + 4, found[1]) if kind == b"meta" else found
    return span


def stated_colour(data: bytes) -> Colour | None:
    """What `nclx` says of the main image's colour; None if nothing does."""
    meta = _inside(data, (0, len(data)), b"meta")
    if meta is None:
        return None
    container, associations = _inside(data, meta, b"iprp", b"ipco"), _inside(data, meta, b"iprp", b"ipma")
    main = _main_item(data, meta)
    if container is None or associations is None or main is None:
        return None
    properties = list(_boxes(data, container))
    for number in _properties_of(data, associations, main):
        if not 1 <= number <= len(properties):
            continue
        kind, (start, end) = properties[number - 1]
        if kind == b"colr" and data[start : start + 4] == b"nclx" and end - start >= 8:  # noqa: PLR2004
            return colour_of_cicp(*struct.unpack_from(">HH", data, start + 4))
    return None


def _main_item(data: bytes, meta: Span) -> int | None:
    box = _inside(data, meta, b"pitm")
    if box is None or box[1] - box[0] < 6:  # noqa: PLR2004
        return None
    wide = data[box[0]] > 0
    if wide and box[1] - box[0] < 8:  # noqa: PLR2004
        return None
    return int(struct.unpack_from(">L" if wide else ">H", data, box[0] + 4)[0])


def _properties_of(data: bytes, span: Span, item: int) -> list[int]:
    """Numbers, from 1 on, of the properties that an item has."""
    place, end = span
    try:
        version, flags = data[place], data[place + 3]
        (count,) = struct.unpack_from(">L", data, place + 4)
        place += 8
        for _ in range(min(count, MAX_BOXES)):
            found, entries = struct.unpack_from(">LB" if version else ">HB", data, place)
            place += 5 if version else 3
            size = 2 if flags & 1 else 1
            if place + entries * size > end:
                return []
            numbers = [int.from_bytes(data[at : at + size], "big") for at in range(place, place + entries * size, size)]
            if found == item:
                return [number & (0x7FFF if size == 2 else 0x7F) for number in numbers]  # noqa: PLR2004
            place += entries * size
    except (struct.error, IndexError):
        pass  # the box breaks off
    return []
