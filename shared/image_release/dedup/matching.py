"""Candidates: which pairs of images might show the same photograph, and by which rough transform.

Patches are matched both ways round at once (see fingerprinting.keypoints). A few of each image's strongest points sort
out most pairs; those that stay are matched with all points, and a transform is fitted that many matches agree on.
Recall is what counts here: look-alikes are told apart afterwards, by registration.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from image_release.dedup.agreement import Matches, agreed, most_votes
from image_release.dedup.shortlist import shared_points
from image_release.fingerprint import MOST_POINTS, Fingerprint

Floats = NDArray[np.float32]
Indices = NDArray[np.intp]

STRONGEST = 64
"""Points of each image with which pairs are sorted out."""
ALIKE = 0.72
"""Least likeness of two patches (1: equal) to be a match."""
SURE = 0.85
"""Likeness from which a match need not be the best one both ways."""
EITHER_WAY = 0.12
"""Below this odd part a patch is symmetric and matches mirrored and unmirrored."""
LEAST_AGREEING = 6
"""Matches of the strongest points, agreeing on a transform, for a pair to be looked at with all points: 1 of 3,515 true
pairs had fewer, and two thirds of the others."""
PAIRS_AT_ONCE = 128
"""Bounds memory."""


@dataclass(frozen=True, slots=True, eq=False)
class CandidatePair:
    """`affine` (2, 3) takes pixels of `other` (mirrored first if `mirrored`) to pixels of `one`."""

    one: int
    other: int
    mirrored: bool
    affine: NDArray[np.float64]
    agreeing: int
    """Matches that fit the transform."""
    matches: int


@dataclass(frozen=True, slots=True, eq=False)
class _Points:
    """The keypoints of all images, as floats and padded to one number, ready for products."""

    places: Floats
    even: Floats
    odd: Floats
    width: Floats
    """(images, 1)"""

    @classmethod
    def of(cls, fingerprints: Sequence[Fingerprint]) -> _Points:
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
        places[:, :, 2] += places[:, :, 2] == 0  # any scale, of points that are not there
        even *= unit
        odd *= unit
        width = np.array([[item.working.grey.shape[1]] for item in fingerprints], np.float32)
        return cls(places, even, odd, width)


def candidate_pairs(fingerprints: Sequence[Fingerprint], with_image: int | None = None) -> Iterator[CandidatePair]:
    """Every pair that might show the same photograph, `one` before `other`; only pairs with one image, if given."""
    if not fingerprints:
        return
    points = _Points.of(fingerprints)
    pairs = list(_plausible(points, with_image))
    for start in range(0, len(pairs), PAIRS_AT_ONCE):
        yield from _fitted(points, np.array(pairs[start : start + PAIRS_AT_ONCE]))


def _plausible(points: _Points, with_image: int | None) -> Iterator[tuple[int, int]]:
    """Pairs whose strongest points agree."""
    even, odd = points.even[:, :STRONGEST], points.odd[:, :STRONGEST]
    for one, later, likeness in shared_points(even, odd, ALIKE, LEAST_AGREEING, with_image):
        found = _matched(likeness)
        enough = (found.likeness > 0).sum(axis=1) >= LEAST_AGREEING
        found, others = found.of(enough), later[enough]
        ones = np.full(len(others), one)
        votes = [most_votes(found.matches(points, ones, others, mirrored=mirrored)) for mirrored in (False, True)]
        for other in others[np.maximum(*votes) >= LEAST_AGREEING]:
            yield one, int(other)


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """(pairs, m): numbers of points of the two images that match, and how alike they are, 0 where there are no more."""

    mine: NDArray[np.intp]
    theirs: NDArray[np.intp]
    likeness: Floats

    def of(self, which: NDArray[np.bool_]) -> _Found:
        """Some of the pairs."""
        return _Found(self.mine[which], self.theirs[which], self.likeness[which])

    def only(self, which: NDArray[np.bool_]) -> _Found:
        """Some of the matches (pairs, m) of each pair, those that stay first."""
        order = np.argsort(~which, axis=1, kind="stable")[:, : which.sum(axis=1).max(initial=0)]
        rows = np.arange(len(order))[:, None]
        return _Found(self.mine[rows, order], self.theirs[rows, order], (self.likeness * which)[rows, order])

    def matches(self, points: _Points, one: Indices, other: Indices, *, mirrored: bool) -> Matches:
        """With their places, those of the other image mirrored if asked for."""
        mine, theirs = points.places[one[:, None], self.mine], points.places[other[:, None], self.theirs]
        if mirrored:
            theirs[:, :, 0] = points.width[other] - theirs[:, :, 0]
        return Matches(mine, theirs, self.likeness)


def _matched(likeness: Floats) -> _Found:
    """Of (pairs, points, points): points that are each other's best match, or too alike to doubt."""
    partner = likeness.argmax(axis=2)
    best = np.take_along_axis(likeness, partner[:, :, None], axis=2)[:, :, 0]
    most = np.take_along_axis(likeness.max(axis=1), partner, axis=1)
    keep = (best > ALIKE) & ((best >= most) | (best > SURE))
    return _Found(np.broadcast_to(np.arange(likeness.shape[1]), partner.shape), partner, best).only(keep)


def _fitted(points: _Points, pairs: Indices) -> Iterator[CandidatePair]:
    """Of pairs (n, 2), those with a transform on which enough matches agree."""
    one, other = pairs.T
    even = points.even[one] @ points.even[other].transpose(0, 2, 1)
    odd = points.odd[one] @ points.odd[other].transpose(0, 2, 1)
    found = _matched(even + np.abs(odd))
    way = odd[np.arange(len(pairs))[:, None], found.mine, found.theirs]
    there = found.likeness > 0
    fits, counts = [], []
    for mirrored in (False, True):
        these = found.only(there & (((way < 0) == mirrored) | (np.abs(way) < EITHER_WAY)))
        fits.append(agreed(these.matches(points, one, other, mirrored=mirrored)))
        counts.append((these.likeness > 0).sum(axis=1))
    for number, (first, second) in enumerate(pairs.tolist()):
        mirrored = bool(fits[1].agreeing[number] > fits[0].agreeing[number])
        best = fits[mirrored]
        if best.agreeing[number]:
            affine, agreeing = best.affine[number], int(best.agreeing[number])
            yield CandidatePair(first, second, mirrored, affine, agreeing, int(counts[mirrored][number]))
