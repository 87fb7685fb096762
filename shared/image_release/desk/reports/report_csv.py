"""The reports as CSV for people, line by line."""

from __future__ import annotations

from collections.abc import Iterator

from image_release.desk.index import HotelIndex, csv_line
from image_release.desk.reports.hotels import FEWER_THAN, few_hotels
from image_release.desk.reports.partners import PartnerLine, PartnerReport

PLACES = 4
"""Decimal places of a share."""


def partners_csv(report: PartnerReport) -> Iterator[str]:
    """A line for each partner, with a column for each outcome that any image has."""
    outcomes = list(report.outcomes)
    names = [name for name in PartnerLine("", 0, 0).document() if name != "outcomes"]
    yield csv_line([*names, *(f"outcome_{outcome}" for outcome in outcomes)])
    for line in report.lines:
        document = line.document()
        values = [round(value, PLACES) if isinstance(value := document[name], float) else value for name in names]
        yield csv_line([*values, *(line.outcomes.get(outcome, 0) for outcome in outcomes)])


def few_hotels_csv(index: HotelIndex, fewer_than: int = FEWER_THAN) -> Iterator[str]:
    """A line for each hotel with few good pictures, by country and city. Raises IndexDamagedError."""
    yield csv_line(("country", "city", "hotel_id", "name", "good_pictures", "pictures"))
    for hotel in few_hotels(index, fewer_than):
        yield csv_line((hotel.country, hotel.city, hotel.hotel_id, hotel.name, hotel.good, hotel.pictures))
