"""The three parts of the score, each in 0…1: size, partner and category.

The published method scores a picture by its size, by the partner that sent it and by the labels of the tagger. It does
not say how: the curves are our own. Each function explains its curve; the numbers are in `PrioritisingSettings`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from image_release.folding import letters
from image_release.rank.kind_evidence import kind_shares
from image_release.settings import LabelTable, PrioritisingSettings
from image_release.values import Label

NEUTRAL = 0.5
"""Category score of a picture that was not tagged: that of an ordinary picture, neither good nor bad."""
LIKE_A_SUM = 4 / 3
"""Weight of the strongest label: with it, four labels that are equally good count like four."""
EACH_FURTHER = 0.8
"""Weight of each further good (or bad) label, as a share of the one before."""


@dataclass(frozen=True, slots=True)
class LabelPoints:
    """A label and its points as they count in the sum: above 0 for a good label, below 0 for a bad one."""

    description: str
    points: float


@dataclass(frozen=True, slots=True)
class CategoryScore:
    """The category part of a score: `value` in 0…1, what the labels say of the kind, and the labels that counted.

    `kinds`: kind -> its share of the evidence, the largest first. `counted` is sorted by points, the largest absolute
    value first.
    """

    value: float
    kinds: Mapping[str, float]
    counted: tuple[LabelPoints, ...]

    @property
    def kind(self) -> str | None:
        """The kind with most evidence; None if the labels do not tell one."""
        return next(iter(self.kinds), None)


def size_value(pixels: int, settings: PrioritisingSettings) -> float:
    """The size part, 0…1: how large the file that the partner sent is, in pixels.

    The curve is `1 - 0.1^(pixels / good_size_pixels)`. It rises almost linearly while an image is too small for the
    large renditions, reaches 0.9 at the second largest rendition and 0.977 at the largest. Beyond that it is flat,
    because nobody sees more pixels than the largest rendition has.
    """
    return -math.expm1(-math.log(10) * pixels / settings.good_size_pixels)


def partner_value(partner_id: str, rank: int | None, settings: PrioritisingSettings) -> float:
    """The partner part, 0…1: the partner's score × f(rank), where f falls from 1 to 0.

    A partner puts the image first that it would open with. Further down, the difference between two ranks means less
    and less, so f is a hyperbola: 1 at rank 1, 1/2 at `half_rank` ranks below. An image without a rank gets 1/2, so
    that a partner has neither an advantage nor a disadvantage from giving ranks.
    """
    score = settings.partner_scores.get(partner_id, settings.default_partner_score)
    ranks_below_first = settings.half_rank if rank is None else max(rank - 1, 0)
    return score * settings.half_rank / (settings.half_rank + ranks_below_first)


class CategoryScorer:
    """Scores pictures by their labels, with the table of strengths. Names are compared by their letters and digits."""

    def __init__(self, settings: PrioritisingSettings) -> None:
        self._settings = settings
        self._entries = _by_letters(settings.labels)

    def knows(self, description: str) -> bool:
        """Whether the table has an entry for this label, be its strength 0 or not."""
        return letters(description) in self._entries

    def category(self, labels: tuple[Label, ...] | None) -> CategoryScore:
        """The category part of a picture with these labels; neutral for None (not tagged).

        The value is 0.5 at `ordinary_points` (see `_counted`). It approaches 0 and 1 but never reaches them, so that
        the better of two very good pictures still wins. A good label never lowers the value, and a bad label never
        raises it.
        """
        if labels is None:
            return CategoryScore(value=NEUTRAL, kinds={}, counted=())
        scores: dict[str, float] = {}
        for label in labels:
            name = letters(label.description)
            if name in self._entries:
                scores[name] = max(label.score, scores.get(name, 0.0))
        counted = _counted(
            (self._entries[name].strength * score, self._entries[name].label) for name, score in scores.items()
        )
        above = math.fsum(item.points for item in counted) - self._settings.ordinary_points
        value = NEUTRAL + above / (2 * (abs(above) + self._settings.half_points))
        shares = kind_shares({name: (self._entries[name].kind, score) for name, score in scores.items()})
        return CategoryScore(value=value, kinds=shares, counted=counted)


def _counted(points: Iterable[tuple[float, str]]) -> tuple[LabelPoints, ...]:
    """Labels with the points that count: strength × score, of which the second counts less, and the third still less.

    Good labels and bad ones are counted apart, the strongest first. So the points hardly depend on how many labels a
    picture has: what is said last is weak, or was said before. Labels without points are left out.
    """
    weights = {True: LIKE_A_SUM, False: LIKE_A_SUM}
    shown = []
    for strength, label in sorted(points, key=_strongest_first):
        if strength:
            shown.append((strength * weights[strength > 0], label))
            weights[strength > 0] *= EACH_FURTHER
    return tuple(LabelPoints(label, strength) for strength, label in sorted(shown, key=_strongest_first))


def _strongest_first(points: tuple[float, str]) -> tuple[float, str]:
    return -abs(points[0]), points[1]


@dataclass(frozen=True, slots=True)
class _Entry:
    label: str
    kind: str
    strength: float


_remembered: list[tuple[LabelTable, dict[str, _Entry]]] = []
"""The last table and its entries: all hotels have one table, and folding its names costs more than scoring a hotel."""


def _by_letters(table: LabelTable) -> dict[str, _Entry]:
    for remembered, entries in _remembered[:]:
        if remembered is table:
            return entries
    entries = {
        letters(label): _Entry(label, kind, strength)
        for kind, strengths in table.items()
        for label, strength in strengths.items()
    }
    _remembered[:] = [(table, entries)]
    return entries
