"""Reads the CSV files of a labelled corpus: `labels.csv`, and any other one row by row.

`labels.csv` has the columns `image,hotel_id,label[,attacks[,best]]`. Each row is kept with its line number and with the
text that it was read from, so that one reader serves both those who report bad rows and those who rewrite the file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

REQUIRED_COLUMNS = ("image", "hotel_id", "label")
LABEL_COLUMNS = (*REQUIRED_COLUMNS, "attacks", "best")
MAX_CELL = 131_072
"""Maximum length of a cell, in characters. The limit of the csv module cannot be used: it belongs to the whole process,
and reading a Data Release raises it."""


class CorpusUnreadableError(Exception):
    """A folder holds no labelled corpus, or a file of it cannot be read. The message names the file and the rule."""


class CsvRow(NamedTuple):
    """One row: the number of its first line, its cells, and its text, which is several lines if a cell has breaks."""

    line: int
    cells: list[str]
    text: str


class CsvTable(NamedTuple):
    """A CSV file: its header and the rows below it. An empty line is a row without cells."""

    header: CsvRow
    rows: list[CsvRow]


@dataclass(frozen=True, slots=True)
class LabelRow:
    """The cells of one row of labels.csv. A cell that the row does not have is empty."""

    image: str
    hotel_id: str
    label: str
    attacks: str = ""
    best: str = ""

    @property
    def is_best(self) -> bool | None:
        """Whether the image is one of the cleanest, largest copies of its label; None where people said nothing."""
        return None if self.best == "" else self.best == "1"

    @property
    def is_complete(self) -> bool:
        """Whether every required column has a value."""
        return bool(self.image and self.hotel_id and self.label)


def read_csv(file: Path, required: Collection[str] = ()) -> CsvTable:
    """Read a CSV file in UTF-8.

    Raises CorpusUnreadableError if it is not CSV or lacks a required column, and OSError if it cannot be read.
    """
    try:
        rows = list(parse_rows(file.read_bytes().decode("utf-8-sig")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise CorpusUnreadableError(f"{file}: {error}") from error
    header = rows[0] if rows else CsvRow(1, [], "")
    if not set(required) <= set(header.cells):
        raise CorpusUnreadableError(f"{file}: needs the columns {','.join(required)}")
    return CsvTable(header, rows[1:])


def parse_rows(text: str) -> Iterator[CsvRow]:
    """Split CSV into rows. Raises csv.Error for a cell that is too long."""
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            taken.append(line)
            yield line

    number = 1
    for cells in csv.reader(lines()):
        if any(len(cell) > MAX_CELL for cell in cells):
            raise csv.Error(f"field larger than {MAX_CELL} characters")
        yield CsvRow(number, cells, "".join(taken))
        number += len(taken)
        taken.clear()


def values_by_column(header: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    """The cells of a row by column, without the columns that the row is too short for."""
    return dict(zip(header, cells, strict=False))


def label_row(header: Sequence[str], cells: Sequence[str]) -> LabelRow:
    """The known cells of a row of labels.csv."""
    values = values_by_column(header, cells)
    return LabelRow(*(values.get(name, "") for name in LABEL_COLUMNS))
