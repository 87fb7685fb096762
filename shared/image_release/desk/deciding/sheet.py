"""A file of decisions in bulk: CSV with the columns `hotel_id,action,images,position,labels,why`, in any order.

`images` are named by full SHA-256, by its first digits, or by URL, with spaces between them; `labels` have `;` between
them, each a label or the name of a kind. `revoke` names the digest of a decision in `images`.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from image_release.desk.deciding.errors import DecisionRefusedError
from image_release.kinds import shipped_kinds
from image_release.problems import Problem, printable

if TYPE_CHECKING:
    from _csv import Reader

COLUMNS = ("hotel_id", "action", "images", "position", "labels", "why")
NEEDED = ("hotel_id", "action")
MOST_BYTES = 20_000_000
"""Maximum size of a file."""
MOST_ROWS = 100_000
"""Maximum number of lines of a file."""
MAX_CELL = 100_000
"""Maximum length of a field: five hundred images by URL have room."""
BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the file, as it was written. `line` is the number of its last line, the header's is 1."""

    line: int
    hotel_id: str
    action: str
    images: str = ""
    position: str = ""
    labels: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The lines of a file, those that cannot be read, and what else should be said of it."""

    file: str
    rows: tuple[Row, ...]
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()


def read_sheet(data: bytes, file: str) -> Sheet:
    """Read a file of decisions; `file` is its name in messages. Raises DecisionRefusedError if it is none."""
    if len(data) > MOST_BYTES:
        raise DecisionRefusedError(f"{printable(file)}: has {len(data)} bytes; at most {MOST_BYTES} are read at once")
    try:
        text = data.decode().removeprefix(BYTE_ORDER_MARK)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DecisionRefusedError(f"{printable(file)}:{line}: is not UTF-8; save the file as CSV UTF-8") from error
    try:
        return _read(csv.reader(io.StringIO(text, newline=""), strict=True), file)
    except csv.Error as error:
        raise DecisionRefusedError(f"{printable(file)}: cannot be read as CSV: {printable(str(error))}") from error


def _read(reader: Reader, file: str) -> Sheet:
    header = [name.strip().lower() for name in next(reader, [])]
    _check_header(header, file)
    rows: list[Row] = []
    problems: list[Problem] = []
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        if len(rows) == MOST_ROWS:
            raise DecisionRefusedError(f"{printable(file)}: has more than {MOST_ROWS} lines; split it")
        if len(cells) != len(header):
            rule = f"has {len(cells)} fields, and the header {len(header)}"
            problems.append(Problem(file, reader.line_num, ",".join(cells), rule))
            continue
        if longest := max((cell for cell in cells if len(cell) > MAX_CELL), key=len, default=""):
            problems.append(Problem(file, reader.line_num, longest, f"a field has more than {MAX_CELL} characters"))
            continue
        known = {name: cell.strip() for name, cell in zip(header, cells, strict=True) if name in COLUMNS}
        rows.append(Row(reader.line_num, **known))
    unknown = [name for name in header if name not in COLUMNS]
    warnings = (f"{printable(file)}: unknown columns: {printable(', '.join(unknown))}",) if unknown else ()
    return Sheet(file, tuple(rows), tuple(problems), warnings)


def _check_header(header: list[str], file: str) -> None:
    missing = [name for name in NEEDED if name not in header]
    twice = sorted({name for name in header if name in COLUMNS and header.count(name) > 1})
    if missing or twice:
        what = f"lacks {', '.join(missing)}" if missing else f"has {', '.join(twice)} twice"
        raise DecisionRefusedError(f"{printable(file)}:1: the header {what}; the columns are {', '.join(COLUMNS)}")


def label_text(word: str) -> str:
    """The label that a word means: that of the kind of this name, or else the word itself."""
    kind = shipped_kinds().get(word.strip().lower().replace(" ", "_"))
    return kind.label if kind else word.strip()
