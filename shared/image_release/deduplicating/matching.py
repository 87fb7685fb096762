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

from image_release.deduplicating.shortlisting import shared_points
from image_release.fingerprinting import Keypoints, Print

Floats = NDArray[np.float32]

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
LEAST_MATCHES = 6
"""Matches that must fit the transform in the end: 11 of 4,146 true pairs had fewer, and two thirds of the others."""
LEAST_VOTES = 7
"""Matches that must roughly agree for a transform to be fitted at all; true pairs had 8 or more of them."""
MOST_HYPOTHESES = 2
CLOSE_PX = 3.0
"""How well a match must fit the transform in the end, pixels of the working picture."""
SCALE_LOG = 0.75
"""How far two matches' own scales may differ, natural logarithm."""


AGAINST_SHEAR = np.stack([np.diag([0.5, 1.0, 1e-9]), np.diag([1.0, 0.5, 1e-9])])
"""How a fit to few matches is drawn towards its scale (weakly) and away from turns and shear, for x and for y."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """`affine` (2, 3) takes pixels of `other` (mirrored first if `mirrored`) to pixels of `one`."""

    one: int
    other: int
    mirrored: bool
    affine: NDArray[np.float64]
    agreeing: int
    """Matches that fit the transform."""
    matches: int


@dataclass(frozen=True, slots=True, eq=False)
class _Described:
    """Keypoints as floats, ready for products."""

    places: Floats
    even: Floats
    odd: Floats
    width: int

    @classmethod
    def of(cls, points: Keypoints, width: int) -> _Described:
        unit = np.float32(1 / 127)
        even, odd = (part.astype(np.float32) * unit for part in (points.even, points.odd))
        return cls(points.places, np.asarray(even, np.float32), np.asarray(odd, np.float32), width)


def candidates(prints: Sequence[Print]) -> Iterator[Candidate]:
    """Every pair that might show the same photograph, `one` before `other`."""
    described = [_Described.of(item.keypoints, item.working.grey.shape[1]) for item in prints]
    for one, others in _plausible(described) if described else ():
        for other in others:
            if found := _fitted(one, other, described[one], described[other]):
                yield found


def _plausible(described: Sequence[_Described]) -> Iterator[tuple[int, list[int]]]:
    """Pairs whose strongest points agree, as (one, others after it)."""
    places = np.zeros((len(described), STRONGEST, 3), np.float32)
    even = np.zeros((len(described), STRONGEST, described[0].even.shape[1]), np.float32)
    odd = np.zeros((len(described), STRONGEST, described[0].odd.shape[1]), np.float32)
    for index, item in enumerate(described):
        count = min(STRONGEST, len(item.places))
        places[index, :count], even[index, :count], odd[index, :count] = (
            part[:count] for part in (item.places, item.even, item.odd)
        )
    for one, matches in shared_points(even, odd, ALIKE, LEAST_AGREEING):
        others = []
        for other, likeness in matches:
            mine, theirs = _matched(likeness)
            if len(mine) >= LEAST_AGREEING and _agree(places[one][mine], places[other][theirs], described[other].width):
                others.append(other)
        if others:
            yield one, others


def _matched(likeness: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns that are each other's best match, or too alike to doubt."""
    partner, back = likeness.argmax(axis=1), likeness.argmax(axis=0)
    rows = np.arange(len(likeness))
    best = likeness[rows, partner]
    keep = (best > ALIKE) & ((back[partner] == rows) | (best > SURE))
    return rows[keep], partner[keep]


def _agree(mine: Floats, theirs: Floats, width: int) -> bool:
    """Whether enough matches agree on scale and shift, mirrored or not."""
    for mirrored in (False, True):
        here = np.concatenate([width - theirs[:, :1], theirs[:, 1:]], axis=1) if mirrored else theirs
        inside, _ = _votes(mine, here)
        if inside.sum(axis=1).max() >= LEAST_AGREEING:
            return True
    return False


def _votes(mine: Floats, theirs: Floats) -> tuple[NDArray[np.bool_], Floats]:
    """(n, n): which matches agree with the scale and shift of each match; and each match's scale."""
    scales = mine[:, 2] / theirs[:, 2]
    offset_x, offset_y = (theirs[None, :, axis] - theirs[:, None, axis] for axis in (0, 1))
    error_x = mine[:, None, 0] + scales[:, None] * offset_x - mine[None, :, 0]
    error_y = mine[:, None, 1] + scales[:, None] * offset_y - mine[None, :, 1]
    reach = scales[:, None] * np.hypot(offset_x, offset_y)
    # A fifth of the distance leaves room for turns, other aspects and perspective until the fit knows better.
    near = np.hypot(error_x, error_y) < 6 + 0.22 * reach
    logs = np.log(scales)
    return near & (np.abs(logs[None] - logs[:, None]) < SCALE_LOG), scales


def _fitted(one: int, other: int, mine: _Described, theirs: _Described) -> Candidate | None:
    """The transform on which most matches of a pair agree."""
    even = mine.even @ theirs.even.T
    odd = mine.odd @ theirs.odd.T
    likeness = even + np.abs(odd)
    if not likeness.size:
        return None
    rows, partner = _matched(likeness)
    best, way = likeness[rows, partner], odd[rows, partner]
    found: Candidate | None = None
    for mirrored in (False, True):
        these = ((way < 0) == mirrored) | (np.abs(way) < EITHER_WAY)
        if these.sum() < LEAST_VOTES:
            continue
        there = theirs.places[partner[these]].copy()
        if mirrored:
            there[:, 0] = theirs.width - there[:, 0]
        fit = _agreed(mine.places[rows[these]], there, best[these])
        if fit and (found is None or fit[1] > found.agreeing):
            found = Candidate(one, other, mirrored, fit[0], fit[1], int(these.sum()))
    return found


def _agreed(mine: Floats, theirs: Floats, weights: Floats) -> tuple[NDArray[np.float64], int] | None:
    """The affine transform with most agreeing matches among the likeliest hypotheses, and how many agree."""
    inside, scales = _votes(mine, theirs)
    best: tuple[NDArray[np.float64], int] | None = None
    likely = np.where(inside.sum(axis=1) >= LEAST_VOTES, inside @ weights, 0)
    for _ in range(MOST_HYPOTHESES):
        seed = int(likely.argmax())
        if not likely[seed]:
            break
        likely[inside[seed]] = 0  # those that agree with it would say the same
        shift = mine[seed, :2] - scales[seed] * theirs[seed, :2]
        start = np.array([[scales[seed], 0, shift[0]], [0, scales[seed], shift[1]]], np.float64)
        affine = _refined(start, inside[seed], mine, theirs, weights)
        if affine is None:
            continue
        close = _errors(affine, mine, theirs) < CLOSE_PX**2
        places = [_different(side[close]) for side in (mine, theirs)]
        if min(places) >= LEAST_MATCHES and (best is None or min(places) > best[1]):
            best = affine, min(places)
    return best


def _different(places: Floats) -> int:
    """How many places there are, those within half a pixel counted once."""
    x, y = np.rint(places[:, :2] * 2).astype(np.int64).T
    codes = np.sort(x * 65_536 + y)
    return int((np.diff(codes) != 0).sum()) + 1 if len(codes) else 0


def _refined(
    affine: NDArray[np.float64], inside: NDArray[np.bool_], mine: Floats, theirs: Floats, weights: Floats
) -> NDArray[np.float64] | None:
    """Least squares over the agreeing matches, again and again with a tighter tolerance, drawn towards no shear."""
    tolerance = 12.0
    ones = np.concatenate([theirs[:, :2], np.ones((len(theirs), 1), np.float32)], axis=1).astype(np.float64)
    squared = weights.astype(np.float64) ** 2
    for _ in range(5):
        if inside.sum() < 3:  # noqa: PLR2004 - an affine transform needs three points
            return None
        here, weight = ones[inside], squared[inside]
        spread = max(float(here[:, :2].std(axis=0).mean()), 3.0)
        stiff = 0.18 * len(here) * max(1.0, (20 / spread) ** 2)
        normal = (here * weight[:, None]).T @ here
        right = mine[inside, :2].T.astype(np.float64) @ (here * weight[:, None])
        right[0, 0] += 0.5 * stiff * affine[0, 0]
        right[1, 1] += 0.5 * stiff * affine[1, 1]
        affine = np.asarray(np.linalg.solve(normal + stiff * AGAINST_SHEAR, right[..., None])[..., 0], np.float64)
        determinant = affine[0, 0] * affine[1, 1] - affine[0, 1] * affine[1, 0]
        if not 0.02 < determinant < 50:  # noqa: PLR2004 - folded over, or out of all scale
            return None
        tolerance = max(CLOSE_PX, tolerance * 0.7)
        inside = _errors(affine, mine, theirs) < tolerance**2
    return affine


def _errors(affine: NDArray[np.float64], mine: Floats, theirs: Floats) -> NDArray[np.float64]:
    """(n,): squared distance of each moved place from its match."""
    away = theirs[:, :2] @ affine[:, :2].T + (affine[:, 2] - mine[:, :2])
    errors: NDArray[np.float64] = np.einsum("np,np->n", away, away)
    return errors
