"""Folds: the hotels that are held out together, such as the rooms of a house, its hard copies and its found photos."""

from __future__ import annotations

import re
from collections.abc import Iterable

LETTERS = 5
"""Number of letters that tell a house in the hotel_ids of the labelled corpus."""


def house_of(hotel_id: str) -> str:
    """The house that a hotel's pictures show, by its name: `nat_moore-s-b-b` (found) and `moores_bnb` are one."""
    letters = re.sub(r"[^a-z]", "", hotel_id.lower().removeprefix("nat_"))
    return letters.removeprefix("la")[:LETTERS]


def folds_of(hotel_ids: Iterable[str], folds: int) -> dict[str, int]:
    """The fold of each hotel, 0 to `folds` - 1; the hotels of one house are in the same fold."""
    houses = {hotel_id: house_of(hotel_id) for hotel_id in hotel_ids}
    number = numbered(set(houses.values()), folds)
    return {hotel_id: number[house] for hotel_id, house in houses.items()}


def numbered(houses: set[str], folds: int) -> dict[str, int]:
    """The fold of each house, 0 to `folds` - 1."""
    return {house: at % folds for at, house in enumerate(sorted(houses))}
