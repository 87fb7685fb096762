"""Reading the Data Release: a CSV of all hotels as a stream of rows and problems.

A bad line never deletes (architecture, Formats). So a bad row still carries its hotel id, if that can be read: the
hotel on it keeps what it had. A record that may have swallowed other rows carries none, because any hotel may be in it.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import unquote_to_bytes

from image_release.ingest.files import ReleaseUnreadableError
from image_release.ingest.ids import BadValueError, checked_id, is_text
from image_release.ingest.releases.countries import COUNTRIES
from image_release.ingest.releases.records import Record, records
from image_release.problems import Problem
from image_release.values import Accommodation, HotelRow

COLUMNS = ("hotel_id", "name", "country", "city", "latitude", "longitude", "accommodations")
NAMES = frozenset(COLUMNS)
LEAST_NAMES = 4
"""A record with so many names of columns is a header."""
NO_HOTEL_LEAVES = "; while this is so, the file withdraws no hotel"
CUT_SHORT = "the last line has no line end, so the file may be cut short: this line changes nothing"


@dataclass(frozen=True, slots=True)
class GoodRow:
    """A line that is a hotel."""

    row: HotelRow
    line: int


@dataclass(frozen=True, slots=True)
class BadRow:
    """A record that cannot be used. `hotel_id` is None if it may be of any hotel, or of several."""

    problem: Problem
    hotel_id: str | None


@dataclass(frozen=True, slots=True)
class CutRow:
    """The last record of a file that ends without a line end: it may be cut short, and so may its id."""

    problem: Problem
    hotel_id: str


@dataclass(frozen=True, slots=True)
class Warned:
    """Something that a person should know, and that changes nothing."""

    problem: Problem


Item = GoodRow | BadRow | CutRow | Warned


def read_release(stream: BinaryIO, file: str, *, is_whole: bool = False) -> Iterator[Item]:
    """Read a release record by record. `is_whole`: the file is known not to be cut short.

    Raises ReleaseUnreadableError for the file as a whole, and InputDamagedError.
    """
    found = records(stream)
    header = _header(next(found, Record(1, [])), file)
    if unknown := [column for column in header if column not in COLUMNS]:
        yield Warned(Problem(file, 1, ",".join(unknown), "unknown columns are ignored"))
    rows = _Rows(file, header)
    is_empty = True
    for record in found:
        if len(record.fields) <= 1 and record.is_blank:
            continue
        is_empty = False
        yield rows.item(record) if is_whole or record.has_end else rows.cut(record)
    if is_empty:
        yield BadRow(Problem(file, 0, "", f"has no rows{NO_HOTEL_LEAVES}"), None)


def _header(record: Record, file: str) -> list[str]:
    header = record.fields
    rule = None
    if record.fault or len(record.lines) > 1:
        rule = f"the header cannot be read: {record.fault or 'a quotation mark is not closed'}"
    elif any(column not in header for column in COLUMNS):
        rule = f"needs the columns {','.join(COLUMNS)}"
    elif any(header.count(column) > 1 for column in COLUMNS):
        rule = "has a column twice"
    if rule:
        raise ReleaseUnreadableError(str(Problem(file, 1, ",".join(header), rule)))
    return header


class _Rows:
    """Makes rows and problems of the records below one header."""

    def __init__(self, file: str, header: Sequence[str]) -> None:
        self._file = file
        self._places = [header.index(column) for column in COLUMNS]
        self._width = len(header)

    def item(self, record: Record) -> GoodRow | BadRow:
        """What a record is. A bad one may hide rows of other hotels if it spans lines or its fields cannot be told."""
        if fault := record.fault or self._hides(record):
            return self._bad(record, ",".join(record.fields), fault, None)
        hotel_id = record.fields[self._places[0]]
        try:
            checked_id(hotel_id, "hotel_id")
        except BadValueError as error:
            return self._bad(record, error.value, str(error), None)
        try:
            return GoodRow(self._row(record.fields), record.line)
        except BadValueError as error:
            return self._bad(record, error.value, str(error), hotel_id if len(record.lines) == 1 else None)

    def cut(self, record: Record) -> CutRow | BadRow:
        """What the last record is where it has no line end."""
        if record.fault or len(record.lines) > 1:
            return self._bad(record, "", record.fault or "spans lines and has no end", None)
        fields = record.fields
        hotel_id = fields[self._places[0]] if len(fields) > self._places[0] else ""
        hotel_id = hotel_id if is_text(hotel_id) else ""
        return CutRow(Problem(self._file, record.line, ",".join(fields), CUT_SHORT), hotel_id)

    def _hides(self, record: Record) -> str | None:
        """Why a record may hide rows of other hotels; None if it cannot."""
        if not NAMES.isdisjoint(record.fields) and len(NAMES.intersection(record.fields)) >= LEAST_NAMES:
            return "a second header"
        if len(record.fields) != self._width:
            return f"has {len(record.fields)} fields, the header {self._width}"
        if record.is_quote_open:
            return "a quotation mark is not closed"
        if len(record.lines) > 1 and any(map(self._is_like_a_row, record.lines[1:])):
            return "holds a line that looks like a row: a quotation mark is not closed"
        return None

    def _is_like_a_row(self, line: str) -> bool:
        """Whether a line inside a quoted field would be a row if it stood alone."""
        fields = next(csv.reader([line]), [])
        return len(fields) == self._width and fields[self._places[2]] in COUNTRIES

    def _bad(self, record: Record, value: str, rule: str, hotel_id: str | None) -> BadRow:
        told = rule if hotel_id is not None else rule + NO_HOTEL_LEAVES
        return BadRow(Problem(self._file, record.line, value, told), hotel_id)

    def _row(self, fields: Sequence[str]) -> HotelRow:
        hotel_id, name, country, city, latitude, longitude, accommodations = (fields[place] for place in self._places)
        return HotelRow(
            hotel_id,
            _text(name, "name"),
            _country(country),
            _text(city, "city"),
            *_coordinates(latitude, longitude),
            _accommodations(accommodations),
        )


def _text(value: str, what: str) -> str:
    if not value.isprintable() and not is_text(value):
        raise BadValueError(value, f"{what} must be valid UTF-8 without control characters")
    return value


def _country(value: str) -> str:
    if value not in COUNTRIES:
        raise BadValueError(value, "country must be an ISO 3166-1 alpha-2 code in capitals (ZZ: unknown)")
    return value


def _coordinates(latitude: str, longitude: str) -> tuple[float | None, float | None]:
    if not latitude and not longitude:
        return None, None
    return _degrees(latitude, 90, "latitude"), _degrees(longitude, 180, "longitude")


def _degrees(value: str, limit: float, what: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not abs(number) <= limit:
        raise BadValueError(value, f"{what} must be a number in -{limit:g}…{limit:g}, or both coordinates empty")
    return number


def _accommodations(value: str) -> tuple[Accommodation, ...]:
    pairs = [_accommodation(pair) for pair in value.split(";")] if value else []
    if len(set(pairs)) != len(pairs):
        raise BadValueError(value, "duplicate accommodation on the line")
    return tuple(pairs)


def _accommodation(pair: str) -> Accommodation:
    partner, colon, accommodation = pair.partition(":")
    if not colon or ":" in accommodation:
        raise BadValueError(pair, "accommodations must be partner:accommodation pairs, separated by ;")
    if "%" in pair:
        partner, accommodation = _decoded(partner), _decoded(accommodation)
    return Accommodation(checked_id(partner, "partner_id"), checked_id(accommodation, "accommodation_id"))


def _decoded(value: str) -> str:
    try:
        return unquote_to_bytes(value).decode()
    except UnicodeError:
        raise BadValueError(value, "must be percent-encoded UTF-8") from None
