"""What a person asks the index of hotels, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from image_release.desk.index.facts import OpeningPicture
from image_release.desk.index.filters import FEW, Filter

PAGE = 50
"""Number of hotels on a page of the list."""


class Sort(StrEnum):
    """The order of the list; of equal hotels the first by name comes first."""

    LOOK = "look"
    """Those that need a look most come first."""
    NAME = "name"
    CHANGED = "changed"
    """Those published last come first."""


@dataclass(frozen=True, slots=True)
class Query:
    """Which hotels, and which page of them.

    Each word of `text` has to be a part of the hotel's id, name, city, country or a partner's id, in any order, without
    case and accents. `country`, `city` and `partner` have to be equal (the city without case and accents). All that is
    given narrows. `fewer_than` belongs to the filter `few`.
    """

    text: str = ""
    filters: frozenset[Filter] = frozenset()
    fewer_than: int = FEW
    country: str | None = None
    city: str | None = None
    partner: str | None = None
    sort: Sort = Sort.LOOK
    page: int = 1


@dataclass(frozen=True, slots=True)
class IndexedHotel:
    """A hotel as the list shows it. `partners` are those that send images, most images first."""

    hotel_id: str
    name: str
    city: str
    country: str
    partners: tuple[str, ...]
    seq: int
    published_at: datetime | None
    pictures: int
    good: int
    first: OpeningPicture | None
    unlabelled: int
    least_join: float | None
    """The least evidence score of a merged copy; None where there is none."""
    least_margin: float | None
    """The least margin of a best image over a copy; None where there is none."""
    unavailable: int
    pending: tuple[str, ...]
    withdrawn: bool
    """By its release, or by a person (then `decisions` has `withdraw`)."""
    decisions: Mapping[str, int] = field(default_factory=dict)
    """Action -> number of people's decisions in force."""
    filters: tuple[Filter, ...] = ()
    """All that is the matter with it: why it needs a look."""
    need: int = 0
    """How much it needs a look (`filters.need_of`)."""


@dataclass(frozen=True, slots=True)
class Found:
    """One page of the hotels that were found.

    `counts` says for each filter how many hotels would be found with it and all the other filters chosen. `page` is the
    last page where the query asked for one beyond it.
    """

    hotels: tuple[IndexedHotel, ...]
    total: int
    counts: Mapping[Filter, int]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """How far the index is. `waiting` hotels are still to be read; `held_release` waits for a person."""

    is_built: bool
    hotels: int
    waiting: int
    as_of: datetime | None
    held_release: str | None
    held_partners: tuple[str, ...]
