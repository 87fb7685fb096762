"""Reading what people hand in: bytes, unpacked if the name ends in `.gz`, and their lines one by one.

Nothing here grows with the file: a line that is too long is skipped, and a file that unpacks without end is refused.
"""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

from image_release.storage import Store

UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
LINE_ENDS = b"\n\r"
CHUNK_BYTES = 1 << 18
"""Bytes that are read at once."""
MAX_RATIO = 200
"""A .gz file may unpack to so many times its size: text shrinks to a tenth, a bomb to a thousandth."""
ALWAYS_UNPACKED_BYTES = 50_000_000
"""So much is unpacked whatever the ratio: a small file of equal lines is no bomb."""


class MissingInputError(Exception):
    """A file that should be in the inbox is not there."""


class CatalogueMisnamedError(Exception):
    """A file below `catalogues/` whose name is not `<partner_id>/<version>.jsonl` or `.jsonl.gz`."""


class ReleaseUnreadableError(Exception):
    """The file is no Data Release at all: no header, or a column is missing."""


class InputDamagedError(Exception):
    """A handed-in file that cannot be read as text to its end: a damaged `.gz`, one that is too large, or UTF-16."""


def is_checked(key: str) -> bool:
    """Whether a file's format proves that it is whole: a `.gz` that unpacks has the right checksum and length."""
    return key.endswith(".gz")


@contextmanager
def opened(inbox: Store, key: str) -> Iterator[BinaryIO]:
    """Open a handed-in file for streaming, unpacked if its name ends in .gz.

    Raises MissingInputError; InputDamagedError, also while the stream is read.
    """
    stream = inbox.open(key)
    if stream is None:
        raise MissingInputError(key)
    with stream:
        if is_checked(key):
            try:
                yield io.BufferedReader(_Unpacked(stream), CHUNK_BYTES)
            except (gzip.BadGzipFile, EOFError, zlib.error) as error:
                raise InputDamagedError(f"is not a whole gzip file: {error}") from error
        else:
            yield stream


def lines(stream: BinaryIO, max_bytes: int) -> Iterator[bytes | None]:
    """The lines of a file with their ends, which are LF, CR LF or CR; None for a line that is longer than `max_bytes`.

    A byte order mark at the beginning is left out. Raises InputDamagedError for UTF-16.
    """
    parts: list[bytes] = []
    size = 0
    for chunk in _chunks(stream):
        for piece in chunk.splitlines(keepends=True):
            size += len(piece)
            if size > max_bytes:
                parts = []
            elif parts or piece[-1] not in LINE_ENDS:
                parts.append(piece)
                piece = b"".join(parts) if piece[-1] in LINE_ENDS else piece  # noqa: PLW2901 - the rest of a line
            if piece[-1] in LINE_ENDS:
                yield piece if size <= max_bytes else None
                parts, size = [], 0
    if size:
        yield b"".join(parts) if size <= max_bytes else None


def without_mark(data: bytes) -> bytes:
    """The bytes of a text without the byte order mark, with which some programs begin a file in UTF-8."""
    return data.removeprefix(codecs.BOM_UTF8)


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    """The bytes of a text in chunks. None ends between CR and LF."""
    first = True
    while chunk := stream.read(CHUNK_BYTES):
        while chunk.endswith(b"\r") and (more := stream.read(1)):
            chunk += more
        if first and chunk.startswith(UTF_16_MARKS):
            raise InputDamagedError("is in UTF-16: store it as UTF-8")
        yield without_mark(chunk) if first else chunk
        first = False


class _Unpacked(io.RawIOBase):
    """What a gzip file holds. Reading ends with InputDamagedError when it holds absurdly much."""

    def __init__(self, packed: BinaryIO) -> None:
        self._packed = _Counted(packed)
        self._unpacked = gzip.GzipFile(fileobj=cast("BinaryIO", self._packed), mode="rb")
        self._bytes = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._unpacked.read1(len(buffer))
        self._bytes += len(data)
        if self._bytes > max(ALWAYS_UNPACKED_BYTES, MAX_RATIO * self._packed.bytes):
            raise InputDamagedError(f"unpacks to more than {MAX_RATIO} times its size")
        buffer[: len(data)] = data
        return len(data)


class _Counted(io.RawIOBase):
    """A file that counts the bytes that were read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.bytes = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        self.bytes += len(data)
        buffer[: len(data)] = data
        return len(data)
