"""Variety: the first pictures of a hotel show different things, as far as it has them and they are good enough.

A picture that is alike to one that is shown already adds less than its score says. Each of the first places goes to the
picture with the largest marginal gain: its score, less `variety_weight` × its likeness to the nearest picture that is
shown (Carbonell and Goldstein's maximal marginal relevance). So the first place always goes to a best score, and the
weight says how much score something new may cost.

Two pictures of the same view are never both among the first five if the hotel has others, whatever they score. After
that they do not stand side by side, if another picture can stand between them.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
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
VIEWS_APART = 5
"""Number of first pictures that all show different views, if the hotel has so many."""


class WaitingPictures:
    """The pictures that have no place yet, the best score first, and how alike each is to the nearest one shown.

    `pinned` are the pictures that have a place already, by place, counted from 0.
    """

    def __init__(
        self, by_score: Iterable[ScoredPicture], pinned: Mapping[int, ScoredPicture], settings: PrioritisingSettings
    ) -> None:
        self._items = list(by_score)
        self._likeness = [0.0] * len(self._items)
        self._placed = dict(pinned)
        self._settings = settings

    def next_at(self, place: int) -> ScoredPicture:
        """Take the picture for a place, counted from 0: the best one that repeats no view, if there is one."""
        wanted = self._openers() if place == 0 else self._best_first(place)
        repeated = self._repeated_at(place)
        chosen = next((at for at in wanted if self._items[at].picture.sha256 not in repeated), wanted[0])
        for at in wanted:
            if at == chosen:
                break
            self._hold_back(at, f"it shows the same view as picture {repeated[self._items[at].picture.sha256]}")
        if place == 0:
            for at in range(chosen):
                if barred := never_opens(self._items[at], self._settings.never_first):
                    self._hold_back(at, barred)
        del self._likeness[chosen]
        return self._items.pop(chosen)

    def show(self, shown: ScoredPicture, place: int) -> None:
        """Note that a picture stands at a place: what is alike to it adds less at the next ones."""
        self._placed[place] = shown
        if place + 1 < self._settings.variety_pictures:
            for at, item in enumerate(self._items):
                self._likeness[at] = max(self._likeness[at], likeness(shown, item))

    def _openers(self) -> Sequence[int]:
        """Where the pictures are that may open a hotel; all pictures if there is none."""
        may_open = [at for at, item in enumerate(self._items) if never_opens(item, self._settings.never_first) is None]
        return may_open or range(len(self._items))

    def _best_first(self, place: int) -> Sequence[int]:
        """Where the pictures are, those first that a place should go to."""
        everywhere = range(len(self._items))
        if place >= self._settings.variety_pictures:
            return everywhere
        gains = [
            item.score.total - self._settings.variety_weight * likeness
            for item, likeness in zip(self._items, self._likeness, strict=True)
        ]
        return sorted(everywhere, key=lambda at: -gains[at])

    def _repeated_at(self, place: int) -> dict[str, int]:
        """SHA-256 of pictures that would repeat a view at a place, each with the position of the one that they repeat.

        Pinned pictures further on count, too.
        """
        near = range(VIEWS_APART) if place < VIEWS_APART else (place - 1, place + 1)
        return {
            sha256: beside + 1
            for beside in near
            if beside in self._placed
            for sha256 in self._placed[beside].picture.same_view
        }

    def _hold_back(self, at: int, why: str) -> None:
        """Note why a picture does not get a place; the first reason stays."""
        if self._items[at].held_back is None:
            self._items[at] = replace(self._items[at], held_back=why)


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
