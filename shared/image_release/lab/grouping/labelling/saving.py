"""Saving labels.csv: at once, whole, and nothing else in it touched.

The file is read again before each save, lines that do not change are kept byte for byte, and the new file is written
beside the old one, forced to the disk and renamed over it: whatever happens in between leaves the old or the new one.
"""

from __future__ import annotations

import csv
import fcntl
import io
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from image_release.lab.grouping.labels import COLUMNS, CorpusUnreadableError

HEADER = (*COLUMNS, "attacks", "best")
MAX_CELL = 131_072
"""Characters. The csv module's own limit is the whole process's, and reading a Data Release raises it."""
NEEDS_QUOTES = re.compile(r'[",\r\n]')


class ChangedElsewhereError(Exception):
    """Somebody else changed what labels.csv says of these images since they were read."""


class BusyError(Exception):
    """Another program labels this corpus."""


@dataclass(frozen=True, slots=True)
class Row:
    """What labels.csv says of an image, as its cells say it; an image without a row has an empty label."""

    image: str
    hotel_id: str
    label: str
    attacks: str = ""
    best: str = ""

    @property
    def is_best(self) -> bool | None:
        """Whether it is one of its label's cleanest, largest copies; None where people say nothing."""
        return None if self.best == "" else self.best == "1"


class _Line(NamedTuple):
    """One row of the file: its cells and the text that they were read from."""

    cells: list[str]
    text: str


@contextmanager
def alone(corpus: Path) -> Iterator[None]:
    """Hold the corpus against a second labelling program, until this one ends, however it ends. Raises BusyError."""
    folder = os.open(corpus, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise BusyError(f"{corpus}: another `image-release corpus label` is open on it") from error
    finally:
        os.close(folder)


def read_rows(file: Path) -> dict[str, Row]:
    """The rows by image, the first of an image; none where there is no file. Raises CorpusUnreadableError."""
    lines = _read(file)
    rows: dict[str, Row] = {}
    for line in lines[1:]:
        row = _row(lines[0].cells, line.cells)
        rows.setdefault(row.image, row)
    rows.pop("", None)
    return rows


def save_rows(file: Path, before: Mapping[str, Row], after: Mapping[str, Row]) -> None:
    """Put the rows of `after` into the file, in the place of the same images' rows or behind all others.

    `before` is what the file is thought to say of them. Raises ChangedElsewhereError, CorpusUnreadableError, OSError.
    """
    header, *lines = _read(file)
    end = "\r\n" if header.text.endswith("\r\n") else "\n"
    columns = list(header.cells)
    if "best" not in columns and any(row.best for row in after.values()):
        columns.append("best")
        header = _Line(columns, _text(columns, end))
    texts = [_ended(header.text, end)]
    left = dict(after)
    image_at = columns.index("image")
    for line in lines:
        new = left.pop(line.cells[image_at], None) if len(line.cells) > image_at else None
        if new is None:  # nearly all rows of a large corpus: other hotels, or a second row of an image
            texts.append(_ended(line.text, end))
            continue
        old = _row(columns, line.cells)
        if old != before.get(old.image):
            raise ChangedElsewhereError(f"{file.name} says something else now: changed by another program")
        texts.append(_ended(line.text, end) if new == old else _text(_cells(columns, line.cells, new), end))
    if any(image in before for image in left):
        raise ChangedElsewhereError(f"{file.name} has lost rows: changed by another program")
    texts += [_text(_cells(columns, [], row), end) for row in left.values()]
    write_whole(file, "".join(texts).encode())


def write_whole(file: Path, data: bytes) -> None:
    """Write a file so that a crash or a loss of power leaves the old or the new one, whole. Raises OSError."""
    target = file.resolve()  # a link stays a link
    aside = target.with_name(f".{target.name}-{uuid4().hex}")
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as stream:
            if target.exists():
                os.fchmod(stream.fileno(), target.stat().st_mode & 0o777)
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read(file: Path) -> list[_Line]:
    """Header and rows; a header alone where there is no file yet. Raises CorpusUnreadableError."""
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        return [_Line(list(HEADER), _text(HEADER, "\n"))]
    except OSError as error:
        raise CorpusUnreadableError(f"{file}: {error}") from error
    try:
        lines = list(_lines(data.decode()))
    except (UnicodeDecodeError, csv.Error) as error:
        raise CorpusUnreadableError(f"{file}: {error}") from error
    if not lines or not set(COLUMNS) <= set(lines[0].cells):
        raise CorpusUnreadableError(f"{file}: needs the columns {','.join(COLUMNS)}")
    return lines


def _lines(text: str) -> Iterator[_Line]:
    """Rows with the text of each, which is more than one line where a cell holds line breaks."""
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            taken.append(line)
            yield line

    for cells in csv.reader(lines()):
        if any(len(cell) > MAX_CELL for cell in cells):
            raise csv.Error(f"field larger than {MAX_CELL} characters")
        yield _Line(cells, "".join(taken))
        taken.clear()


def _row(columns: list[str], cells: list[str]) -> Row:
    known = dict(zip(columns, cells, strict=False))
    return Row(*(known.get(name, "") for name in HEADER))


def _cells(columns: list[str], cells: list[str], row: Row) -> list[str]:
    """The cells of a row with what it says now; columns that we do not know stay."""
    said = {name: getattr(row, name) for name in HEADER}
    padded = [*cells, *[""] * (len(columns) - len(cells))]
    return [said.get(name, old) for name, old in zip(columns, padded, strict=False)] + padded[len(columns) :]


def _text(cells: list[str] | tuple[str, ...], end: str) -> str:
    """A line of CSV. Not by `csv.writer`: on Python 3.11 it leaves a lone carriage return without quotes."""
    quoted = ('"' + cell.replace('"', '""') + '"' if NEEDS_QUOTES.search(cell) else cell for cell in cells)
    return ",".join(quoted) + end


def _ended(text: str, end: str) -> str:
    """A line that the file ended with, without a line break, gets one."""
    return text if text.endswith(("\n", "\r")) else text + end
