"""Reading the Data Release: a CSV of all hotels as a stream of rows and problems.

A bad line never deletes (architecture, Formats). So a bad row still carries its hotel id, if that can be read: the
hotel on it keeps what it had.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import unquote_to_bytes

from image_release.ingest.ids import BadValueError, checked_id
from image_release.ingest.releases.countries import COUNTRIES
from image_release.problems import Problem
from image_release.values import Accommodation, HotelRow

COLUMNS = ("hotel_id", "name", "country", "city", "latitude", "longitude", "accommodations")
MAX_FIELD = 1_000_000
"""Maximum characters of one field: room for a hotel of ten thousand accommodations."""


@dataclass(frozen=True, slots=True)
class GoodRow:
    """A line that is a hotel."""

    row: HotelRow
    line: int


@dataclass(frozen=True, slots=True)
class BadRow:
    """A line that cannot be used. `hotel_id` is None if not even that can be read."""

    problem: Problem
    hotel_id: str | None


@dataclass(frozen=True, slots=True)
class Warned:
    """Something that a person should know, and that changes nothing."""

    problem: Problem


class ReleaseUnreadableError(Exception):
    """The file is no Data Release at all: no header, or a column is missing."""


def read_release(stream: BinaryIO, file: str) -> Iterator[GoodRow | BadRow | Warned]:
    """Read a release row by row. Raises ReleaseUnreadableError for the file as a whole."""
    csv.field_size_limit(MAX_FIELD)
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
    reader = csv.reader(text)
    header = next(reader, [])
    if missing := [column for column in COLUMNS if column not in header]:
        raise ReleaseUnreadableError(str(Problem(file, 1, ",".join(header), f"needs the columns {','.join(missing)}")))
    if unknown := [column for column in header if column not in COLUMNS]:
        yield Warned(Problem(file, 1, ",".join(unknown), "unknown columns are ignored"))
    places = [header.index(column) for column in COLUMNS]
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield BadRow(Problem(file, reader.line_num, "", f"not CSV: {error}"), None)
            continue
        if fields:
            yield _row(fields, places, len(header), file, reader.line_num)


def _row(fields: Sequence[str], places: Sequence[int], width: int, file: str, line: int) -> GoodRow | BadRow:
    hotel_id = fields[places[0]] if len(fields) > places[0] else ""
    try:
        checked_id(hotel_id, "hotel_id")
    except BadValueError as error:
        return BadRow(Problem(file, line, error.value, str(error)), None)
    try:
        if len(fields) != width:
            raise BadValueError(",".join(fields), f"has {len(fields)} fields, the header {width}")  # noqa: TRY301
        _, name, country, city, latitude, longitude, accommodations = (fields[place] for place in places)
        row = HotelRow(
            hotel_id,
            _text(name, "name"),
            _country(country),
            _text(city, "city"),
            *_coordinates(latitude, longitude),
            _accommodations(accommodations),
        )
    except BadValueError as error:
        return BadRow(Problem(file, line, error.value, str(error)), hotel_id)
    return GoodRow(row, line)


def _text(value: str, what: str) -> str:
    if not value.isprintable():
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
