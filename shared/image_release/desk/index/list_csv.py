"""The list of hotels as a CSV for people, line by line: a list may have a million."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from image_release.desk.index.filters import DESCRIPTIONS
from image_release.desk.index.hotel_index import HotelIndex
from image_release.desk.index.query import IndexedHotel, Query
from image_release.problems import cell

COLUMNS = (
    *("hotel_id", "name", "country", "city", "partners", "pictures", "good_pictures", "opens_with", "unlabelled"),
    *("unavailable_images", "least_copy_evidence", "least_best_margin", "corrected_by_people", "needs_a_look_because"),
    *("published_at", "seq"),
)


def list_csv(index: HotelIndex, query: Query) -> Iterator[str]:
    """The header, and a line for each hotel of a query, whatever its page. Raises IndexDamagedError."""
    yield csv_line(COLUMNS)
    for hotel in index.all_of(query):
        yield csv_line(_cells(hotel))


def csv_line(cells: Sequence[object]) -> str:
    """A line of a CSV for people; what is None is empty. Texts are escaped, numbers cannot be formulas."""
    line = io.StringIO()
    csv.writer(line).writerow([cell(value) if isinstance(value, str) else value for value in cells])
    return line.getvalue()


def _cells(hotel: IndexedHotel) -> Sequence[object]:
    return (
        *(hotel.hotel_id, hotel.name, hotel.country, hotel.city, " ".join(hotel.partners)),
        *(hotel.pictures, hotel.good, hotel.first.category if hotel.first else None, hotel.unlabelled),
        *(hotel.unavailable, _number(hotel.least_join), _number(hotel.least_margin)),
        " ".join(f"{action}:{count}" for action, count in hotel.decisions.items()),
        "; ".join(DESCRIPTIONS[name] for name in hotel.filters),
        *(hotel.published_at.isoformat(timespec="seconds") if hotel.published_at else None, hotel.seq),
    )


def _number(value: float | None) -> float | None:
    """A measure with two places."""
    return None if value is None else round(value, 2)
