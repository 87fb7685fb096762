"""Cues of two aligned copies as wholes: whose tones were changed, and which one is wider.

A curve of the shape of an S raises the contrast of the middle tones and lowers it at both ends; a faded copy has less
of it everywhere. Of two copies of which one was stretched, the wider one is somewhat more often the right one.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from image_release.dedup.mark_cues import LEAST_PIXELS
from image_release.dedup.quantiles import quantiles

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

TONES = tuple(range(2, 99, 4))
"""Percentiles of the brightness between which the contrast of two copies is compared."""
LIGHTEST = 99
"""Percentile that is the lightest tone of a copy."""
LEAST_LIGHT = 185.0
"""Lightest tone, in grey levels, below which a photograph is dark and the tone tells nothing."""
LIGHT_STEP = 40.0
"""Difference of two lightest tones, in grey levels, that counts as 1."""
MIDDLE = 128.0
"""The middle of the grey levels."""
WIDEST_STEP = 20.0
"""Maximum width, in grey levels, by which a step between two percentiles counts."""
FEW_TONES = 3.0
"""Grey levels that are added to the weight of tones, so that few of them count less."""
LEAST_STEP = 0.7
"""Grey levels that are added to a step before a ratio is taken."""
MOST_WIDER = 0.3
"""Maximum logarithm of the ratio of two aspect ratios that counts."""

CHANGE_CUES = ("tone.curve", "tone.lightest", "shape.wider")


def change_cues(one: Floats, other: Floats, both: Flags, wider: float) -> Mapping[str, float]:
    """Cues of `one` beside `other` (height, width); those of `other` beside `one` are the same with the other sign.

    `both` are the pixels that lie in both. `wider` is the logarithm of the aspect ratio of `one` over that of `other`.
    """
    if both.sum() < LEAST_PIXELS:
        return dict.fromkeys(CHANGE_CUES, 0.0)
    some = both[::2, ::2]  # a quarter of the pixels is enough for percentiles
    mine, theirs = (quantiles(side[::2, ::2][some], (*TONES, LIGHTEST)) for side in (one, other))
    return {
        "tone.curve": _curve(np.array(mine[:-1]), np.array(theirs[:-1])),
        "tone.lightest": (max(mine[-1], LEAST_LIGHT) - max(theirs[-1], LEAST_LIGHT)) / LIGHT_STEP,
        "shape.wider": max(-MOST_WIDER, min(MOST_WIDER, wider)),
    }


def _curve(mine: NDArray[np.float64], theirs: NDArray[np.float64]) -> float:
    """How much more contrast the first of two copies has in the middle tones than at both ends, −1…1.

    Given are the same percentiles (n,) of the brightness of both.
    """
    my_steps, their_steps = np.diff(mine), np.diff(theirs)
    steeper = np.log((my_steps + LEAST_STEP) / (their_steps + LEAST_STEP))
    width = np.minimum(my_steps + their_steps, WIDEST_STEP)
    level = (mine[1:] + mine[:-1] + theirs[1:] + theirs[:-1]) / 4
    away = 2 * np.abs(level - MIDDLE) / MIDDLE

    def mean(share: NDArray[np.float64]) -> float:
        weight = np.clip(share, 0, 1) * width
        return float((weight * steeper).sum() / (weight.sum() + FEW_TONES))

    return max(-1.0, min(1.0, mean(1 - away) - mean(away - 1)))
