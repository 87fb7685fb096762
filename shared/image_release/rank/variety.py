"""Variety: the first pictures of a hotel show different things, as far as it has them and they are good enough.

A picture that is alike to one that is shown already adds less than its score says. Each of the first places goes to the
picture with the largest marginal gain: its score, less `variety_weight` × its likeness to the nearest picture that is
shown (Carbonell and Goldstein's maximal marginal relevance). So the first place always goes to a best score, and the
weight says how much score a new view may cost.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import replace
from operator import mul

from image_release.kinds import shipped_kinds
from image_release.rank.pictures import ScoredPicture
from image_release.settings import PrioritisingSettings

SAME_GROUP = 0.25
"""Likeness of two kinds of one group, such as a beach and a view. That of one kind is 1."""
MORE_LIKELY = 0.5
"""Share of the evidence above which kinds that never open a hotel keep a picture from doing so."""
LOOK_SHARE = 0.5
"""Share of the look in the likeness of two pictures; the kind has the rest."""


class WaitingPictures:
    """The pictures that have no place yet, the best score first, and how alike each is to the nearest one shown."""

    def __init__(self, by_score: Iterable[ScoredPicture], settings: PrioritisingSettings) -> None:
        self._items = list(by_score)
        self._likeness = [0.0] * len(self._items)
        self._settings = settings

    def next_at(self, place: int) -> ScoredPicture:
        """Take the picture for a place, counted from 0."""
        if place == 0:
            return self._take(self._opener())
        if place < self._settings.variety_pictures:
            gains = [
                item.score.total - self._settings.variety_weight * likeness
                for item, likeness in zip(self._items, self._likeness, strict=True)
            ]
            return self._take(gains.index(max(gains)))
        return self._take(0)

    def show(self, shown: ScoredPicture, place: int) -> None:
        """Note that a picture stands at a place: what is alike to it adds less at the next ones."""
        if place + 1 < self._settings.variety_pictures:
            for at, item in enumerate(self._items):
                self._likeness[at] = max(self._likeness[at], likeness(shown, item))

    def _opener(self) -> int:
        """The best score of a picture that may open a hotel; the best of all if there is none."""
        barred = [never_opens(item, self._settings.never_first) for item in self._items]
        first = barred.index(None) if None in barred else 0
        for at in range(first):
            self._items[at] = replace(self._items[at], held_back=barred[at])
        return first

    def _take(self, at: int) -> ScoredPicture:
        del self._likeness[at]
        return self._items.pop(at)


def never_opens(item: ScoredPicture, never_first: Collection[str]) -> str | None:
    """Why a picture may not open a hotel; None if it may.

    Its kind never opens one, or kinds that never do have more than half of the evidence: a dim picture that may be a
    kitchen, a detail or a bedroom is not taken for a bedroom.
    """
    if item.category in never_first:
        return f"the kind {item.category} never opens a hotel"
    kinds = [kind for kind in item.kinds if kind in never_first]
    if math.fsum(item.kinds[kind] for kind in kinds) > MORE_LIKELY:
        return f"the kinds {', '.join(kinds)} never open a hotel"
    return None


def likeness(one: ScoredPicture, other: ScoredPicture) -> float:
    """How alike two pictures are, 0…1: by kind, and by look where one model looked at both."""
    by_kind = _likeness_of_kinds(one.category, other.category)
    first, second = one.picture.look, other.picture.look
    if first is None or second is None or first.model != second.model or len(first.embedding) != len(second.embedding):
        return by_kind
    product = math.fsum(map(mul, first.embedding, second.embedding))
    return (1 - LOOK_SHARE) * by_kind + LOOK_SHARE * min(1.0, max(0.0, product))


def _likeness_of_kinds(one: str | None, other: str | None) -> float:
    """Kinds that are not known are alike to nothing."""
    if one is None or other is None:
        return 0.0
    if one == other:
        return 1.0
    kinds = shipped_kinds()
    return SAME_GROUP if one in kinds and other in kinds and kinds[one].group == kinds[other].group else 0.0
