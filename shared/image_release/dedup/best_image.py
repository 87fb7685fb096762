"""The best image of a picture: the largest true resolution, complete, unmarked and in its original colours.

It is chosen by a linear score over the cues of the copies (`copy_cues`). The weights are in `best_weights.json`, which
`benchmarks/fit_best.py` writes; it also prints figures, cross-validated by hotel.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from image_release.dedup.copy_cues import ComparedCopies
from image_release.dedup.groups import FingerprintedImage, Picture

BEST_VERSION = "cues-7"
MOST_DEVIATIONS = 4.0
"""Maximum number of deviations from its mean that a cue counts."""
BENDS = (-0.7, 0.7)
"""Deviations from the mean at which the worth of a cue may bend: little noise may be usual, and more of it damage."""
IN_QUESTION = 3.0
"""Margin, in log-odds, below which the first two copies are compared closely: beyond it this changes nothing."""
PLACES = 4
"""Decimal places of a score. Without rounding, files with equal pixels would differ by noise of the computation."""


@dataclass(frozen=True, slots=True)
class Best:
    """The best image, and how sure the choice is."""

    sha256: str
    margin: float
    """Log-odds that it is better than the second best: below 1 it is a guess, from 3 on nearly sure. 0 if alone."""
    reasons: Mapping[str, float]
    """What each theme of cues adds to the margin."""


@dataclass(frozen=True, slots=True)
class CueWeight:
    """How much a cue counts for each `deviation` from its `mean`: a line that bends at BENDS.

    `slope` counts everywhere, and each of the two others from its bend on.
    """

    mean: float
    deviation: float
    slope: float
    from_low: float
    from_high: float

    def worth(self, value: float) -> float:
        """What a value of the cue adds to the score of a copy."""
        away = max(-MOST_DEVIATIONS, min(MOST_DEVIATIONS, (value - self.mean) / self.deviation))
        low, high = (max(0.0, away - bend) for bend in BENDS)
        return self.slope * away + self.from_low * low + self.from_high * high


@cache
def shipped_weights() -> Mapping[str, CueWeight]:
    """The weights that ship with the product, by the name of the cue."""
    document = json.loads((files(__package__) / "best_weights.json").read_text(encoding="utf-8"))
    return {name: CueWeight(*numbers) for name, numbers in document.items()}


def choose_best(picture: Picture, images: Mapping[str, FingerprintedImage], eligible: AbstractSet[str]) -> Best:
    """Choose the best of the eligible members; the others only take part in the comparison.

    Among equals the smallest SHA-256 wins. Raises ValueError if no member is eligible.
    """
    choices = sorted(sha256 for sha256 in picture.members if sha256 in eligible)
    if not choices:
        raise ValueError("no member of the picture may be chosen")
    if len(choices) == 1:
        return Best(choices[0], 0.0, {})
    order = likely_order({sha256: images[sha256] for sha256 in picture.members})
    copies = ComparedCopies(
        [images[sha256].fingerprint for sha256 in order], [images[sha256].facts for sha256 in order]
    )
    at = {sha256: order.index(sha256) for sha256 in choices}
    worths = {sha256: _worths(copies.cues[at[sha256]]) for sha256 in choices}
    best, second = _first_two(worths)
    if _margin(worths, best, second) < IN_QUESTION:
        for sha256, found in zip((best, second), copies.closely(at[best], at[second]), strict=True):
            worths[sha256] = _worths({**copies.cues[at[sha256]], **found})
        best, second = _first_two(worths)
    reasons: dict[str, float] = defaultdict(float)
    for name, worth in worths[best].items():
        reasons[name.partition(".")[0]] += worth - worths[second][name]
    return Best(best, _margin(worths, best, second), dict(sorted(reasons.items())))


def likely_order(images: Mapping[str, FingerprintedImage]) -> list[str]:
    """The copies of one photograph by SHA-256, the most likely best one first: the reference."""
    return sorted(images, key=lambda sha256: (-_likely(images[sha256]), sha256))


def _worths(cues: Mapping[str, float]) -> dict[str, float]:
    """What each cue of a copy adds to its score."""
    return {name: weight.worth(cues[name]) for name, weight in shipped_weights().items()}


def _first_two(worths: Mapping[str, Mapping[str, float]]) -> list[str]:
    return sorted(worths, key=lambda sha256: (-_total(worths[sha256]), sha256))[:2]


def _margin(worths: Mapping[str, Mapping[str, float]], best: str, second: str) -> float:
    return _total(worths[best]) - _total(worths[second])


def _total(worths: Mapping[str, float]) -> float:
    return round(sum(worths.values()), PLACES)


def _likely(image: FingerprintedImage) -> float:
    """How likely a copy is the best one, before any comparison: large files without a border come first."""
    left, top, right, bottom = image.fingerprint.working.inside
    return image.facts.bytes * max((right - left) * (bottom - top), 0.05) ** 20
