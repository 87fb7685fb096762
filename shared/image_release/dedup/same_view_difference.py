"""What tells two shots of one view apart: the camera, the light, or things. Measured on the registered pair."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from image_release.dedup.displacement import displacements
from image_release.dedup.evidence import statistics
from image_release.dedup.matching import CandidatePair
from image_release.dedup.prepared_image import MIDDLE, PreparedImage
from image_release.dedup.registration import Registered
from image_release.dedup.same_view import Difference

Floats = NDArray[np.float32]

TONE_DEGREE = 2
"""Degree of the tone curve that is fitted to the brightness of the blocks."""
TONE_STEPS = 3
"""Number of rounds in which the curve is fitted."""
SIMILAR_SHARE = 0.7
"""Share of the blocks, those that the curve fits best, to which it is fitted again."""
MOTION = 0.085
"""Share of what blocks differ in that a displacement removes: from here on the camera moved."""
OTHER_LIGHT = 2.5
"""Median change of light of a block, in grey levels, from which the light changed in parts of the picture."""
LEAST_OVERLAP = 0.8
"""Share of the smaller image that the other one covers, from which the camera may have stood still."""
MOST_UNLIKE = 0.3
"""Maximum share of blocks that plainly disagree where only the light changed."""
MOST_SHIFT = 0.5
"""Maximum median displacement where only the light changed, in pixels of the working image."""
THINGS_UNLIKE = 0.04
"""Minimum share of blocks that plainly disagree where things moved."""
THINGS_SHIFT = 0.25
"""Maximum median displacement where only things moved, in pixels of the working image."""


def difference_between(
    one: PreparedImage, other: PreparedImage, pair: CandidatePair, registered: Registered
) -> Difference:
    """What tells two shots of one view apart."""
    found = statistics(one, other, pair, registered, displacements(one, registered))
    return difference_of(found, changed_light(one, registered)[registered.levels[MIDDLE].inside])


def difference_of(found: Mapping[str, float], light: Floats) -> Difference:
    """What tells two shots of one view apart, from the statistics of the registered pair and the light of its blocks.

    Where a displacement explains what blocks differ in, the camera moved. If it did not, the light changed if most
    blocks changed theirs, and things moved if some blocks disagree while the others agree.
    """
    unlike, shift = math.exp(found["bad"]), math.exp(found["pooled_50"])
    if math.exp(found["explained_pooled_50"]) < MOTION:
        is_still = math.exp(found["overlap"]) >= LEAST_OVERLAP and unlike < MOST_UNLIKE and shift < MOST_SHIFT
        if is_still and float(np.median(np.abs(light))) >= OTHER_LIGHT:
            return Difference.LIGHT
        if shift < THINGS_SHIFT and unlike >= THINGS_UNLIKE:
            return Difference.THINGS
    return Difference.CAMERA


def changed_light(one: PreparedImage, registered: Registered) -> Floats:
    """(n,): how much brighter each block of the middle level is in the other image, in grey levels.

    This is measured against the tone curve that fits most blocks, so that recolouring does not count. It says nothing
    of blocks outside of the other image.
    """
    aligned = registered.levels[MIDDLE]
    here, there = one.level(MIDDLE).mean / 255, aligned.mean / 255
    left = np.zeros(len(here), np.float32)
    kept = aligned.inside
    for _ in range(TONE_STEPS):
        degree = min(TONE_DEGREE, len(np.unique(np.round(here[kept], 2))) - 1)
        left = np.asarray(there - np.polyval(np.polyfit(here[kept], there[kept], max(degree, 0)), here), np.float32)
        kept = aligned.inside & (np.abs(left) <= np.quantile(np.abs(left[aligned.inside]), SIMILAR_SHARE))
    return np.asarray(255 * left, np.float32)
