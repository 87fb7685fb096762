"""The order of a hotel's pictures: best score first, some variety at the top, pinned pictures at their positions.

The score is `size·w + partner·w + category·w + appeal·w`; the published method has the first three parts. A picture of
a kind that never opens a hotel comes first only if nothing else can. The order depends on the pictures alone: of two
pictures with equal scores the one with the smaller SHA-256 comes first, whatever the order of the input.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from image_release.rank.pictures import PictureToRank, Score, ScoredPicture, ScorePart
from image_release.rank.score_parts import NEUTRAL, CategoryScore, CategoryScorer, partner_value, size_value
from image_release.rank.variety import WaitingPictures
from image_release.settings import PrioritisingSettings

PRIORITISING_VERSION = "prioritise-3"
"""Must change whenever the same pictures and settings may give another order."""
REMEMBERED = 4_096
"""Number of pictures whose category parts a Ranker remembers."""
SETTINGS_OF_LABELS = ("labels", "ordinary_points", "half_points")
"""Settings that the category part depends on."""


def prioritise(
    pictures: Iterable[PictureToRank], settings: PrioritisingSettings, pins: Mapping[str, int]
) -> tuple[ScoredPicture, ...]:
    """Order the pictures of one hotel, best first, as `Ranker.order` does."""
    return Ranker(settings).order(pictures, pins)


class Ranker:
    """Orders the pictures of many hotels by the same settings; the table of labels is prepared once.

    What labels say is remembered, so that a Ranker of other weights (`with_settings`) need not find it out again.
    """

    def __init__(self, settings: PrioritisingSettings) -> None:
        self._settings = settings
        self._category = lru_cache(REMEMBERED)(CategoryScorer(settings).category)

    def with_settings(self, settings: PrioritisingSettings) -> Ranker:
        """A Ranker of other settings. It shares what labels say, unless the settings differ in that."""
        ranker = Ranker(settings)
        if all(getattr(settings, name) == getattr(self._settings, name) for name in SETTINGS_OF_LABELS):
            ranker._category = self._category
        return ranker

    def order(self, pictures: Iterable[PictureToRank], pins: Mapping[str, int]) -> tuple[ScoredPicture, ...]:
        """Order pictures, best first. `pins`: SHA-256 -> position (1 is the first) of the pictures that people pinned.

        If two pictures are pinned to one position, the better one gets it and the other one the next. A position beyond
        the end is the last one. The other pictures fill the remaining places one by one: the first place goes to the
        best score of a kind that may open, each of the first `variety_pictures` to the one that adds most to what is
        shown already, and the rest follow by their scores. No view is repeated among the first `VIEWS_APART`, if there
        are others.
        """
        scored = (_scored(picture, self._category(picture.labels), self._settings) for picture in pictures)
        by_score = sorted(scored, key=_best_first)
        pinned = _pinned(by_score, pins)
        unpinned = (item for item in by_score if item.picture.sha256 not in pins)
        waiting = WaitingPictures(unpinned, pinned, self._settings)
        ordered: list[ScoredPicture] = []
        for place in range(len(by_score)):
            ordered.append(pinned[place] if place in pinned else waiting.next_at(place))
            waiting.show(ordered[-1], place)
        return tuple(ordered)


def _scored(picture: PictureToRank, category: CategoryScore, settings: PrioritisingSettings) -> ScoredPicture:
    weights = settings.weights_in_force
    look = picture.look
    parts = {
        "size": ScorePart(size_value(picture.facts.pixels, settings), weights.size),
        "partner": ScorePart(partner_value(picture.partner_id, picture.rank, settings), weights.partner),
        "category": ScorePart(category.value, weights.category),
    }
    if weights.appeal:
        parts["appeal"] = (
            ScorePart(NEUTRAL, weights.appeal) if look is None else ScorePart(look.appeal, weights.appeal, look.model)
        )
    # The weights may sum to slightly more than 1 (WEIGHTS_TOLERANCE); a score must not exceed 1.
    total = min(1.0, sum(part.value * part.weight for part in parts.values()))
    return ScoredPicture(picture, Score(total, parts), category.kind, False, category.kinds, category.counted)


def _best_first(item: ScoredPicture) -> tuple[float, str, str, float]:
    picture = item.picture
    rank = math.inf if picture.rank is None else picture.rank
    return (-item.score.total, picture.sha256, picture.partner_id, rank)


def _pinned(by_score: Sequence[ScoredPicture], pins: Mapping[str, int]) -> dict[int, ScoredPicture]:
    """The pinned pictures by place, counted from 0."""
    pinned = [replace(item, pinned=True) for item in by_score if item.picture.sha256 in pins]
    pinned.sort(key=lambda item: (pins[item.picture.sha256], *_best_first(item)))
    places = pinned_places([pins[item.picture.sha256] for item in pinned], len(by_score))
    return dict(zip(places, pinned, strict=True))


def pinned_places(wanted: Sequence[int], count: int) -> list[int]:
    """A different place for each wanted position: itself if it is free, else the next free one, else near the end.

    `wanted` are positions in ascending order, 1 the first; places are counted from 0. `count` is the number of places.
    """
    places: list[int] = []
    for position in wanted:
        places.append(max(position - 1, places[-1] + 1 if places else 0))
    end = count
    for index in reversed(range(len(places))):
        end = places[index] = min(places[index], end - 1)
    return places
