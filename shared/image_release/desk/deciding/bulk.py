"""Decisions in bulk, from a file: planned first, then made, hotel by hotel.

A line that is wrong stops its hotel and nothing else: of one hotel all lines are made, or none. What is in force
already is told and not made again, so the same file twice does nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from image_release.desk.deciding.checking import contradict, same_content
from image_release.desk.deciding.errors import AlreadyDecidedError, DecisionRefusedError
from image_release.desk.deciding.making import append, deciding_line, undoing_line
from image_release.desk.deciding.reading import HotelNow, image_named, read_hotel
from image_release.desk.deciding.sentences import said
from image_release.desk.deciding.sheet import Row, Sheet, label_text
from image_release.ingest import decisions_in
from image_release.problems import Problem, printable
from image_release.storage import StorageError, Stores
from image_release.values import Label, Override

MOST_OF_A_HOTEL = 1_000
"""Maximum number of lines of one hotel in a file."""

MOST_DIGITS = 9
"""Maximum number of digits of a position."""
Status = Literal["new", "already", "wrong", "left out"]
"""A line is new, in force already, wrong, or left out because another line of its hotel is wrong."""


@dataclass(frozen=True, slots=True)
class BulkLine:
    """What becomes of one line: in words what it does, or why it does nothing."""

    row: Row
    status: Status
    says: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BulkPlan:
    """What becomes of a file. `is_made`: it was done; otherwise it would be."""

    file: str
    lines: tuple[BulkLine, ...]
    unread: tuple[Problem, ...]
    warnings: tuple[str, ...]
    is_made: bool = False

    def count(self, status: Status) -> int:
        """Number of lines of a status."""
        return sum(line.status == status for line in self.lines)

    @property
    def hotels(self) -> tuple[str, ...]:
        """The hotels that get new decisions, in the order of the file."""
        return tuple(dict.fromkeys(line.row.hotel_id for line in self.lines if line.status == "new"))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every line that is wrong, with file, line, value and rule."""
        wrong = [line for line in self.lines if line.status == "wrong"]
        told = [Problem(self.file, line.row.line, _value(line.row), line.says) for line in wrong]
        return tuple(sorted((*self.unread, *told), key=lambda problem: problem.line))


def plan_bulk(stores: Stores, sheet: Sheet, *, by: str, at: str, done: Callable[[], object] = lambda: None) -> BulkPlan:
    """What would become of a file; nothing is written. `done` is called after each hotel. Raises storage faults."""

    def planned(hotel_id: str, rows: Sequence[Row]) -> list[BulkLine]:
        return _plan_of(read_hotel(stores, hotel_id), rows, by, at)[0]

    return _for_each_hotel(sheet, planned, done, is_made=False)


def make_bulk(stores: Stores, sheet: Sheet, *, by: str, at: str, done: Callable[[], object] = lambda: None) -> BulkPlan:
    """Make the decisions of a file, and tell what became of each line. `done` is called after each hotel.

    Each hotel is planned anew in the moment in which its decisions are appended. Raises storage faults, unless some
    hotels have their decisions already: then the lines of the others tell it.
    """

    def made(hotel_id: str, rows: Sequence[Row]) -> list[BulkLine]:
        lines: list[BulkLine] = []

        def appended(now: HotelNow) -> tuple[list[bytes], tuple[str, ...]]:
            lines[:], new = _plan_of(now, rows, by, at)
            return new, ()

        append(stores, hotel_id, None, appended)
        return lines

    return _for_each_hotel(sheet, made, done, is_made=True)


def _for_each_hotel(
    sheet: Sheet,
    lines_of: Callable[[str, Sequence[Row]], list[BulkLine]],
    done: Callable[[], object],
    *,
    is_made: bool,
) -> BulkPlan:
    lines: list[BulkLine] = []
    fault: StorageError | None = None
    for hotel_id, rows in _by_hotel(sheet.rows).items():
        try:
            lines += _not_reached(rows, fault) if fault else lines_of(hotel_id, rows)
        except DecisionRefusedError as error:
            lines += [BulkLine(row, "wrong", str(error)) for row in rows]
        except StorageError as error:
            if not is_made or not any(line.status == "new" for line in lines):
                raise  # nothing was recorded
            fault = error
            lines += _not_reached(rows, fault)
        done()
    lines.sort(key=lambda line: line.row.line)
    return BulkPlan(sheet.file, tuple(lines), sheet.problems, sheet.warnings, is_made)


def _not_reached(rows: Sequence[Row], fault: StorageError) -> list[BulkLine]:
    """Lines that were not made because the store failed, after others were."""
    says = f"was not recorded: {printable(str(fault), 300)}; the same file again makes what is missing"
    return [BulkLine(row, "wrong", says) for row in rows]


def _by_hotel(rows: Sequence[Row]) -> Mapping[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.hotel_id, []).append(row)
    return found


def _plan_of(now: HotelNow, rows: Sequence[Row], by: str, at: str) -> tuple[list[BulkLine], list[bytes]]:
    """What becomes of a hotel's lines, and the lines of its file that come of them: none if one is wrong."""
    planned: list[BulkLine] = []
    new: list[bytes] = []
    if len(rows) > MOST_OF_A_HOTEL:
        raise DecisionRefusedError(f"{len(rows)} lines of one hotel; at most {MOST_OF_A_HOTEL} are possible")
    is_all_there, so_far = _is_all_there(now, rows, by, at), now
    for row in rows:
        try:
            line, notes = _line_of(so_far, row, by, at)
        except AlreadyDecidedError as error:
            planned.append(BulkLine(row, "already", str(error)))
        except DecisionRefusedError as error:
            planned.append(BulkLine(row, "wrong", str(error)))
        else:
            planned.append(BulkLine(row, "already" if is_all_there else "new", _says(so_far, line), notes))
            if not is_all_there:
                new.append(line)
                so_far = so_far.with_lines([line])
    wrong = next((item.row.line for item in planned if item.status == "wrong"), None)
    if wrong is None:
        return planned, new
    left_out = f"left out, because line {wrong}, of the same hotel, is wrong"
    return [replace(x, status="left out", says=left_out, notes=()) if x.status == "new" else x for x in planned], []


def _line_of(now: HotelNow, row: Row, by: str, at: str) -> tuple[bytes, tuple[str, ...]]:
    """The line that a row of the file becomes, and what should be known of it. Raises DecisionRefusedError."""
    if row.action.lower() == "revoke":
        if row.position or row.labels:
            raise DecisionRefusedError(
                "revoke names a decision in the column images, and has no position and no labels"
            )
        return undoing_line(now, row.images, by=by, at=at, why=row.why)
    return deciding_line(now, _override(now, row, by, at))


def _override(now: HotelNow, row: Row, by: str, at: str) -> Override:
    if row.position and not (row.position.isascii() and row.position.isdigit() and len(row.position) <= MOST_DIGITS):
        raise DecisionRefusedError("position must be a whole number from 1, or empty")
    action = row.action.lower()
    first = 1 if action == "pin" else None
    return Override(
        action,  # type: ignore[arg-type]  # foresee checks it
        _images(now, row.images),
        int(row.position) if row.position else first,
        tuple(Label(label_text(word), 1.0) for word in row.labels.split(";") if word.strip()),
        by,
        at,
        row.why,
    )


def _images(now: HotelNow, cell: str) -> tuple[str, ...]:
    """The images that a cell names: one URL, which may hold spaces, or several names with spaces between them."""
    try:
        return (image_named(now, cell),) if cell else ()
    except DecisionRefusedError:
        if len(cell.split()) == 1:
            raise
    return tuple(image_named(now, word) for word in cell.split())


def _is_all_there(now: HotelNow, rows: Sequence[Row], by: str, at: str) -> bool:
    """Whether all lines are in force already in this order, and nothing later contradicts them.

    A file may hide an image and show it again; alone, neither line would then be in force when the file comes again.
    """
    try:
        wanted = [_override(now, row, by, at) for row in rows]
    except DecisionRefusedError:
        return False
    waiting = list(wanted)
    for override in reversed(now.overrides):
        if waiting and same_content(override, waiting[-1]):
            waiting.pop()
        elif waiting and any(contradict(now, override, item) for item in wanted):
            return False
    return not waiting


def _says(now: HotelNow, line: bytes) -> str:
    """What a line does, in words."""
    [decision], _ = decisions_in(line, "")
    return said(decision, now.decisions)


def _value(row: Row) -> str:
    return " ".join(filter(None, (row.hotel_id, row.action, row.images, row.position, row.labels)))
