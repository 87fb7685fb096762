"""Matching: the pairs of images that might show the same photograph, each with a rough transform.

Patches are matched mirrored and unmirrored at once (see `fingerprint/keypoints.py`). The strongest points of each image
rule out most pairs. The other pairs are matched with all their points, and an affine transform is fitted on which many
matches agree. Only recall counts here: registration tells look-alikes apart afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from image_release.dedup.affine_fit import Matches, fit_agreed, most_votes
from image_release.dedup.shortlist import shared_points
from image_release.fingerprint import MOST_POINTS, Fingerprint

Floats = NDArray[np.float32]
Indices = NDArray[np.intp]

STRONGEST = 64
"""Number of points of each image with which pairs are ruled out."""
ALIKE = 0.72
"""Minimum likeness of two patches to be a match; equal patches have 1."""
SURE = 0.85
"""Likeness from which a match need not be the best one in both directions."""
EITHER_WAY = 0.12
"""Odd part below which a patch is symmetric, so that it matches mirrored and unmirrored."""
LEAST_AGREEING = 6
"""Minimum number of matches of the strongest points that agree on a transform, for a pair to be matched with all
points: 1 of 3,515 true pairs had fewer, and two thirds of the other pairs."""
PAIRS_AT_ONCE = 128
"""Number of pairs that are matched together, which bounds the memory."""


@dataclass(frozen=True, slots=True, eq=False)
class CandidatePair:
    """Two images that might show the same photograph."""

    one: int
    """Index of the first image."""
    other: int
    """Index of the second image."""
    mirrored: bool
    """Whether the second image is mirrored against the first."""
    affine: NDArray[np.float64]
    """(2, 3): from pixels of the second image (mirrored first if `mirrored`) to pixels of the first."""
    agreeing: int
    """Number of matches that fit the transform."""
    near: int
    """Number of matches that are near the transform."""
    matches: int
    """Number of matching points."""


@dataclass(frozen=True, slots=True, eq=False)
class _Points:
    """The keypoints of all images as floats, padded to MOST_POINTS each."""

    places: Floats
    """(images, points, 3): x, y and scale, in pixels of the working image."""
    even: Floats
    """(images, points, 21): the even part of each patch; 0 for padding."""
    odd: Floats
    """(images, points, 17): the odd part of each patch; 0 for padding."""
    width: Floats
    """(images, 1): width of the working image, in pixels."""

    @classmethod
    def of(cls, fingerprints: Sequence[Fingerprint]) -> _Points:
        """Unpack the keypoints of some images."""
        unit = np.float32(1 / 127)
        places, even, odd = (
            np.zeros((len(fingerprints), MOST_POINTS, part.shape[1]), np.float32)
            for part in (
                fingerprints[0].keypoints.places,
                fingerprints[0].keypoints.even,
                fingerprints[0].keypoints.odd,
            )
        )
        for index, points in enumerate(item.keypoints for item in fingerprints):
            count = len(points.places)
            places[index, :count], even[index, :count], odd[index, :count] = points.places, points.even, points.odd
        places[:, :, 2] += places[:, :, 2] == 0  # padding needs a scale other than 0
        even *= unit
        odd *= unit
        width = np.array([[item.working.grey.shape[1]] for item in fingerprints], np.float32)
        return cls(places, even, odd, width)


def candidate_pairs(fingerprints: Sequence[Fingerprint], with_image: int | None = None) -> Iterator[CandidatePair]:
    """Yield every pair that might show the same photograph, `one` before `other`; with `with_image`, only its pairs."""
    if not fingerprints:
        return
    points = _Points.of(fingerprints)
    pairs = list(_plausible(points, with_image))
    for start in range(0, len(pairs), PAIRS_AT_ONCE):
        yield from _fitted(points, np.array(pairs[start : start + PAIRS_AT_ONCE]))


def _plausible(points: _Points, with_image: int | None) -> Iterator[tuple[int, int]]:
    """Yield the pairs whose strongest points agree, as indices."""
    even, odd = points.even[:, :STRONGEST], points.odd[:, :STRONGEST]
    for one, later, likeness in shared_points(even, odd, ALIKE, LEAST_AGREEING, with_image):
        found = _matched(likeness)
        enough = (found.likeness > 0).sum(axis=1) >= LEAST_AGREEING
        found, others = found.of(enough), later[enough]
        agree = _agree(points, found, one, others, mirrored=False)
        left = np.nonzero(~agree)[0]  # mirroring need not be tried where the others agree already
        agree[left] = _agree(points, found.of(left), one, others[left], mirrored=True)
        for other in others[agree]:
            yield one, int(other)


def _agree(points: _Points, found: _MatchedPoints, one: int, others: Indices, *, mirrored: bool) -> NDArray[np.bool_]:
    """(n,): whether enough matches of an image and each of the others agree roughly."""
    matches = found.matches(points, np.full(len(others), one), others, mirrored=mirrored)
    return most_votes(matches) >= LEAST_AGREEING


@dataclass(frozen=True, slots=True, eq=False)
class _MatchedPoints:
    """The matching points of many pairs, padded to `m` each; all arrays are (pairs, m)."""

    mine: NDArray[np.intp]
    """Indices of points of the first image."""
    theirs: NDArray[np.intp]
    """Indices of the matching points of the second image."""
    likeness: Floats
    """Likeness of the two patches; 0 for padding."""

    def of(self, which: NDArray[np.bool_] | Indices) -> _MatchedPoints:
        """Select some of the pairs."""
        return _MatchedPoints(self.mine[which], self.theirs[which], self.likeness[which])

    def only(self, which: NDArray[np.bool_]) -> _MatchedPoints:
        """Select some of the matches (pairs, m) of each pair and move them to the front."""
        order = np.argsort(~which, axis=1, kind="stable")[:, : which.sum(axis=1).max(initial=0)]
        rows = np.arange(len(order))[:, None]
        return _MatchedPoints(self.mine[rows, order], self.theirs[rows, order], (self.likeness * which)[rows, order])

    def matches(self, points: _Points, one: Indices, other: Indices, *, mirrored: bool) -> Matches:
        """Look up the places of the points; those of the second image are mirrored if asked for."""
        mine, theirs = points.places[one[:, None], self.mine], points.places[other[:, None], self.theirs]
        if mirrored:
            theirs[:, :, 0] = points.width[other] - theirs[:, :, 0]
        return Matches(mine, theirs, self.likeness)


def _matched(likeness: Floats) -> _MatchedPoints:
    """Match points by their likeness (pairs, points, points): each other's best match, or too alike for doubt."""
    partner = likeness.argmax(axis=2)
    best = np.take_along_axis(likeness, partner[:, :, None], axis=2)[:, :, 0]
    most = np.take_along_axis(likeness.max(axis=1), partner, axis=1)
    keep = (best > ALIKE) & ((best >= most) | (best > SURE))
    return _MatchedPoints(np.broadcast_to(np.arange(likeness.shape[1]), partner.shape), partner, best).only(keep)


def _fitted(points: _Points, pairs: Indices) -> Iterator[CandidatePair]:
    """Yield those of the pairs (n, 2) for which enough matches agree on a transform."""
    one, other = pairs.T
    even = points.even[one] @ points.even[other].transpose(0, 2, 1)
    odd = points.odd[one] @ points.odd[other].transpose(0, 2, 1)
    found = _matched(even + np.abs(odd))
    way = odd[np.arange(len(pairs))[:, None], found.mine, found.theirs]
    there = found.likeness > 0
    fits, counts = [], []
    for mirrored in (False, True):
        these = found.only(there & (((way < 0) == mirrored) | (np.abs(way) < EITHER_WAY)))
        fits.append(fit_agreed(these.matches(points, one, other, mirrored=mirrored)))
        counts.append((these.likeness > 0).sum(axis=1))
    for number, (first, second) in enumerate(pairs.tolist()):
        mirrored = bool(fits[1].agreeing[number] > fits[0].agreeing[number])
        best = fits[mirrored]
        if best.agreeing[number]:
            affine, agreeing, near = best.affine[number], int(best.agreeing[number]), int(best.near[number])
            yield CandidatePair(first, second, mirrored, affine, agreeing, near, int(counts[mirrored][number]))
