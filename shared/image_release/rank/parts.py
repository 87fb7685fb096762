"""The three parts of the score, each in 0…1: size, partner and category.

The published method scores a picture by its size, by the partner that sent it and by what the tagger sees on it. The
shapes of the curves are ours; their reasons stand with each function, their figures in `PrioritisingSettings`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from image_release.settings import GENERAL_KIND, LabelTable, PrioritisingSettings
from image_release.values import Label

NEUTRAL = 0.5
"""Category score of a picture that was not tagged: as if it were an ordinary one, neither good nor bad."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A label that counted: `points` is its strength × its score, above 0 where it speaks for the picture."""

    description: str
    points: float


@dataclass(frozen=True, slots=True)
class Category:
    """What the labels say: a value in 0…1, the kind of picture (None: they do not tell), and which of them counted."""

    value: float
    kind: str | None
    counted: tuple[Counted, ...]


def size_value(pixels: int, settings: PrioritisingSettings) -> float:
    """How large an image is, 0…1, by its true pixels (those of the file that the partner sent).

    It saturates because the largest rendition does: from there on, more pixels are never seen. `1 - 0.1^(p / good)`
    grows nearly evenly with the pixels while an image is too small for the large renditions, is 0.9 at the second
    largest of them, 0.977 at the largest, and flat beyond.
    """
    return -math.expm1(-math.log(10) * pixels / settings.good_size_pixels)


def partner_value(partner_id: str, rank: int | None, settings: PrioritisingSettings) -> float:
    """How much the partner speaks for an image, 0…1: partner score × f(rank), where f(rank) falls from 1 to 0.

    A partner's first image is its own choice of an opener; from one rank to the next that says less and less, so f is
    a hyperbola: 1 at rank 1, 1/2 at `half_rank` ranks below. An image without a rank counts 1/2, so that a partner that
    ranks its images neither wins nor loses by it as a whole.
    """
    score = settings.partner_scores.get(partner_id, settings.default_partner_score)
    ranks_below_first = settings.half_rank if rank is None else max(rank - 1, 0)
    return score * settings.half_rank / (settings.half_rank + ranks_below_first)


class LabelJudge:
    """Judges a picture by its labels: the table of strengths, prepared for lookups that ignore case."""

    def __init__(self, settings: PrioritisingSettings) -> None:
        self._settings = settings
        self._entries = _by_folded_name(settings.labels)

    def category(self, labels: tuple[Label, ...] | None) -> Category:
        """Category part of a picture; None (not tagged) is neutral.

        Points are the sum of strength × score over the labels that the table knows. The value is 0.5 at the points of
        an ordinary picture and approaches 0 and 1 without reaching them, so that of two good pictures the better one
        still wins; a good label never lowers it and a bad one never raises it.
        """
        if labels is None:
            return Category(value=NEUTRAL, kind=None, counted=())
        scores: dict[str, float] = {}
        for label in labels:
            name = label.description.casefold()
            if name in self._entries:
                scores[name] = max(label.score, scores.get(name, 0.0))
        counted = [
            Counted(self._entries[name].label, self._entries[name].strength * score) for name, score in scores.items()
        ]
        above = math.fsum(item.points for item in counted) - self._settings.ordinary_points
        value = NEUTRAL + above / (2 * (abs(above) + self._settings.half_points))
        shown = sorted(
            (item for item in counted if item.points), key=lambda item: (-abs(item.points), item.description)
        )
        return Category(value=value, kind=self._kind(scores), counted=tuple(shown))

    def _kind(self, scores: Mapping[str, float]) -> str | None:
        """The kind for which most speaks; a strong label says more surely what a picture shows than a weak one."""
        evidence: dict[str, list[float]] = {}
        for name, score in scores.items():
            entry = self._entries[name]
            if entry.kind != GENERAL_KIND:
                evidence.setdefault(entry.kind, []).append(score * max(abs(entry.strength), LEAST_EVIDENCE))
        return max(sorted(evidence), key=lambda kind: math.fsum(evidence[kind]), default=None)


LEAST_EVIDENCE = 0.5
"""A label that is neither good nor bad still tells the kind: it counts as a hint, the table's smallest strength."""


@dataclass(frozen=True, slots=True)
class _Entry:
    label: str
    kind: str
    strength: float


def _by_folded_name(table: LabelTable) -> dict[str, _Entry]:
    return {
        label.casefold(): _Entry(label, kind, strength)
        for kind, strengths in table.items()
        for label, strength in strengths.items()
    }
