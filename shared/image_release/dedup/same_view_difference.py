"""What tells two shots of one view apart: the camera, the light, or things. Measured on the registered pair.

A logistic regression for each says how likely it is; the likeliest is told. Its features are the statistics of the pair
and how much the light of its blocks changed against one tone curve.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from image_release.dedup.changed_regions import after_a_look
from image_release.dedup.displacement import displacements
from image_release.dedup.evidence import statistics
from image_release.dedup.matching import CandidatePair
from image_release.dedup.prepared_image import MIDDLE, PreparedImage
from image_release.dedup.quantiles import log_quantiles
from image_release.dedup.registration import Registered
from image_release.dedup.same_view import Difference
from image_release.dedup.weights import difference_weights, region_weights, shipped_weights

Floats = NDArray[np.float32]

TONE_DEGREE = 2
"""Degree of the tone curve that is fitted to the brightness of the blocks."""
TONE_STEPS = 3
"""Number of rounds in which the curve is fitted."""
SIMILAR_SHARE = 0.7
"""Share of the blocks, those that the curve fits best, to which it is fitted again."""
LEAST_TAKEN = 1.0
"""Minimum log-odds that a region takes from the score if it is named."""
ONE_BUT_FOR_A_THING = 1.0
"""Score from which two shots would be one photograph, if none of their regions looked like a thing."""
LEAST_LIGHT = 0.5
"""Is added to a change of light, in grey levels, before its logarithm is taken."""


def difference_between(
    one: PreparedImage, other: PreparedImage, pair: CandidatePair, registered: Registered
) -> Difference:
    """What tells two shots of one view apart."""
    found = statistics(one, other, pair, registered, displacements(one, registered))
    score = shipped_weights().score(found)
    taken = score - after_a_look(score, one, registered, region_weights())
    return difference_of(found, changed_light(one, registered)[registered.levels[MIDDLE].inside], score, taken)


def difference_of(found: Mapping[str, float], light: Floats, score: float, taken: float) -> Difference:
    """What tells two shots of one view apart most likely, from the statistics of the registered pair and its light.

    It is a thing if the two would have been one photograph but for a region in which they differ: `score` is that of
    all statistics, and `taken` is what the look at the regions took from it.
    """
    if score >= ONE_BUT_FOR_A_THING and taken > LEAST_TAKEN:
        return Difference.THINGS
    features = difference_features(found, light)
    return max(Difference, key=lambda each: difference_weights()[each].score(features))


def difference_features(found: Mapping[str, float], light: Floats) -> dict[str, float]:
    """The statistics of a registered pair, and how much the light of its blocks changed."""
    return {**found, **log_quantiles("light", np.abs(light), LEAST_LIGHT, (25, 50, 75, 90, 98))}


def changed_light(one: PreparedImage, registered: Registered) -> Floats:
    """(n,): how much brighter each block of the middle level is in the other image, in grey levels.

    This is measured against the tone curve that fits most blocks, so that recolouring does not count. It says nothing
    of blocks outside of the other image.
    """
    aligned = registered.levels[MIDDLE]
    here, there = one.level(MIDDLE).mean / 255, aligned.mean / 255
    kept = aligned.inside
    # Tones are counted from their middle, in doubles: those of an image of nearly no contrast are hardly apart.
    tone = here.astype(np.float64) - float(here[kept].mean())
    left = np.zeros(len(here), np.float32)
    for _ in range(TONE_STEPS):
        degree = min(TONE_DEGREE, len(np.unique(np.round(here[kept], 2))) - 1)
        left = np.asarray(there - np.polyval(np.polyfit(tone[kept], there[kept], max(degree, 0)), tone), np.float32)
        kept = aligned.inside & (np.abs(left) <= np.quantile(np.abs(left[aligned.inside]), SIMILAR_SHARE))
    return np.asarray(255 * left, np.float32)
