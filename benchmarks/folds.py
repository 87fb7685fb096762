"""Which hotels are held out together: a hotel's rooms, its hard copies, and the same house found in the wild."""

from __future__ import annotations

import re
from collections.abc import Iterable

LETTERS = 5
"""A house's name begins so in every hotel_id of the labelled corpus; `nat_` ones are those found in the wild."""


def house_of(hotel_id: str) -> str:
    """The house a hotel's pictures are of, as far as its name tells: `nat_moore-s-b-b` and `moores_bnb` are one."""
    letters = re.sub(r"[^a-z]", "", hotel_id.lower().removeprefix("nat_"))
    return letters.removeprefix("la")[:LETTERS]


def folds_of(hotel_ids: Iterable[str], folds: int) -> dict[str, int]:
    """The fold of each hotel, 0 to `folds` - 1; hotels of one house share theirs."""
    houses = {hotel_id: house_of(hotel_id) for hotel_id in hotel_ids}
    number = {house: at % folds for at, house in enumerate(sorted(set(houses.values())))}
    return {hotel_id: number[house] for hotel_id, house in houses.items()}
