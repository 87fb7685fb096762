"""Agreement: the affine transform on which most matches of a pair of images agree.

A match says by itself how the pictures lie over each other: its shift, and its scale. Those that say roughly the same
vote for one another; the transform is fitted to the likeliest lot, again and again with a tighter tolerance. Everything
is done for many pairs at once, because a pair has some twenty matches and numpy's cost is in its calls.
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
"""Matches that must fit the transform in the end: 11 of 4,146 true pairs had fewer, and two thirds of the others."""
LEAST_VOTES = 7
"""Matches that must roughly agree for a transform to be fitted at all; true pairs had 8 or more of them."""
MOST_HYPOTHESES = 2
CLOSE_PX = 3.0
"""How well a match must fit the transform in the end, pixels of the working picture."""
SCALE_LOG = 0.75
"""How far two matches' own scales may differ, natural logarithm."""
ROUNDS = 5
AGAINST_SHEAR = np.stack([np.diag([0.5, 1.0, 1e-9]), np.diag([1.0, 0.5, 1e-9])])
"""How a fit to few matches is drawn towards its scale (weakly) and away from turns and shear, for x and for y."""
LENGTHS = (12, 24, 48, 96)
"""Pairs with at most so many matches are worked on together: a short one is not padded to the longest."""


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """Matches of `b` pairs, padded to `m` each. A place is x and y in pixels of the working picture, and a scale."""

    mine: Floats
    """(b, m, 3)"""
    theirs: Floats
    """(b, m, 3), mirrored already if the pair is tried mirrored."""
    likeness: Floats
    """(b, m): 0 where a pair has no more matches."""

    def part(self, which: NDArray[np.intp] | Booleans, length: int) -> Matches:
        """Some of the pairs, `length` matches of each."""
        return Matches(self.mine[which, :length], self.theirs[which, :length], self.likeness[which, :length])

    def by_length(self) -> Iterator[tuple[NDArray[np.intp], Matches]]:
        """The pairs in parts of like length: which they are, and their matches."""
        counts, shortest = (self.likeness > 0).sum(axis=1), 0
        for longest in LENGTHS:
            which = np.nonzero((counts > shortest) & (counts <= longest))[0]
            if len(which):
                yield which, self.part(which, longest)
            shortest = longest


@dataclass(frozen=True, slots=True, eq=False)
class Fits:
    """`affine` (b, 2, 3) takes pixels of the other picture to this one's; `agreeing` (b,) is how many matches fit."""

    affine: Doubles
    agreeing: NDArray[np.intp]


def most_votes(matches: Matches) -> NDArray[np.intp]:
    """(b,): how many matches of each pair agree roughly with one of them."""
    most = np.zeros(len(matches.likeness), np.intp)
    for which, part in matches.by_length():
        most[which] = _votes(part).sum(axis=2).max(axis=1)
    return most


def agreed(matches: Matches) -> Fits:
    """For each pair the transform with most agreeing matches among its likeliest hypotheses."""
    count = len(matches.likeness)
    fits = Fits(np.zeros((count, 2, 3)), np.zeros(count, np.intp))
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
            likely[rows] *= ~inside[rows, seeds]  # those that agree with it would say the same
            tried = part.part(rows, part.likeness.shape[1])
            affine, agreeing = _refined(tried, _from_one(tried, seeds), inside[rows, seeds])
            better = agreeing > fits.agreeing[which[rows]]
            at = which[rows[better]]
            fits.affine[at], fits.agreeing[at] = affine[better], agreeing[better]
    return fits


def _votes(matches: Matches) -> Booleans:
    """(b, m, m): which matches agree with the scale and shift of each match."""
    mine, theirs = matches.mine, matches.theirs
    scales = mine[:, :, 2] / theirs[:, :, 2]
    (offset_x, error_x), (offset_y, error_y) = (
        _offsets(theirs[:, :, axis], mine[:, :, axis], scales) for axis in (0, 1)
    )
    # A fifth of the distance leaves room for turns, other aspects and perspective until the fit knows better.
    reach = 6 + np.float32(0.22) * np.sqrt(offset_x**2 + offset_y**2)
    logs = np.log(scales)
    near: Booleans = error_x**2 + error_y**2 < reach**2
    near &= np.abs(logs[:, None] - logs[:, :, None]) < SCALE_LOG
    there = matches.likeness > 0
    near &= there[:, None] & there[:, :, None]
    return near


def _offsets(theirs: Floats, mine: Floats, scales: Floats) -> tuple[Floats, Floats]:
    """(b, m, m) along one axis: from match to match by the first one's scale, and how far that is from the truth."""
    offset = scales[:, :, None] * (theirs[:, None] - theirs[:, :, None])
    return offset, offset - (mine[:, None] - mine[:, :, None])


def _from_one(matches: Matches, seed: NDArray[np.intp]) -> Doubles:
    """(b, 2, 3): what one match of each pair says by itself."""
    rows = np.arange(len(seed))
    mine, theirs = (side[rows, seed].astype(np.float64) for side in (matches.mine, matches.theirs))
    affine = np.zeros((len(seed), 2, 3))
    affine[:, 0, 0] = affine[:, 1, 1] = mine[:, 2] / theirs[:, 2]
    affine[:, :, 2] = mine[:, :2] - affine[:, :1, 0] * theirs[:, :2]
    return affine


def _refined(matches: Matches, affine: Doubles, inside: Booleans) -> tuple[Doubles, NDArray[np.intp]]:
    """Least squares over the agreeing matches, drawn towards no shear; and how many places fit it in the end."""
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
        sound &= (determinant > 0.02) & (determinant < 50)  # noqa: PLR2004 - folded over, or out of all scale
        tolerance = max(CLOSE_PX, tolerance * 0.7)
        inside = (_errors(affine, here, mine) < tolerance**2) & (squared > 0)
    close = (_errors(affine, here, mine) < CLOSE_PX**2) & (squared > 0)
    agreeing = np.minimum(*(_different(side, close) for side in (matches.mine, matches.theirs)))
    return affine, np.where(sound & (agreeing >= LEAST_MATCHES), agreeing, 0)


def _least_squares(here: Doubles, mine: Doubles, weight: Doubles, inside: Booleans, affine: Doubles) -> Doubles:
    """(b, 2, 3): the transform that takes `here` (b, m, 3) to `mine` (b, m, 2) best, drawn towards `affine`."""
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
    """(b, m): squared distance of each moved place from its match."""
    away = here @ affine.transpose(0, 2, 1) - mine
    errors: Doubles = np.einsum("bma,bma->bm", away, away)
    return errors


def _different(places: Floats, which: Booleans) -> NDArray[np.intp]:
    """(b,): how many of these places there are, those within half a pixel counted once."""
    x, y = (np.rint(places[:, :, axis] * 2).astype(np.int64) for axis in (0, 1))
    codes = np.sort(np.where(which, x * 65_536 + y, np.iinfo(np.int64).max), axis=1)
    changes = (np.diff(codes, axis=1) != 0).sum(axis=1) + 1
    return np.asarray(changes - ~which.all(axis=1), np.intp)
