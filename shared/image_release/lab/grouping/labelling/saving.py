"""Saving labels.csv: with each edit, the whole file at once, and without a change to any other line.

The file is read again before each save, and lines that do not change are kept byte for byte. The new file is written
beside the old one, flushed to disk and renamed over it, so a crash leaves either the old or the new one.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from image_release.lab.corpus_csv import (
    LABEL_COLUMNS,
    REQUIRED_COLUMNS,
    CorpusUnreadableError,
    CsvRow,
    CsvTable,
    LabelRow,
    label_row,
    read_csv,
)

NEEDS_QUOTES = re.compile(r'[",\r\n]')


class ChangedElsewhereError(Exception):
    """Another program changed the rows of these images in labels.csv since they were read."""


class BusyError(Exception):
    """Another program labels this corpus."""


@contextmanager
def lock_corpus(corpus: Path) -> Iterator[None]:
    """Lock the corpus against a second labelling program; the lock ends with this process. Raises BusyError."""
    folder = os.open(corpus, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise BusyError(f"{corpus}: another `image-release corpus label` is open on it") from error
    finally:
        os.close(folder)


def read_rows(file: Path) -> dict[str, LabelRow]:
    """The rows by image, and of several rows of an image the first.

    Returns no rows if there is no file. Raises CorpusUnreadableError.
    """
    table = _read_or_start(file)
    rows: dict[str, LabelRow] = {}
    for line in table.rows:
        row = label_row(table.header.cells, line.cells)
        rows.setdefault(row.image, row)
    rows.pop("", None)
    return rows


def save_rows(file: Path, before: Mapping[str, LabelRow], after: Mapping[str, LabelRow]) -> None:
    """Write the rows of `after`: each replaces the first row of its image, and new ones are added at the end.

    `before` holds the rows of these images as they were last read. Raises ChangedElsewhereError if the file differs
    from it by now, CorpusUnreadableError, and OSError.
    """
    header, lines = _read_or_start(file)
    line_end = "\r\n" if header.text.endswith("\r\n") else "\n"
    columns = list(header.cells)
    header_text = header.text
    if "best" not in columns and any(row.best for row in after.values()):
        columns.append("best")
        header_text = _csv_line(columns, line_end)
    texts = [_with_line_end(header_text, line_end)]
    left = dict(after)
    image_at = columns.index("image")
    for line in lines:
        new = left.pop(line.cells[image_at], None) if len(line.cells) > image_at else None
        if new is None:  # nearly all rows of a large corpus: other hotels, or a second row of an image
            texts.append(_with_line_end(line.text, line_end))
            continue
        old = label_row(columns, line.cells)
        if old != before.get(old.image):
            raise ChangedElsewhereError(f"{file.name} was changed by another program: it has other labels now")
        texts.append(
            _with_line_end(line.text, line_end)
            if new == old
            else _csv_line(_merged_cells(columns, line.cells, new), line_end)
        )
    if any(image in before for image in left):
        raise ChangedElsewhereError(f"{file.name} was changed by another program: rows are missing now")
    texts += [_csv_line(_merged_cells(columns, [], row), line_end) for row in left.values()]
    write_whole(file, "".join(texts).encode())


def write_whole(file: Path, data: bytes) -> None:
    """Replace a file so that a crash or a power failure leaves either the old or the new content. Raises OSError."""
    target = file.resolve()  # a symbolic link is kept, and its target is replaced
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


def _read_or_start(file: Path) -> CsvTable:
    """Header and rows; a header alone if there is no file yet. Raises CorpusUnreadableError."""
    try:
        return read_csv(file, REQUIRED_COLUMNS)
    except FileNotFoundError:
        return CsvTable(CsvRow(1, list(LABEL_COLUMNS), _csv_line(LABEL_COLUMNS, "\n")), [])
    except OSError as error:
        raise CorpusUnreadableError(f"{file}: {error}") from error


def _merged_cells(columns: Sequence[str], cells: Sequence[str], row: LabelRow) -> list[str]:
    """The cells of a row with its new values; cells of unknown columns are kept."""
    values = {name: getattr(row, name) for name in LABEL_COLUMNS}
    padded = [*cells, *[""] * (len(columns) - len(cells))]
    return [values.get(name, old) for name, old in zip(columns, padded, strict=False)] + padded[len(columns) :]


def _csv_line(cells: Sequence[str], line_end: str) -> str:
    """A line of CSV. `csv.writer` is not used: on Python 3.11 it does not quote a lone carriage return."""
    quoted = ('"' + cell.replace('"', '""') + '"' if NEEDS_QUOTES.search(cell) else cell for cell in cells)
    return ",".join(quoted) + line_end


def _with_line_end(text: str, line_end: str) -> str:
    """The text, with a line end added if the file ended without one."""
    return text if text.endswith(("\n", "\r")) else text + line_end
