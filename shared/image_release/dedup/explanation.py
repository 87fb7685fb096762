"""Explaining: everything that led to a decision about two images, as plain values for people to look at.

Grouping keeps one line of evidence for each join. This module computes the same pair again and keeps the intermediate
results: where one image lies in the other, the values of each block, every statistic and what it added to the score.
Nothing here decides anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from image_release.dedup.blocks import BLOCK
from image_release.dedup.changed_regions import after_a_look
from image_release.dedup.displacement import Displacements, displacements, shifts
from image_release.dedup.evidence import (
    Evidence,
    coarse_features,
    evidence,
    statistics,
)
from image_release.dedup.grouping import FEW_AGREEING, FEW_NEED_MORE, content_key
from image_release.dedup.matching import CandidatePair, candidate_pairs
from image_release.dedup.patterns import fits_elsewhere, period
from image_release.dedup.prepared_image import MIDDLE, PreparedImage
from image_release.dedup.registration import Registered, align_coarsely, register
from image_release.dedup.same_view import Difference
from image_release.dedup.same_view_difference import LEAST_TAKEN, changed_light, difference_of
from image_release.dedup.same_view_evidence import SameViewEvidence, coarse_evidence, same_view_evidence
from image_release.dedup.same_view_pairs import LEAST_SCORE
from image_release.dedup.seams import is_shown_beside_others
from image_release.dedup.texture import well_textured
from image_release.dedup.weights import PairWeights, coarse_weights, region_weights, shipped_weights
from image_release.fingerprint import Fingerprint, WorkingImage
from image_release.settings import GroupingSettings

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]
Booleans = NDArray[np.bool_]

THING = "thing"
"""Name of what a region that looks like a thing takes from the score."""


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Values of each block of `one` at the middle level; all arrays are (rows, columns)."""

    area: tuple[float, float, float, float]
    """Where the blocks lie: left, top, right and bottom as shares of the whole image."""
    inside: Booleans
    """The block lies wholly in both images."""
    textured: Booleans
    """The block has enough texture to be compared."""
    correlation: Floats
    displacement: Floats
    """Length of the shift that would make the block fit best, in pixels of the working image."""
    shift: Floats
    """(2, rows, columns): that shift, across and down."""
    light: Floats
    """How much brighter the block is in `other` than one tone curve for all blocks says, in grey levels."""


@dataclass(frozen=True, slots=True, eq=False)
class AlignedPair:
    """A pair that could be registered."""

    transform: Doubles
    """(3, 3): from a position in `one` to the same thing in `other`, both as shares of the sides of the whole image.

    It includes the mirroring of a mirrored copy.
    """
    blocks: Blocks
    statistics: Mapping[str, float]
    contributions: Mapping[str, float]
    """What each statistic adds to the score; the score is their sum plus `intercept`."""
    intercept: float
    evidence: Evidence
    difference: Difference
    """What tells the two apart, if they are two photographs of the same view."""

    @property
    def has_thing(self) -> bool:
        """Whether a region in which the two differ looks so much like a thing that the score is lower for it."""
        return self.contributions.get(THING, 0.0) < -LEAST_TAKEN


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """What grouping sees of two images."""

    swapped: bool
    """Whether `one` is the second of the two images. Their contents decide in which order a pair is compared."""
    agreeing: int
    """Number of matching points that agree on one transform; 0 where there are too few."""
    matches: int
    """Number of matching points."""
    mirrored: bool
    coarse_score: float | None
    """Score of the coarse pass; None where the pair could not be aligned."""
    same_view: SameViewEvidence | None
    """How likely the two show the same view; None where the pair is mirrored or could not be aligned."""
    aligned: AlignedPair | None
    """The registered pair; None where it could not be registered. Grouping skips it if the coarse pass gives up."""
    hash_distances: NDArray[np.uint8]
    """(36, 36): number of bits in which each crop of `one` differs from each of `other`; index = 6 x width step +
    height step."""
    is_pattern: bool = False
    """Whether the two show a regular pattern and fit as well at another place, so that their score says nothing."""
    is_collage: bool = False
    """Whether one of the two is a collage that shows the other one, or a part of it, beside other pictures."""

    @property
    def is_same_view(self) -> bool:
        """Whether the two show the same view, if they are not one photograph."""
        return self.same_view is not None and self.same_view.score >= LEAST_SCORE

    @property
    def needs_more(self) -> float:
        """How much more than the score of a bridge the pair needs, because few of its matching points agree."""
        return FEW_NEED_MORE if self.agreeing < FEW_AGREEING else 0.0

    def given_up(self, settings: GroupingSettings) -> bool:
        """Whether grouping gives the pair up after the coarse pass."""
        return self.coarse_score is not None and self.coarse_score < settings.least_first_look


def explain(first: Fingerprint, second: Fingerprint) -> Explanation:
    """Compute a pair as grouping does, and keep the intermediate results."""
    swapped = content_key(second) < content_key(first)
    one, other = (second, first) if swapped else (first, second)
    pair = next(candidate_pairs([one, other]), None)
    mine, theirs = PreparedImage(one), PreparedImage(other)
    coarse = align_coarsely(mine, theirs, pair) if pair else None
    registered = register(mine, theirs, pair, coarse) if pair and coarse else None
    shift = period(one.keypoints) if registered and period(other.keypoints) else None
    features = coarse_features(mine, pair, coarse) if pair and coarse else {}
    seen = coarse_evidence(mine, theirs, pair, coarse, features) if pair and coarse and not pair.mirrored else None
    return Explanation(
        swapped=swapped,
        agreeing=pair.agreeing if pair else 0,
        matches=pair.matches if pair else 0,
        mirrored=pair.mirrored if pair else False,
        coarse_score=coarse_weights().score(features) if features else None,
        same_view=same_view_evidence(mine, theirs, seen) if seen else None,
        aligned=_aligned_pair(one, other, mine, theirs, pair, registered) if pair and registered else None,
        is_pattern=bool(shift and pair and registered and fits_elsewhere(mine, theirs, pair, registered, shift)),
        is_collage=bool(
            pair and registered and is_shown_beside_others(mine, theirs, registered, mirrored=pair.mirrored)
        ),
        hash_distances=np.bitwise_count(one.hashes[:, None] ^ other.hashes[None]),
    )


def _aligned_pair(
    one: Fingerprint,
    other: Fingerprint,
    mine: PreparedImage,
    theirs: PreparedImage,
    pair: CandidatePair,
    registered: Registered,
) -> AlignedPair:
    displaced, weights = displacements(mine, registered), shipped_weights()
    found = statistics(mine, theirs, pair, registered, displaced)
    before = weights.score(found)
    score = after_a_look(before, mine, registered, region_weights())
    light = changed_light(mine, registered)[registered.levels[MIDDLE].inside]
    return AlignedPair(
        transform=_in_shares(registered, one.working, other.working, mirrored=pair.mirrored),
        blocks=_blocks(mine, one.working, registered, displaced),
        statistics={**found, THING: before - score},
        contributions={**_contributions(weights, found), THING: score - before},
        intercept=weights.score(weights.mean),
        evidence=evidence("", pair, registered, displaced, found, score),
        difference=difference_of(found, light, before, before - score),
    )


def _contributions(weights: PairWeights, found: Mapping[str, float]) -> dict[str, float]:
    """What each statistic adds to the score: the change of the score when it replaces its mean, one after the other."""
    means = dict(weights.mean)
    steps = [{**means, **{name: found[name] for name in weights.names[:count]}} for count in range(len(means) + 1)]
    return {
        name: after - before
        for name, (before, after) in zip(weights.names, pairwise(map(weights.score, steps)), strict=True)
    }


def _blocks(one: PreparedImage, working: WorkingImage, registered: Registered, displaced: Displacements) -> Blocks:
    rows, columns = one.blocks
    aligned = registered.levels[MIDDLE]
    left, top, right, bottom = working.inside
    height, width = one.shape
    return Blocks(
        area=(
            left,
            top,
            left + (right - left) * columns * BLOCK / width,
            top + (bottom - top) * rows * BLOCK / height,
        ),
        inside=aligned.inside.reshape(rows, columns),
        textured=well_textured(one, aligned).reshape(rows, columns),
        correlation=aligned.correlation.reshape(rows, columns),
        displacement=displaced.pooled.reshape(rows, columns),
        shift=shifts(one, registered).reshape(2, rows, columns),
        light=changed_light(one, registered).reshape(rows, columns),
    )


def _in_shares(registered: Registered, one: WorkingImage, other: WorkingImage, *, mirrored: bool) -> Doubles:
    """(3, 3): the transform between working images, as a transform between shares of the whole images."""
    mirror = np.array([[-1, 0, other.grey.shape[1]], [0, 1, 0], [0, 0, 1]]) if mirrored else np.eye(3)
    transform = np.linalg.inv(_to_working(other)) @ mirror @ registered.transform @ _to_working(one)
    return np.asarray(transform / transform[2, 2], np.float64)


def _to_working(working: WorkingImage) -> Doubles:
    """(3, 3): from shares of the whole image to pixels of the working image."""
    left, top, right, bottom = working.inside
    height, width = working.grey.shape
    across, down = width / (right - left), height / (bottom - top)
    return np.array([[across, 0, -left * across], [0, down, -top * down], [0, 0, 1]])
