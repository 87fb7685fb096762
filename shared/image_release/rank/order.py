"""The order of a hotel's pictures: best score first, some variety at the top, pinned pictures at their positions.

The formula of the published method is `size·w_size + partner·w_partner + category·w_category`. The order depends on the
pictures alone: of two pictures with equal scores the one with the smaller SHA-256 comes first, whatever the order of
the input.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from image_release.rank.score_parts import CategoryScore, CategoryScorer, LabelPoints, partner_value, size_value
from image_release.settings import PrioritisingSettings
from image_release.values import ImageFacts, Label, Look

PRIORITISING_VERSION = "prioritise-2"
"""Must change whenever the same pictures and settings may give another order."""


@dataclass(frozen=True, slots=True)
class PictureToRank:
    """What the order needs to know of a picture, all of it about the picture's best image.

    `rank` is the image's place in its partner's list, 1 the first; None if the partner gives no ranks. `labels` is None
    if the image was not tagged, `look` if no local model looked at it.
    """

    sha256: str
    facts: ImageFacts
    partner_id: str
    rank: int | None
    labels: tuple[Label, ...] | None
    look: Look | None = None


@dataclass(frozen=True, slots=True)
class ScorePart:
    """One part of a score: its value and its weight, both in 0…1."""

    value: float
    weight: float


@dataclass(frozen=True, slots=True)
class Score:
    """The score of a picture: `total`, in 0…1, is the sum of value × weight over `size`, `partner` and `category`."""

    total: float
    parts: Mapping[str, ScorePart]


@dataclass(frozen=True, slots=True)
class ScoredPicture:
    """A picture at its place in the order, and why it is there.

    `category` is the kind of picture according to its labels, None if they do not tell. `counted` are the labels that
    made the category score, the most important first.
    """

    picture: PictureToRank
    score: Score
    category: str | None
    pinned: bool
    counted: tuple[LabelPoints, ...] = ()


def prioritise(
    pictures: Iterable[PictureToRank], settings: PrioritisingSettings, pins: Mapping[str, int]
) -> tuple[ScoredPicture, ...]:
    """Order pictures, best first. `pins`: SHA-256 -> position (1 is the first) of the pictures that people pinned.

    If two pictures are pinned to one position, the better one gets it and the other one the next. A position beyond the
    end is the last one.
    """
    scorer = CategoryScorer(settings)
    scored = [_scored(picture, scorer.category(picture.labels), settings) for picture in pictures]
    by_score = sorted(scored, key=_best_first)
    return _pinned(_varied(by_score, settings), pins)


def _scored(picture: PictureToRank, category: CategoryScore, settings: PrioritisingSettings) -> ScoredPicture:
    weights = settings.weights
    parts = {
        "size": ScorePart(size_value(picture.facts.pixels, settings), weights.size),
        "partner": ScorePart(partner_value(picture.partner_id, picture.rank, settings), weights.partner),
        "category": ScorePart(category.value, weights.category),
    }
    # The weights may sum to slightly more than 1 (settings.WEIGHTS_TOLERANCE); a score must not exceed 1.
    total = min(1.0, sum(part.value * part.weight for part in parts.values()))
    return ScoredPicture(picture, Score(total, parts), category.kind, pinned=False, counted=category.counted)


def _best_first(item: ScoredPicture) -> tuple[float, str, str, float]:
    picture = item.picture
    rank = math.inf if picture.rank is None else picture.rank
    return (-item.score.total, picture.sha256, picture.partner_id, rank)


def _varied(by_score: Sequence[ScoredPicture], settings: PrioritisingSettings) -> list[ScoredPicture]:
    """Fill the first places one by one; a picture's score is lowered for each picture of its kind before it.

    The first place always goes to the best score. The penalty is small, so it only decides between pictures that are
    nearly equal; a picture that is much better than the others still comes first.
    """
    remaining = list(by_score)
    first: list[ScoredPicture] = []
    shown: Counter[str | None] = Counter()
    while remaining and len(first) < settings.variety_pictures:
        adjusted = [item.score.total - settings.variety_penalty * shown[item.category] for item in remaining]
        best = remaining.pop(adjusted.index(max(adjusted)))
        first.append(best)
        if best.category is not None:
            shown[best.category] += 1
    return first + remaining


def _pinned(ordered: Sequence[ScoredPicture], pins: Mapping[str, int]) -> tuple[ScoredPicture, ...]:
    """Put pinned pictures at their positions; the others keep their order and fill the remaining places."""
    pinned = [replace(item, pinned=True) for item in ordered if item.picture.sha256 in pins]
    pinned.sort(key=lambda item: (pins[item.picture.sha256], *_best_first(item)))
    places = _places([pins[item.picture.sha256] for item in pinned], len(ordered))
    taken = dict(zip(places, pinned, strict=True))
    others = (item for item in ordered if item.picture.sha256 not in pins)
    return tuple(taken[place] if place in taken else next(others) for place in range(len(ordered)))


def _places(wanted: Sequence[int], count: int) -> list[int]:
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
