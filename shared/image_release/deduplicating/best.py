"""The best image of a picture: the largest true resolution, whole, unmarked and as it was taken.

First version: stated rules over the cues of each copy against those of the others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from image_release.deduplicating.grouping import Picture, Seen

BEST_VERSION = "cues-1"


@dataclass(frozen=True, slots=True)
class Best:
    """The chosen content, its lead over the second (0: there is none), and what its score is made of."""

    sha256: str
    margin: float
    reasons: Mapping[str, float]


def choose_best(picture: Picture, images: Mapping[str, Seen], eligible: AbstractSet[str]) -> Best:
    """Choose among the eligible members; ties go to the smallest SHA-256."""
    scores = {sha256: _reasons(images[sha256]) for sha256 in picture.members if sha256 in eligible}
    ranked = sorted(scores, key=lambda sha256: (-sum(scores[sha256].values()), sha256))
    best = ranked[0]
    margin = sum(scores[best].values()) - sum(scores[ranked[1]].values()) if len(ranked) > 1 else 0.0
    return Best(best, margin, scores[best])


def _reasons(image: Seen) -> dict[str, float]:
    left, top, right, bottom = image.print.working.inside
    return {
        "bytes": math.log(max(image.facts.bytes, 1)),
        "border": 20 * math.log(max((right - left) * (bottom - top), 0.05)),
    }
