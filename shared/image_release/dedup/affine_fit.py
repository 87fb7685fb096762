"""Agreement: the affine transform on which most matches of a pair of images agree.

A single match already suggests how the images are aligned, by its shift and its scale. Matches that suggest roughly the
same alignment support one another. The transform is then fitted to the matches with most votes, several times, with a
tighter tolerance each time. Everything is done for many pairs at once, because a pair has only some twenty matches and
numpy's cost is in the number of its calls.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Booleans = NDArray[np.bool_]

LEAST_MATCHES = 6
"""Minimum number of matches that fit the final transform: 11 of 4,146 true pairs had fewer, and two thirds of the other
pairs."""
LEAST_VOTES = 7
"""Minimum number of matches that agree roughly before a transform is fitted; true pairs had 8 or more."""
MOST_HYPOTHESES = 2
"""Maximum number of matches of a pair whose own transform is refined."""
CLOSE_PX = 3.0
"""Maximum distance of a match from the final transform, in pixels of the working image."""
NEAR_PX = 20.0
"""Maximum distance of a match that is near the final transform: one that parallax moved, not one that is wrong."""
SCALE_LOG = 0.75
"""Maximum difference between the scales of two matches that agree, as a natural logarithm."""
ROUNDS = 5
"""Number of times that a transform is fitted, each time to the matches that fitted the one before."""
AGAINST_SHEAR = np.stack([np.diag([0.5, 1.0, 1e-9]), np.diag([1.0, 0.5, 1e-9])])
"""Ridge of a fit to few matches, for x and for y: weak towards its scale, strong against turn and shear."""
LENGTHS = (12, 24, 48, 96)
"""Classes of pairs by their number of matches. Pairs of a class are computed together, padded to its number."""


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """Matches of `b` pairs, padded to `m` each. A place is x and y in pixels of the working image, and a scale."""

    mine: Floats
    """(b, m, 3): places in the first image."""
    theirs: Floats
    """(b, m, 3): places in the second image, which is mirrored already where the pair is tried mirrored."""
    likeness: Floats
    """(b, m): likeness of the two patches, at most 1; 0 where a pair has no more matches."""

    def part(self, which: NDArray[np.intp] | Booleans, length: int) -> Matches:
        """Select some of the pairs, and the first `length` matches of each."""
        return Matches(self.mine[which, :length], self.theirs[which, :length], self.likeness[which, :length])

    def by_length(self) -> Iterator[tuple[NDArray[np.intp], Matches]]:
        """Split the pairs into classes of similar length; yields their indices and their matches."""
        counts, shortest = (self.likeness > 0).sum(axis=1), 0
        for longest in LENGTHS:
            which = np.nonzero((counts > shortest) & (counts <= longest))[0]
            if len(which):
                yield which, self.part(which, longest)
            shortest = longest


@dataclass(frozen=True, slots=True, eq=False)
class Fits:
    """The fitted transforms of `b` pairs."""

    affine: Doubles
    """(b, 2, 3): from pixels of the second image to pixels of the first."""
    agreeing: NDArray[np.intp]
    """(b,): number of matches that fit the transform; 0 where no transform was found."""
    near: NDArray[np.intp]
    """(b,): number of matches that are near the transform."""


def most_votes(matches: Matches) -> NDArray[np.intp]:
    """(b,): the largest number of matches of each pair that agree roughly with a single match."""
    most = np.zeros(len(matches.likeness), np.intp)
    for which, part in matches.by_length():
        most[which] = _votes(part).sum(axis=2).max(axis=1)
    return most


def fit_agreed(matches: Matches) -> Fits:
    """Find for each pair the transform with most agreeing matches among its likeliest hypotheses."""
    count = len(matches.likeness)
    fits = Fits(np.zeros((count, 2, 3)), np.zeros(count, np.intp), np.zeros(count, np.intp))
    for which, part in matches.by_length():
        inside = _votes(part)
        votes = np.matmul(inside, part.likeness[:, :, None])[:, :, 0]
        likely = np.where(inside.sum(axis=2) >= LEAST_VOTES, votes, 0)
        for _ in range(MOST_HYPOTHESES):
            seed = likely.argmax(axis=1)
            rows = np.nonzero(likely[np.arange(len(which)), seed] > 0)[0]
            if not len(rows):
                break
            seeds = seed[rows]
            likely[rows] *= ~inside[rows, seeds]  # matches that agree with it would lead to the same transform
            tried = part.part(rows, part.likeness.shape[1])
            affine, agreeing, near = _refined(tried, _from_one(tried, seeds), inside[rows, seeds])
            better = agreeing > fits.agreeing[which[rows]]
            at = which[rows[better]]
            fits.affine[at], fits.agreeing[at], fits.near[at] = affine[better], agreeing[better], near[better]
    return fits


def _votes(matches: Matches) -> Booleans:
    """(b, m, m): for each match, which matches agree with its scale and shift."""
    mine, theirs = matches.mine, matches.theirs
    scales = mine[:, :, 2] / theirs[:, :, 2]
    (offset_x, error_x), (offset_y, error_y) = (
        _offsets(theirs[:, :, axis], mine[:, :, axis], scales) for axis in (0, 1)
    )
    # A fifth of the distance leaves room for turn, aspect and perspective, which are only fitted later.
    reach = _sum_of_squares(offset_x, offset_y)
    np.sqrt(reach, out=reach)
    reach *= np.float32(0.22)
    reach += 6
    reach *= reach
    logs = np.log(scales)
    near: Booleans = _sum_of_squares(error_x, error_y) < reach
    apart = logs[:, None] - logs[:, :, None]
    near &= np.abs(apart, out=apart) < SCALE_LOG
    there = matches.likeness > 0
    near &= there[:, None]
    near &= there[:, :, None]
    return near


def _sum_of_squares(one: Floats, other: Floats) -> Floats:
    """The sum of the squares of two arrays, made in place: both are overwritten."""
    one *= one
    other *= other
    one += other
    return one


def _offsets(theirs: Floats, mine: Floats, scales: Floats) -> tuple[Floats, Floats]:
    """(b, m, m) each, along one axis: the offset from match to match by the first one's scale, and its error."""
    offset = theirs[:, None] - theirs[:, :, None]
    offset *= scales[:, :, None]
    error = mine[:, None] - mine[:, :, None]
    np.subtract(offset, error, out=error)
    return offset, error


def _from_one(matches: Matches, seed: NDArray[np.intp]) -> Doubles:
    """(b, 2, 3): the transform that one match of each pair, its seed, suggests by itself."""
    rows = np.arange(len(seed))
    mine, theirs = (side[rows, seed].astype(np.float64) for side in (matches.mine, matches.theirs))
    affine = np.zeros((len(seed), 2, 3))
    affine[:, 0, 0] = affine[:, 1, 1] = mine[:, 2] / theirs[:, 2]
    affine[:, :, 2] = mine[:, :2] - affine[:, :1, 0] * theirs[:, :2]
    return affine


def _refined(matches: Matches, affine: Doubles, inside: Booleans) -> tuple[Doubles, NDArray[np.intp], NDArray[np.intp]]:
    """Refine transforms (b, 2, 3) by least squares over the agreeing matches; count those that fit, and are near."""
    count, length = inside.shape
    here = np.concatenate([matches.theirs[:, :, :2], np.ones((count, length, 1), np.float32)], axis=2)
    here = here.astype(np.float64)
    mine, squared = matches.mine[:, :, :2].astype(np.float64), matches.likeness.astype(np.float64) ** 2
    sound = np.ones(count, np.bool_)
    tolerance = 12.0
    for _ in range(ROUNDS):
        sound &= inside.sum(axis=1) >= 3  # noqa: PLR2004 - an affine transform needs three points
        affine = np.where(sound[:, None, None], _least_squares(here, mine, squared * inside, inside, affine), affine)
        determinant = affine[:, 0, 0] * affine[:, 1, 1] - affine[:, 0, 1] * affine[:, 1, 0]
        sound &= (determinant > 0.02) & (determinant < 50)  # noqa: PLR2004 - degenerate, or an impossible scale
        tolerance = max(CLOSE_PX, tolerance * 0.7)
        inside = (_errors(affine, here, mine) < tolerance**2) & (squared > 0)
    errors = _errors(affine, here, mine)
    close = (errors < CLOSE_PX**2) & (squared > 0)
    agreeing = np.minimum(*(_different(side, close) for side in (matches.mine, matches.theirs)))
    near = ((errors < NEAR_PX**2) & (squared > 0)).sum(axis=1)
    return affine, np.where(sound & (agreeing >= LEAST_MATCHES), agreeing, 0), near


def _least_squares(here: Doubles, mine: Doubles, weight: Doubles, inside: Booleans, affine: Doubles) -> Doubles:
    """(b, 2, 3): the transform that maps `here` (b, m, 3) to `mine` (b, m, 2) best, drawn towards `affine`."""
    number = np.maximum(inside.sum(axis=1), 1)[:, None]
    middle = np.matmul(inside[:, None], here[:, :, :2])[:, 0] / number
    away = (here[:, :, :2] - middle[:, None]) * inside[:, :, None]
    spread = np.sqrt(np.einsum("bma,bma->ba", away, away) / number).mean(axis=1)
    stiff = 0.18 * number[:, 0] * np.maximum(1.0, (20 / np.maximum(spread, 3.0)) ** 2)
    weighted = (here * weight[:, :, None]).transpose(0, 2, 1)
    normal, right = weighted @ here, (weighted @ mine).transpose(0, 2, 1)
    right[:, 0, 0] += 0.5 * stiff * affine[:, 0, 0]
    right[:, 1, 1] += 0.5 * stiff * affine[:, 1, 1]
    drawn = normal[:, None] + stiff[:, None, None, None] * AGAINST_SHEAR + 1e-12 * np.eye(3)
    solved: Doubles = np.linalg.solve(drawn, right[..., None])[..., 0]
    return solved


def _errors(affine: Doubles, here: Doubles, mine: Doubles) -> Doubles:
    """(b, m): squared distance of each mapped place from its match, in pixels squared."""
    away = here @ affine.transpose(0, 2, 1) - mine
    errors: Doubles = np.einsum("bma,bma->bm", away, away)
    return errors


def _different(places: Floats, which: Booleans) -> NDArray[np.intp]:
    """(b,): number of different places among those selected; places within half a pixel of each other count once."""
    x, y = (np.rint(places[:, :, axis] * 2).astype(np.int64) for axis in (0, 1))
    codes = np.sort(np.where(which, x * 65_536 + y, np.iinfo(np.int64).max), axis=1)
    changes = (np.diff(codes, axis=1) != 0).sum(axis=1) + 1
    return np.asarray(changes - ~which.all(axis=1), np.intp)
