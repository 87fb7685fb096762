"""The report on hotels: where they have few good pictures, by country and city."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from image_release.desk.index import GOOD_LONG_SIDE_PX, HotelIndex

FEWER_THAN = 5
"""A hotel with fewer good pictures is in the report, if nobody says another number."""
MOST_GOOD = 20
"""Hotels with so many good pictures and with more are counted together."""
WHAT_GOOD_MEANS = (
    f"A good picture has a best copy of at least {GOOD_LONG_SIDE_PX:,} pixels on its long side, "
    "and shows nothing that should never open a hotel, such as a bathroom."
)
_SHOWN = "NOT withdrawn AND published_at IS NOT NULL"
"""Hotels that count: none that was withdrawn, and none whose manifest cannot be read."""
_LISTED = f"SELECT hotel_id, name, country, city, good, pictures FROM hotels WHERE {_SHOWN} AND good < ? "  # noqa: S608


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """A city or, where `city` is None, a whole country: its hotels, and how many of them have few good pictures."""

    country: str
    city: str | None
    hotels: int
    few: int
    without: int
    """Hotels without any good picture; they are among the few."""
    good: int
    """Good pictures of all its hotels."""

    @property
    def share_few(self) -> float:
        """The share of its hotels that have few good pictures."""
        return self.few / self.hotels if self.hotels else 0.0

    def document(self) -> dict[str, Any]:
        """The line as JSON."""
        return {
            "country": self.country,
            "city": self.city,
            "hotels": self.hotels,
            "hotels_with_few": self.few,
            "hotels_without": self.without,
            "share_with_few": self.share_few,
            "good_pictures": self.good,
        }


@dataclass(frozen=True, slots=True)
class FewHotel:
    """A hotel with few good pictures."""

    hotel_id: str
    name: str
    country: str
    city: str
    good: int
    pictures: int

    def document(self) -> dict[str, Any]:
        """The hotel as JSON."""
        return {
            "hotel_id": self.hotel_id,
            "name": self.name,
            "country": self.country,
            "city": self.city,
            "good_pictures": self.good,
            "pictures": self.pictures,
        }


@dataclass(frozen=True, slots=True)
class FewPicturesReport:
    """Countries and cities, those with most hotels that have few good pictures first; withdrawn hotels are left out.

    `by_good` has the number of hotels by their good pictures: 0, 1, …, and the last one of so many or more.
    """

    fewer_than: int
    countries: tuple[PlaceLine, ...]
    cities: tuple[PlaceLine, ...]
    by_good: tuple[int, ...]

    @property
    def hotels(self) -> int:
        """All hotels."""
        return sum(line.hotels for line in self.countries)

    @property
    def few(self) -> int:
        """Hotels with few good pictures."""
        return sum(line.few for line in self.countries)

    def document(self) -> dict[str, Any]:
        """The report as JSON, without the hotels one by one."""
        return {
            "fewer_than": self.fewer_than,
            "good_means": WHAT_GOOD_MEANS,
            "hotels": self.hotels,
            "hotels_with_few": self.few,
            "hotels_by_good_pictures": list(self.by_good),
            "countries": [line.document() for line in self.countries],
            "cities": [line.document() for line in self.cities],
        }


def hotel_report(index: HotelIndex, fewer_than: int = FEWER_THAN) -> FewPicturesReport:
    """Sum over all hotels of the index that are not withdrawn. Raises IndexDamagedError."""
    counted = f"count(*), sum(good < ?), sum(good = 0), sum(good) FROM hotels WHERE {_SHOWN}"
    with index.reading() as db:
        countries = db.execute(f"SELECT country, NULL, {counted} GROUP BY country", (fewer_than,)).fetchall()
        cities = db.execute(f"SELECT country, city, {counted} GROUP BY country, city", (fewer_than,)).fetchall()
        by_good = dict(
            db.execute(f"SELECT min(good, ?), count(*) FROM hotels WHERE {_SHOWN} GROUP BY 1", (MOST_GOOD,))  # noqa: S608
        )
    return FewPicturesReport(
        fewer_than,
        _worst_first(countries),
        _worst_first(cities),
        tuple(by_good.get(number, 0) for number in range(MOST_GOOD + 1)),
    )


def few_hotels(index: HotelIndex, fewer_than: int = FEWER_THAN) -> Iterator[FewHotel]:
    """The hotels with few good pictures, by country and city, the fewest first. Raises IndexDamagedError."""
    with index.reading() as db:
        for row in db.execute(_LISTED + "ORDER BY country, city, good, hotel_id", (fewer_than,)):
            yield FewHotel(*row)


def _worst_first(rows: list[tuple[Any, ...]]) -> tuple[PlaceLine, ...]:
    lines = [PlaceLine(*row) for row in rows]
    return tuple(sorted(lines, key=lambda line: (-line.few, -line.share_few, line.country, line.city or "")))
