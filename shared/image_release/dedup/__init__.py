"""Deduplication: which images show the same photograph, and which of them is the best."""

from image_release.dedup.best_image import BEST_VERSION, Best, choose_best
from image_release.dedup.blocks import BLOCK
from image_release.dedup.copies import (
    HASHES_INDEXED,
    MOST_BITS,
    copies_of,
    indexed_hashes,
    is_copy,
    may_be_copy,
)
from image_release.dedup.evidence import Evidence
from image_release.dedup.explanation import AlignedPair, Blocks, Explanation, explain
from image_release.dedup.glances import GLANCE_CROPS, GLANCE_SIDE, alike_at_a_glance, glance
from image_release.dedup.grouping import GROUPING_VERSION
from image_release.dedup.grouping_methods import evidence_with, group_same, grouping_method, groupings, scored_pairs
from image_release.dedup.groups import BY_PEOPLE, FingerprintedImage, ImageGroups, Picture
from image_release.dedup.hash_grouping import BY_HASHES, NearPair, join_near
from image_release.dedup.placeholders import placeholder
from image_release.dedup.same_view import Difference, SameView
from image_release.dedup.same_view_evidence import SameViewEvidence

__all__ = [
    "BEST_VERSION",
    "BLOCK",
    "BY_HASHES",
    "BY_PEOPLE",
    "GLANCE_CROPS",
    "GLANCE_SIDE",
    "GROUPING_VERSION",
    "HASHES_INDEXED",
    "MOST_BITS",
    "AlignedPair",
    "Best",
    "Blocks",
    "Difference",
    "Evidence",
    "Explanation",
    "FingerprintedImage",
    "ImageGroups",
    "NearPair",
    "Picture",
    "SameView",
    "SameViewEvidence",
    "alike_at_a_glance",
    "choose_best",
    "copies_of",
    "evidence_with",
    "explain",
    "glance",
    "group_same",
    "grouping_method",
    "groupings",
    "indexed_hashes",
    "is_copy",
    "join_near",
    "may_be_copy",
    "placeholder",
    "scored_pairs",
]
