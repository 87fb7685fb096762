"""Explaining: everything that led to a decision about two images, as plain values for people to look at.

Grouping keeps one line of evidence a join. This works the same pair out again and keeps what it saw on the way: where
one picture lies on the other, what each block said, every statistic and what it added to the score. Nothing here
decides anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from image_release.dedup.evidence import (
    Evidence,
    Moved,
    displacement,
    evidence,
    first_look,
    statistics,
    well_textured,
)
from image_release.dedup.grouping import FingerprintedImage, Pairs, content_key, in_content_order
from image_release.dedup.matching import CandidatePair, candidate_pairs
from image_release.dedup.registration import BLOCK, Registered, Sheet, lay_roughly, register
from image_release.dedup.weights import Weights, first_look_weights, shipped_weights
from image_release.fingerprint import Fingerprint, Working
from image_release.settings import GroupingSettings

Doubles = NDArray[np.float64]
Floats = NDArray[np.float32]
Marks = NDArray[np.bool_]

MIDDLE = 1
"""The level of registration whose blocks are shown: the one on whose displacement the score rests."""


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """What each block of `one` says, all (rows, columns)."""

    area: tuple[float, float, float, float]
    """Where they lie: (left, top, right, bottom) as shares of the whole image."""
    inside: Marks
    """The block lies wholly in both pictures."""
    textured: Marks
    """There is enough in it to compare."""
    correlation: Floats
    moved: Floats
    """How far the block would still have to move to fit best, in pixels of the working picture."""


@dataclass(frozen=True, slots=True, eq=False)
class LaidOver:
    """A pair that could be laid over each other."""

    transform: Doubles
    """(3, 3): from a place in `one` to the same thing's place in `other`, both as shares of the whole image's sides.

    It mirrors where the copy is mirrored.
    """
    blocks: Blocks
    statistics: Mapping[str, float]
    contributions: Mapping[str, float]
    """What each statistic adds to the score; with `intercept` they sum to it."""
    intercept: float
    evidence: Evidence


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """Grouping compares a pair one way round, which their contents give: `swapped` says that `one` is the second."""

    swapped: bool
    agreeing: int
    """Matching points that agree on one transform; 0 where there are too few to go on."""
    matches: int
    mirrored: bool
    first_look: float | None
    """What a pair that was laid over each other roughly scored; None where it could not be."""
    laid: LaidOver | None
    """Exactly, which grouping leaves out where the first look gives a pair up."""
    hash_distances: NDArray[np.uint8]
    """(36, 36): bits in which each crop of `one` differs from each of `other`; index = 6 x width step + height step."""

    def given_up(self, settings: GroupingSettings) -> bool:
        """Whether grouping goes no further after the first look."""
        return self.first_look is not None and self.first_look < settings.least_first_look


def explain(first: Fingerprint, second: Fingerprint) -> Explanation:
    """Work a pair out as grouping does, and keep what it saw."""
    swapped = content_key(second) < content_key(first)
    one, other = (second, first) if swapped else (first, second)
    candidate = next(candidate_pairs([one, other]), None)
    mine, theirs = Sheet(one), Sheet(other)
    rough = lay_roughly(mine, theirs, candidate) if candidate else None
    registered = register(mine, theirs, candidate, rough) if candidate and rough else None
    return Explanation(
        swapped=swapped,
        agreeing=candidate.agreeing if candidate else 0,
        matches=candidate.matches if candidate else 0,
        mirrored=candidate.mirrored if candidate else False,
        first_look=first_look_weights().score(first_look(mine, candidate, rough)) if candidate and rough else None,
        laid=_laid_over(one, other, mine, theirs, candidate, registered) if candidate and registered else None,
        hash_distances=np.bitwise_count(one.hashes[:, None] ^ other.hashes[None]),
    )


def scored_pairs(
    images: Mapping[str, FingerprintedImage], wanted: Callable[[str, str], bool]
) -> Iterator[tuple[str, str, float]]:
    """The SHA-256s and the score of each wanted pair of a hotel that can be compared at all."""
    shas = in_content_order(images)
    pairs = Pairs([images[sha256].fingerprint for sha256 in shas], GroupingSettings())
    for one, other in pairs.likeliest_first():
        if not wanted(shas[one], shas[other]):
            continue
        score = pairs.score(one, other)
        assert score is not None, "likely pairs have something in common"
        yield shas[one], shas[other], score


def _laid_over(
    one: Fingerprint, other: Fingerprint, mine: Sheet, theirs: Sheet, candidate: CandidatePair, registered: Registered
) -> LaidOver:
    moved, weights = displacement(mine, registered), shipped_weights()
    found = statistics(mine, theirs, candidate, registered, moved)
    return LaidOver(
        transform=_in_shares(registered, one.working, other.working, mirrored=candidate.mirrored),
        blocks=_blocks(mine, one.working, registered, moved),
        statistics=found,
        contributions=_contributions(weights, found),
        intercept=weights.intercept,
        evidence=evidence("", candidate, registered, moved, found, weights.score(found)),
    )


def _contributions(weights: Weights, found: Mapping[str, float]) -> dict[str, float]:
    """What each statistic adds: the weights' own score, taken apart by letting them in one after the other."""
    means = dict(zip(weights.names, weights.mean, strict=True))
    steps = [{**means, **{name: found[name] for name in weights.names[:count]}} for count in range(len(means) + 1)]
    return {
        name: after - before
        for name, (before, after) in zip(weights.names, pairwise(map(weights.score, steps)), strict=True)
    }


def _blocks(one: Sheet, working: Working, registered: Registered, moved: Moved) -> Blocks:
    rows, columns = one.blocks
    laid = registered.laid[MIDDLE]
    left, top, right, bottom = working.inside
    height, width = one.shape
    return Blocks(
        area=(
            left,
            top,
            left + (right - left) * columns * BLOCK / width,
            top + (bottom - top) * rows * BLOCK / height,
        ),
        inside=laid.inside.reshape(rows, columns),
        textured=well_textured(one, laid).reshape(rows, columns),
        correlation=laid.correlation.reshape(rows, columns),
        moved=moved.pooled.reshape(rows, columns),
    )


def _in_shares(registered: Registered, one: Working, other: Working, *, mirrored: bool) -> Doubles:
    """The transform between working pictures as one between whole images."""
    mirror = np.array([[-1, 0, other.grey.shape[1]], [0, 1, 0], [0, 0, 1]]) if mirrored else np.eye(3)
    transform = np.linalg.inv(_to_working(other)) @ mirror @ registered.transform @ _to_working(one)
    return np.asarray(transform / transform[2, 2], np.float64)


def _to_working(working: Working) -> Doubles:
    """From shares of the whole image to pixels of the working picture."""
    left, top, right, bottom = working.inside
    height, width = working.grey.shape
    across, down = width / (right - left), height / (bottom - top)
    return np.array([[across, 0, -left * across], [0, down, -top * down], [0, 0, 1]])
