"""The order of a hotel's pictures: best score first, some variety at the top, pinned pictures where they were put.

The published formula is `size·w_size + partner·w_partner + category·w_category`. The order is total and depends on the
pictures alone: equal scores are settled by content hash, never by who came first.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from image_release.rank.parts import Category, Counted, LabelJudge, partner_value, size_value
from image_release.settings import PrioritisingSettings
from image_release.values import ImageFacts, Label

PRIORITISING_VERSION = "prioritise-1"
"""Changes whenever the same pictures and settings may give another order."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A picture that wants a place: its best image. `labels` None: not tagged; `rank` 1 is the partner's own best."""

    sha256: str
    facts: ImageFacts
    partner_id: str
    rank: int | None
    labels: tuple[Label, ...] | None


@dataclass(frozen=True, slots=True)
class ScorePart:
    """One part of a score: its value and its weight, both in 0…1."""

    value: float
    weight: float


@dataclass(frozen=True, slots=True)
class Score:
    """`total` is the sum of value × weight over the parts `size`, `partner` and `category`; in 0…1."""

    total: float
    parts: Mapping[str, ScorePart]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A picture in its place, and why: its score, the kind that its labels say it is, and which labels counted."""

    contender: Contender
    score: Score
    category: str | None
    pinned: bool
    counted: tuple[Counted, ...] = ()


def prioritise(
    contenders: Iterable[Contender], settings: PrioritisingSettings, pins: Mapping[str, int]
) -> tuple[Ranked, ...]:
    """Order pictures, best first. `pins`: SHA-256 -> position (1 is the first); a pinned picture gets that position.

    Two pins of one position stand behind each other, the better picture first; a position beyond the end is the end.
    """
    judge = LabelJudge(settings)
    scored = [_ranked(contender, judge.category(contender.labels), settings) for contender in contenders]
    by_score = sorted(scored, key=_best_first)
    return _pinned(_varied(by_score, settings), pins)


def _ranked(contender: Contender, category: Category, settings: PrioritisingSettings) -> Ranked:
    weights = settings.weights
    parts = {
        "size": ScorePart(size_value(contender.facts.pixels, settings), weights.size),
        "partner": ScorePart(partner_value(contender.partner_id, contender.rank, settings), weights.partner),
        "category": ScorePart(category.value, weights.category),
    }
    # Weights may sum to a hair above 1 (settings.WEIGHTS_TOLERANCE); a score never does.
    total = min(1.0, sum(part.value * part.weight for part in parts.values()))
    return Ranked(contender, Score(total, parts), category.kind, pinned=False, counted=category.counted)


def _best_first(item: Ranked) -> tuple[float, str, str, float]:
    contender = item.contender
    rank = math.inf if contender.rank is None else contender.rank
    return (-item.score.total, contender.sha256, contender.partner_id, rank)


def _varied(by_score: Sequence[Ranked], settings: PrioritisingSettings) -> list[Ranked]:
    """Fill the first places one by one; a picture pays for each one of its kind that is shown before it.

    The first place always goes to the best score, and what is far better than the rest stays in front: the penalty
    decides only between pictures that are nearly as good as each other.
    """
    left = list(by_score)
    first: list[Ranked] = []
    shown: Counter[str | None] = Counter()
    while left and len(first) < settings.variety_pictures:
        worth = [item.score.total - settings.variety_penalty * shown[item.category] for item in left]
        best = left.pop(worth.index(max(worth)))
        first.append(best)
        if best.category is not None:
            shown[best.category] += 1
    return first + left


def _pinned(ordered: Sequence[Ranked], pins: Mapping[str, int]) -> tuple[Ranked, ...]:
    """Put pinned pictures into their positions and let the others fill the rest in their order."""
    pinned = [replace(item, pinned=True) for item in ordered if item.contender.sha256 in pins]
    pinned.sort(key=lambda item: (pins[item.contender.sha256], *_best_first(item)))
    places = _places([pins[item.contender.sha256] for item in pinned], len(ordered))
    taken = dict(zip(places, pinned, strict=True))
    others = (item for item in ordered if item.contender.sha256 not in pins)
    return tuple(taken[place] if place in taken else next(others) for place in range(len(ordered)))


def _places(wanted: Sequence[int], count: int) -> list[int]:
    """Free places (0 is the first) for wanted positions in ascending order: the wanted one, the next, or the end."""
    places: list[int] = []
    for position in wanted:
        places.append(max(position - 1, places[-1] + 1 if places else 0))
    end = count
    for index in reversed(range(len(places))):
        end = places[index] = min(places[index], end - 1)
    return places
