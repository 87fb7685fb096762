"""Compare the orders that two settings give the published hotels, from what is stored alone."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import fmean, median

from image_release.lab.ordering.stored import StoredHotel
from image_release.rank import Ranker, ScoredPicture
from image_release.settings import PrioritisingSettings

MOST_SHOWN = 500
"""Maximum number of hotels whose orders are kept for the page, those that change most."""
UNKNOWN_KIND = "unknown"


@dataclass(frozen=True, slots=True)
class PlacedPicture:
    """A picture at its place of an order."""

    sha256: str
    kind: str
    score: float
    is_pinned: bool


@dataclass(frozen=True, slots=True)
class HotelComparison:
    """Both orders of a hotel. `correlation` is Kendall's tau, -1…1; None for a single picture."""

    hotel_id: str
    name: str
    correlation: float | None
    before: tuple[PlacedPicture, ...]
    after: tuple[PlacedPicture, ...]

    @property
    def first_changes(self) -> bool:
        """Whether another picture opens the hotel."""
        return self.before[0].sha256 != self.after[0].sha256

    @property
    def order_changes(self) -> bool:
        """Whether any picture has another place."""
        return [placed.sha256 for placed in self.before] != [placed.sha256 for placed in self.after]

    def largest_change_first(self) -> tuple[bool, float, str]:
        """Key to sort by: hotels with another first picture, then those whose order changes most."""
        return not self.first_changes, 1.0 if self.correlation is None else self.correlation, self.hotel_id


@dataclass(slots=True)
class Comparison:
    """What two settings change over all hotels."""

    hotels: int = 0
    first_changed: int = 0
    order_changed: int = 0
    published_first_before: int = 0
    """Hotels whose published first picture is that of the first settings."""
    published_first_after: int = 0
    correlations: list[float] = field(default_factory=list)
    kinds_before: Counter[str] = field(default_factory=Counter)
    """Kind -> number of hotels that a picture of it opens."""
    kinds_after: Counter[str] = field(default_factory=Counter)
    over_limit: int = 0
    """Hotels with pictures beyond their limit, of which nothing is known."""
    without_looks: int = 0
    """Hotels with pictures whose look is not known."""
    largest: tuple[HotelComparison, ...] = ()
    """The hotels that change most, the largest change first."""

    @property
    def mean_correlation(self) -> float | None:
        """Mean of Kendall's tau over the hotels with two pictures or more."""
        return fmean(self.correlations) if self.correlations else None

    @property
    def median_correlation(self) -> float | None:
        """Median of the same."""
        return median(self.correlations) if self.correlations else None


def compare_orders(
    hotels: Iterable[StoredHotel], before: PrioritisingSettings, after: PrioritisingSettings
) -> Comparison:
    """Order every hotel by both settings, and compare."""
    result = Comparison()
    ranker = Ranker(before)
    orders = _Orders(before, ranker), _Orders(after, ranker.with_settings(after))
    compared = (_add(result, hotel, *orders) for hotel in hotels)
    changed = (hotel for hotel in compared if hotel.order_changes)
    result.largest = tuple(heapq.nsmallest(MOST_SHOWN, changed, key=HotelComparison.largest_change_first))
    return result


def kendall_tau(before: Sequence[str], after: Sequence[str]) -> float | None:
    """Share of pairs in the same order, minus the share of pairs in the opposite order; None without a pair."""
    count = len(before)
    if count < 2:  # noqa: PLR2004 - a pair has two
        return None
    place = {name: at for at, name in enumerate(after)}
    seen: list[int] = []
    opposite = 0
    for name in before:
        at = bisect_left(seen, place[name])
        opposite += len(seen) - at
        seen.insert(at, place[name])
    return 1 - 4 * opposite / (count * (count - 1))


def _add(result: Comparison, hotel: StoredHotel, before: _Orders, after: _Orders) -> HotelComparison:
    """Compare the orders of a hotel and count it."""
    one, other = before.of(hotel), after.of(hotel)
    correlation = kendall_tau([placed.sha256 for placed in one], [placed.sha256 for placed in other])
    compared = HotelComparison(hotel.hotel_id, hotel.name, correlation, one, other)
    result.hotels += 1
    result.first_changed += compared.first_changes
    result.order_changed += compared.order_changes
    published = hotel.pictures[0].facts.sha256
    result.published_first_before += published == one[0].sha256
    result.published_first_after += published == other[0].sha256
    result.kinds_before[one[0].kind] += 1
    result.kinds_after[other[0].kind] += 1
    result.over_limit += hotel.over_limit > 0
    result.without_looks += any(picture.look is None for picture in hotel.pictures)
    if correlation is not None:
        result.correlations.append(correlation)
    return compared


class _Orders:
    """Orders hotels by one of the two settings."""

    def __init__(self, settings: PrioritisingSettings, ranker: Ranker) -> None:
        self._settings = settings
        self._ranker = ranker

    def of(self, hotel: StoredHotel) -> tuple[PlacedPicture, ...]:
        """The order of a hotel's pictures."""
        pictures = (picture.to_rank(self._settings) for picture in hotel.pictures)
        return tuple(map(_placed, self._ranker.order(pictures, hotel.pins)))


def _placed(item: ScoredPicture) -> PlacedPicture:
    return PlacedPicture(item.picture.sha256, item.category or UNKNOWN_KIND, item.score.total, item.pinned)
