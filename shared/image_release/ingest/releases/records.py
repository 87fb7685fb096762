"""The records of a CSV file: their fields, and the lines that each one was read from.

A record is not a line: a quotation mark that is not closed makes one record of many lines. So each record says which
lines it took, and whether it came to its end.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from image_release.ingest.files import lines

MAX_FIELD = 1_000_000
"""Maximum characters of one field: room for a hotel of ten thousand accommodations."""
MAX_RECORD_BYTES = 8_000_000
"""Maximum bytes of a line, and characters of a record."""


class Record(NamedTuple):
    """One record of a CSV file."""

    line: int
    """Number of its first line."""
    fields: list[str]
    lines: tuple[str, ...] = ()
    fault: str | None = None
    """Why its fields cannot be read; None if they can."""
    is_quote_open: bool = False
    """Whether the file ends inside a quoted field of it."""

    @property
    def is_blank(self) -> bool:
        """Whether it is a line that is empty, or has white space only."""
        return self.fault is None and len(self.fields) <= 1 and not "".join(self.fields).strip()

    @property
    def has_end(self) -> bool:
        """Whether its last line has a line end; only the last line of a file may have none."""
        return not self.lines or self.lines[-1].endswith(("\n", "\r"))


def records(stream: BinaryIO) -> Iterator[Record]:
    """The records of a CSV file in UTF-8; bytes that are no UTF-8 become surrogates. Raises InputDamagedError."""
    csv.field_size_limit(MAX_FIELD)
    source = _Lines(stream)
    reader = csv.reader(source)
    while True:
        first = source.begin_record()
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Record(first, [], tuple(source.taken), f"not CSV: {error}")
        else:
            yield Record(first, fields, tuple(source.taken), None, source.is_at_end)


class _Lines:
    """The lines of a file as the CSV reader takes them; `taken` are those of the present record."""

    def __init__(self, stream: BinaryIO) -> None:
        self._lines = lines(stream, MAX_RECORD_BYTES)
        self._number = 0
        self._characters = 0
        self.taken: list[str] = []
        self.is_at_end = False

    def begin_record(self) -> int:
        """Begin a record; returns the number of its first line."""
        self.taken.clear()
        self._characters = 0
        return self._number + 1

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        """The next line. The reader asks beyond the end of a file only inside a quoted field, or between records."""
        try:
            line = next(self._lines)
        except StopIteration:
            self.is_at_end = True
            raise
        self._number += 1
        text = "" if line is None else line.decode("utf-8", "surrogateescape")
        self._characters += len(text)
        if line is None or self._characters > MAX_RECORD_BYTES:
            raise csv.Error(f"a record is longer than {MAX_RECORD_BYTES} bytes")
        self.taken.append(text)
        return text
