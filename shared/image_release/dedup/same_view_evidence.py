"""Evidence that two photographs show the same view.

The same view is the same thing from nearly the same place: most of what one photograph shows is in the other one. One
logistic regression over features of the coarse pass rules most pairs out. The others are asked how much moves together,
and a second regression decides. Nothing has to be registered for it, so pairs that grouping gives up early are judged,
too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from image_release.dedup.common_motion import common_motion
from image_release.dedup.evidence import shared_parts
from image_release.dedup.matching import CandidatePair
from image_release.dedup.prepared_image import PreparedImage
from image_release.dedup.registration import Alignment
from image_release.dedup.weights import coarse_view_weights, same_view_weights

LEAST_SHARED = 0.02
"""Is added to a share before its logarithm is taken."""
LEAST_COARSE_SCORE = -1.8
"""Log-odds of the coarse pass from which a pair is asked how much moves together."""
KEPT = ("agreeing", "agreeing_share", "shared_least", "shared_most", "near_share")
"""Features of the coarse pass that the second regression uses, too."""


@dataclass(frozen=True, slots=True)
class SameViewEvidence:
    """How likely two images show the same view."""

    score: float
    """Log-odds of the same view."""
    overlap: float
    """Share of the smaller image that the other one covers, 0…1."""


@dataclass(frozen=True, slots=True, eq=False)
class CoarseEvidence:
    """What is known of the same view once a pair is aligned coarsely."""

    score: float
    """Log-odds of the same view by the features of the coarse pass alone."""
    features: Mapping[str, float]
    """Those features that are used again."""
    transform: NDArray[np.float64]
    """(3, 3): from units of half the longer side of the first image to pixels of the second."""


def coarse_view_features(
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


def coarse_evidence(
    one: PreparedImage, other: PreparedImage, pair: CandidatePair, coarse: Alignment, found: Mapping[str, float]
) -> CoarseEvidence:
    """What the coarse pass says of a pair; `found` are the features of the coarse pass."""
    features = coarse_view_features(one, other, pair, coarse, found)
    return CoarseEvidence(
        score=coarse_view_weights().score(features),
        features={name: features[name] for name in KEPT},
        transform=coarse.transform,
    )


def same_view_features(
    one: PreparedImage, other: PreparedImage, first: Mapping[str, float], transform: NDArray[np.float64]
) -> dict[str, float]:
    """Features that decide about a pair, from those of the coarse pass."""
    return {**{name: first[name] for name in KEPT}, **common_motion(one, other, transform)}


def same_view_evidence(one: PreparedImage, other: PreparedImage, coarse: CoarseEvidence) -> SameViewEvidence:
    """The evidence about a pair: that of the coarse pass where this rules it out."""
    score = coarse.score
    if score >= LEAST_COARSE_SCORE:
        score = same_view_weights().score(same_view_features(one, other, coarse.features, coarse.transform))
    return SameViewEvidence(score, overlap=max(0.0, min(1.0, math.exp(coarse.features["shared_least"]) - LEAST_SHARED)))
