"""Evidence that two photographs show the same view, and what tells them apart.

The same view is the same thing from nearly the same place: most of what one photograph shows is in the other one. The
score is a logistic regression over features of the coarse pass, which every candidate pair has. So pairs that grouping
gives up early are judged, too, and nothing has to be registered for it. What differs is measured on the registered
pair, for the few pairs that show the same view.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from image_release.dedup.evidence import shared_parts
from image_release.dedup.matching import CandidatePair
from image_release.dedup.prepared_image import PreparedImage
from image_release.dedup.registration import Alignment
from image_release.dedup.same_view import Difference
from image_release.dedup.weights import same_view_weights

LEAST_SHARED = 0.02
"""Is added to a share before its logarithm is taken."""
FIXED_OVERLAP = 0.8
"""Share of the smaller image that the other one covers, from which the camera may have stood still."""
EXPLAINED_BY_MOTION = 0.085
"""Share of the blocks' residual that a displacement removes: a camera that moved leaves more, other light less."""
SPREAD_OF_GAINS = 0.9
"""Range of the middle half of the blocks' gains, as a logarithm, from which the light changed in parts."""
MOST_UNLIKE = 0.3
"""Largest share of blocks that plainly disagree, for a picture in which only the light changed."""
STILL_PIXELS = 0.3
"""Median displacement of a block, in pixels of the working image, below which the camera may have stood still."""
LEAST_UNLIKE = 0.1
"""Least share of blocks that plainly disagree, for a picture in which things moved."""
LEAST_LIKENESS = 0.96
"""Least median correlation of the blocks, for a picture in which only some things moved."""


@dataclass(frozen=True, slots=True)
class SameViewEvidence:
    """How likely two images show the same view."""

    score: float
    """Log-odds of the same view."""
    overlap: float
    """Share of the smaller image that the other one covers, 0…1."""


def same_view_features(
    one: PreparedImage, other: PreparedImage, pair: CandidatePair, coarse: Alignment, found: Mapping[str, float]
) -> dict[str, float]:
    """Features of a coarsely aligned pair, by name; `found` are those of the coarse pass."""
    shared = shared_parts(one, other, coarse.blocks, coarse.transform @ one.to_units())
    return {
        **found,
        "shared_least": math.log(min(shared) + LEAST_SHARED),
        "shared_most": math.log(max(shared) + LEAST_SHARED),
        "near_share": math.log((pair.near + 1) / (pair.matches + 1)),
    }


def same_view_evidence(features: Mapping[str, float]) -> SameViewEvidence:
    """The evidence about a pair, from its features."""
    return SameViewEvidence(
        score=same_view_weights().score(features),
        overlap=max(0.0, min(1.0, math.exp(features["shared_least"]) - LEAST_SHARED)),
    )


def difference_of(found: Mapping[str, float]) -> Difference:
    """What tells two shots of one view apart, from the statistics of the registered pair.

    Other light: the gains of the blocks differ, and no displacement explains what remains. Other things: nearly all
    blocks agree exactly, and some not at all. In all other cases the camera moved.
    """
    unlike = math.exp(found["bad"])
    if (
        math.exp(found["overlap"]) >= FIXED_OVERLAP
        and math.exp(found["explained_pooled_50"]) < EXPLAINED_BY_MOTION
        and math.exp(found["gain_spread"]) >= SPREAD_OF_GAINS
        and unlike < MOST_UNLIKE
    ):
        return Difference.LIGHT
    agrees = 1 - math.exp(found["middle_50"]) >= LEAST_LIKENESS
    if agrees and math.exp(found["pooled_50"]) < STILL_PIXELS and unlike >= LEAST_UNLIKE:
        return Difference.THINGS
    return Difference.CAMERA
