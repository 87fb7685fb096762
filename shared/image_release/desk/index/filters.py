"""What a person filters hotels by, and the rule that says which hotel needs a look more than another.

A filter is one bit of a hotel's flags, so all filters of all hotels are counted in one pass over numbers. Only `few`
is no bit: the number is the person's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

from image_release.desk.index.facts import HotelFacts
from image_release.gallery import DECISION_FOR_TWO, FEW_PICTURES, UNSURE_BEST, UNSURE_COPY

FEW = FEW_PICTURES
"""A hotel with fewer pictures needs a look; a person may filter by another number."""
ROUTINE = frozenset({"revalidate", "sweep"})
"""Kinds of pending work that every hotel has now and then."""


class Filter(StrEnum):
    """What may be the matter with a hotel. The order is that of the page."""

    # The values are in addresses of pages and in the index: a new one joins at the end, and raises `file.SCHEMA`.

    NO_PICTURES = "no_pictures"
    FEW = "few"
    NEVER_FIRST = "never_first"
    NO_LABELS = "no_labels"
    COPIES_UNSURE = "copies_unsure"
    BEST_UNSURE = "best_unsure"
    UNAVAILABLE = "unavailable"
    HELD = "held"
    PENDING = "pending"
    WITHDRAWN = "withdrawn"
    CORRECTED = "corrected"
    CHANGED = "changed"
    UNREADABLE = "unreadable"
    SPLIT = "split"


DESCRIPTIONS: Mapping[Filter, str] = {
    Filter.NO_PICTURES: "no pictures",
    Filter.FEW: f"fewer than {FEW} pictures",
    Filter.NEVER_FIRST: "opens with a kind that should never open",
    Filter.NO_LABELS: "pictures that nobody has labelled",
    Filter.COPIES_UNSURE: "copies that may be another photograph",
    Filter.BEST_UNSURE: "best copy is a guess",
    Filter.UNAVAILABLE: "images that could not be fetched",
    Filter.HELD: "a partner's catalogue is held",
    Filter.PENDING: "downloads or labels are still to come",
    Filter.WITHDRAWN: "withdrawn",
    Filter.CORRECTED: "corrected by people",
    Filter.CHANGED: "changed in the last run",
    Filter.UNREADABLE: "its manifest cannot be read",
    Filter.SPLIT: DECISION_FOR_TWO,
}
"""What a page says of each filter."""

WORST_FIRST = (
    Filter.UNREADABLE,
    Filter.NO_PICTURES,
    Filter.NEVER_FIRST,
    Filter.FEW,
    Filter.SPLIT,
    Filter.COPIES_UNSURE,
    Filter.HELD,
    Filter.BEST_UNSURE,
    Filter.UNAVAILABLE,
    Filter.NO_LABELS,
)
"""What makes a hotel need a look: the worst decides, among equal hotels the next. The other filters do not: what is
scheduled is not wrong."""
WEIGHTS: Mapping[Filter, int] = {name: 1 << place for place, name in enumerate(reversed(WORST_FIRST))}
"""How much each adds to the need for a look: more than all that are less bad together."""


def bit(name: Filter) -> int:
    """The bit of a filter in a hotel's flags."""
    return 1 << list(Filter).index(name)


def flags_of(facts: HotelFacts, *, is_held: bool = False, is_changed: bool = False) -> int:
    """All that is the matter with a hotel, as bits.

    A hotel that was withdrawn, by its release or by a person, has no pictures on purpose: that alone is no reason to
    look at it.
    """
    is_withdrawn = facts.withdrawn or facts.withdrawn_by_person
    may_be_empty = is_withdrawn or facts.unreadable
    found = {
        Filter.NO_PICTURES: not facts.pictures and not may_be_empty,
        Filter.FEW: facts.pictures < FEW and not may_be_empty,
        Filter.NEVER_FIRST: facts.opens_badly,
        Filter.NO_LABELS: facts.unlabelled > 0,
        Filter.COPIES_UNSURE: facts.least_join is not None and facts.least_join < UNSURE_COPY,
        Filter.BEST_UNSURE: facts.least_margin is not None and facts.least_margin < UNSURE_BEST,
        Filter.UNAVAILABLE: facts.unavailable > 0,
        Filter.HELD: is_held,
        Filter.PENDING: not ROUTINE.issuperset(facts.pending),
        Filter.WITHDRAWN: is_withdrawn,
        Filter.CORRECTED: bool(facts.decisions),
        Filter.CHANGED: is_changed,
        Filter.UNREADABLE: facts.unreadable,
        Filter.SPLIT: facts.split,
    }
    return sum(bit(name) for name, is_so in found.items() if is_so)


def filters_in(flags: int) -> tuple[Filter, ...]:
    """The filters whose bits are set."""
    return tuple(name for name in Filter if flags & bit(name))


def need_of(filters: Collection[Filter]) -> int:
    """How much a hotel needs a look, 0 if it does not: the sum of the weights of all that is the matter with it."""
    return sum(WEIGHTS.get(name, 0) for name in filters)
