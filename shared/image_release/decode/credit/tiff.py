"""The first directory of a TIFF, which an EXIF block is too."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

MAX_ENTRIES = 500
"""Maximum number of entries of a directory that are looked at; a camera writes some tens."""
SIZES = {1: 1, 2: 1, 4: 4, 7: 1, 129: 1}
"""Types of entries that hold text or bytes -> bytes of one value: bytes, ASCII, numbers, undefined, UTF-8."""
ARTIST_TAG, COPYRIGHT_TAG, XMP_TAG, IPTC_TAG = 0x013B, 0x8298, 0x02BC, 0x83BB


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """Where the value of a tag lies, and its length in bytes."""

    start: int
    length: int


def first_directory(data: bytes) -> Mapping[int, DirectoryEntry]:
    """The entries of the first directory by tag; the first one of a tag counts. Raises struct.error where it ends."""
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None:
        return {}
    (start,) = struct.unpack_from(f"{order}L", data, 4)
    (count,) = struct.unpack_from(f"{order}H", data, start)
    found: dict[int, DirectoryEntry] = {}
    for place in range(start + 2, start + 2 + 12 * min(count, MAX_ENTRIES), 12):
        tag, kind, values, offset = struct.unpack_from(f"{order}HHLL", data, place)
        length = SIZES.get(kind, 0) * values
        if length:
            found.setdefault(tag, DirectoryEntry(place + 8 if length <= 4 else offset, length))  # noqa: PLR2004 - fits in
    return found


def value_of(data: bytes, entry: DirectoryEntry | None, limit: int) -> bytes:
    """The bytes of an entry; none where it is missing or larger than the limit."""
    return data[entry.start : entry.start + entry.length] if entry and entry.length <= limit else b""
