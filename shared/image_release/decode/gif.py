"""GIF: the first image of a file, without the comments around it, which Pillow would collect in memory."""

from __future__ import annotations

from itertools import count

HEAD_BYTES, DESCRIPTOR_BYTES = 13, 10
EXTENSION, IMAGE, TRAILER = 0x21, 0x2C, 0x3B
CONTROL = 0xF9
HAS_TABLE = 0x80
MAX_STEPS = 400_000
"""Blocks, and bytes that are none, that are looked at; the pixels of a file of 40 MB have 160,000 blocks."""


class _Reader:
    """Goes through a GIF block by block, for a bounded number of steps."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._steps = count()
        self._place = HEAD_BYTES + _table_bytes(data[10]) if len(data) >= HEAD_BYTES else len(data)

    @property
    def place(self) -> int:
        """Where the next block begins."""
        return self._place

    def next_image(self) -> tuple[bytes, int] | None:
        """The control block before the next image, and where that begins; the reader goes on behind it."""
        control = b""
        while self._place < len(self._data) and next(self._steps) < MAX_STEPS:
            begin, kind = self._place, self._data[self._place]
            if kind == TRAILER:
                return None
            if kind == EXTENSION:
                self._skip_blocks(begin + 2)
                if self._data[begin + 1 : begin + 2] == bytes([CONTROL]):
                    control = self._data[begin : self._place]
            elif kind == IMAGE:
                flags = self._data[begin + 9 : begin + DESCRIPTOR_BYTES]
                self._skip_blocks(begin + DESCRIPTOR_BYTES + (_table_bytes(flags[0]) if flags else 0) + 1)
                return control, begin
            else:
                self._place += 1
        return None

    def _skip_blocks(self, place: int) -> None:
        """Go behind the blocks of data that begin at a place."""
        while place < len(self._data) and next(self._steps) < MAX_STEPS:
            length = self._data[place]
            place += 1 + length
            if not length:
                break
        self._place = min(place, len(self._data))


def _table_bytes(flags: int) -> int:
    """Bytes of a table of colours."""
    return 3 << (flags & 7) + 1 if flags & HAS_TABLE else 0


def first_image_only(data: bytes) -> tuple[bytes, int]:
    """A GIF of the first image alone, and the number of images: 1, or 2 for any file of several."""
    reader = _Reader(data)
    table_end = reader.place
    found = reader.next_image()
    if found is None:
        return data[:table_end], 1
    control, begin = found
    image = data[begin : reader.place]
    several = reader.next_image() is not None
    return data[:table_end] + control + image + bytes([0, TRAILER]), 2 if several else 1
