"""Deduplicating: which images show the same photograph, and which of them is the best."""

from image_release.deduplicating.best import BEST_VERSION, Best, choose_best
from image_release.deduplicating.evidence import Evidence
from image_release.deduplicating.explaining import Blocks, Explanation, LaidOver, explain, scored_pairs
from image_release.deduplicating.grouping import (
    GROUPING_VERSION,
    Picture,
    Seen,
    evidence_with,
    group_same,
    groupings,
)
from image_release.deduplicating.placeholders import placeholder

__all__ = [
    "BEST_VERSION",
    "GROUPING_VERSION",
    "Best",
    "Blocks",
    "Evidence",
    "Explanation",
    "LaidOver",
    "Picture",
    "Seen",
    "choose_best",
    "evidence_with",
    "explain",
    "group_same",
    "groupings",
    "placeholder",
    "scored_pairs",
]
