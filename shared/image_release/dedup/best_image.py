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

from image_release.dedup.copy_cues import compare_copies
from image_release.dedup.groups import FingerprintedImage, Picture

BEST_VERSION = "cues-5"
MOST_DEVIATIONS = 4.0
"""Maximum number of deviations from its mean that a cue counts."""
BENDS = (-0.7, 0.7)
"""Deviations from the mean at which the worth of a cue may bend: little noise may be usual, and more of it damage."""
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
    cues = cues_of({sha256: images[sha256] for sha256 in picture.members})
    worths = {
        sha256: {name: weight.worth(cues[sha256][name]) for name, weight in shipped_weights().items()}
        for sha256 in choices
    }
    totals = {sha256: round(sum(worths[sha256].values()), PLACES) for sha256 in choices}
    best, second = sorted(choices, key=lambda sha256: (-totals[sha256], sha256))[:2]
    reasons: dict[str, float] = defaultdict(float)
    for name, worth in worths[best].items():
        reasons[name.partition(".")[0]] += worth - worths[second][name]
    return Best(best, totals[best] - totals[second], dict(sorted(reasons.items())))


def cues_of(images: Mapping[str, FingerprintedImage]) -> dict[str, dict[str, float]]:
    """Cues of each copy of one photograph, by SHA-256. The copy that is most likely the best one is the reference."""
    order = sorted(images, key=lambda sha256: (-_likely(images[sha256]), sha256))
    found = compare_copies([images[sha256].fingerprint for sha256 in order], [images[sha256].facts for sha256 in order])
    return dict(zip(order, found, strict=True))


def _likely(image: FingerprintedImage) -> float:
    """How likely a copy is the best one, before any comparison: large files without a border come first."""
    left, top, right, bottom = image.fingerprint.working.inside
    return image.facts.bytes * max((right - left) * (bottom - top), 0.05) ** 20
