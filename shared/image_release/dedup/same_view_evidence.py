"""Evidence that two photographs show the same view.

The same view is the same thing from nearly the same place: most of what one photograph shows is in the other one. The
score is a logistic regression over features of the coarse pass, which every candidate pair has. So pairs that grouping
gives up early are judged, too, and nothing has to be registered for it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from image_release.dedup.evidence import shared_parts
from image_release.dedup.matching import CandidatePair
from image_release.dedup.prepared_image import PreparedImage
from image_release.dedup.registration import Alignment
from image_release.dedup.weights import same_view_weights

LEAST_SHARED = 0.02
"""Is added to a share before its logarithm is taken."""


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
