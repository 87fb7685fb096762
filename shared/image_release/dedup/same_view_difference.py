"""What tells two shots of one view apart: the camera, the light, or things. Measured on the registered pair.

A logistic regression for each says how likely it is; the likeliest is told. Its features are the statistics of the pair
and how much the light of its blocks changed against one tone curve.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from image_release.dedup.displacement import displacements
from image_release.dedup.evidence import statistics
from image_release.dedup.matching import CandidatePair
from image_release.dedup.prepared_image import MIDDLE, PreparedImage
from image_release.dedup.quantiles import log_quantiles
from image_release.dedup.registration import Registered
from image_release.dedup.same_view import Difference
from image_release.dedup.weights import difference_weights

Floats = NDArray[np.float32]

TONE_DEGREE = 2
"""Degree of the tone curve that is fitted to the brightness of the blocks."""
TONE_STEPS = 3
"""Number of rounds in which the curve is fitted."""
SIMILAR_SHARE = 0.7
"""Share of the blocks, those that the curve fits best, to which it is fitted again."""
LEAST_LIGHT = 0.5
"""Is added to a change of light, in grey levels, before its logarithm is taken."""


def difference_between(
    one: PreparedImage, other: PreparedImage, pair: CandidatePair, registered: Registered
) -> Difference:
    """What tells two shots of one view apart."""
    found = statistics(one, other, pair, registered, displacements(one, registered))
    return difference_of(found, changed_light(one, registered)[registered.levels[MIDDLE].inside])


def difference_of(found: Mapping[str, float], light: Floats) -> Difference:
    """What tells two shots of one view apart most likely, from the statistics of the registered pair and its light."""
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
    left = np.zeros(len(here), np.float32)
    kept = aligned.inside
    for _ in range(TONE_STEPS):
        degree = min(TONE_DEGREE, len(np.unique(np.round(here[kept], 2))) - 1)
        left = np.asarray(there - np.polyval(np.polyfit(here[kept], there[kept], max(degree, 0)), here), np.float32)
        kept = aligned.inside & (np.abs(left) <= np.quantile(np.abs(left[aligned.inside]), SIMILAR_SHARE))
    return np.asarray(255 * left, np.float32)
