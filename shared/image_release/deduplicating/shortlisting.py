"""Shortlisting: which images share points, without comparing every image of a large hotel with every other.

A small hotel is compared point by point in a few matrix products. From INDEXED_FROM images on, points are sorted into
cells by their likeness to sample points, and only points that share a cell are compared; each image then keeps the
MOST_OTHERS images with which it shares most, points that match everywhere counting little. What is traded: a pair that
is alike in few and common points only, in a hotel of hundreds of images, may be missed.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Indices = NDArray[np.intp]

INDEXED_FROM = 160
"""Images from which the index is cheaper than comparing everything."""
MOST_OTHERS = 24
"""Images that an image is matched with, in an indexed hotel."""
CELLS = 2
"""Cells that a point is put into: points near a border meet their neighbours."""
POINTS_A_CELL = 48
"""What the number of cells aims at."""
ROWS = 2048
"""Points compared at once: bounds memory."""


def shared_points(
    even: Floats, odd: Floats, alike: float, least: int
) -> Iterator[tuple[int, list[tuple[int, Floats]]]]:
    """For each image, the later ones that share `least` points with it, each with the likeness of all their points.

    `even` (images, points, 21) and `odd` (images, points, 17) describe the points; an absent one is zero. Likeness is
    (points, points).
    """
    others = _indexed(even, odd, alike, least) if len(even) >= INDEXED_FROM else _everyone(len(even))
    for one, later in others:
        if not len(later):
            continue
        likeness = even[one] @ even[later].reshape(-1, even.shape[2]).T
        likeness += np.abs(odd[one] @ odd[later].reshape(-1, odd.shape[2]).T)
        likeness = likeness.reshape(even.shape[1], len(later), even.shape[1])
        enough = np.nonzero((likeness.max(axis=2) > alike).sum(axis=0) >= least)[0]
        yield one, [(int(later[index]), likeness[:, index]) for index in enough]


def _everyone(count: int) -> Iterator[tuple[int, Indices]]:
    for one in range(count - 1):
        yield one, np.arange(one + 1, count)


def _indexed(even: Floats, odd: Floats, alike: float, least: int) -> Iterator[tuple[int, Indices]]:
    """For each image those later ones that it, or they, share most with."""
    images, points = even.shape[:2]
    present = np.nonzero(np.abs(even).sum(axis=2).ravel() > 0)[0]
    flat_even, flat_odd = even.reshape(-1, even.shape[2])[present], odd.reshape(-1, odd.shape[2])[present]
    owner = present // points
    one, other = _alike_within_cells(flat_even, flat_odd, owner, alike)
    common = np.bincount(one, minlength=len(present)) + np.bincount(other, minlength=len(present))
    weight = 1 / np.sqrt(common[one] * common[other])
    pair = np.minimum(owner[one], owner[other]) * images + np.maximum(owner[one], owner[other])
    pairs, at = np.unique(pair, return_inverse=True)
    shared, worth = np.bincount(at), np.bincount(at, weight)
    kept = _most_shared(pairs // images, pairs % images, np.where(shared >= least, worth, 0), images)
    pairs = pairs[kept]
    starts = np.searchsorted(pairs // images, np.arange(images + 1))
    for image in range(images):
        yield image, pairs[starts[image] : starts[image + 1]] % images


def _alike_within_cells(even: Floats, odd: Floats, owner: Indices, alike: float) -> tuple[Indices, Indices]:
    """Pairs of points of different images that share a cell and are alike, each once."""
    cells = max(1, len(even) * CELLS // POINTS_A_CELL)
    samples = np.linspace(0, len(even) - 1, cells).astype(np.intp)
    nearest = np.empty((len(even), CELLS), np.int32)
    for start in range(0, len(even), ROWS):
        rows = slice(start, start + ROWS)
        likeness = even[rows] @ even[samples].T + np.abs(odd[rows] @ odd[samples].T)
        for turn in range(min(CELLS, cells)):
            nearest[rows, turn] = likeness.argmax(axis=1)
            likeness[np.arange(len(likeness)), nearest[rows, turn]] = -1
    point, cell = np.repeat(np.arange(len(even)), CELLS), nearest.ravel()
    order = np.argsort(cell, kind="stable")
    bounds = np.searchsorted(cell[order], np.arange(cells + 1))
    found = [np.zeros(0, np.int64)]
    for number in range(cells):
        mine = np.unique(point[order[bounds[number] : bounds[number + 1]]])
        likeness = even[mine] @ even[mine].T + np.abs(odd[mine] @ odd[mine].T)
        here, there = np.nonzero(np.triu(likeness > alike, 1))
        here, there = mine[here], mine[there]
        differ = owner[here] != owner[there]
        found.append(here[differ].astype(np.int64) * len(even) + there[differ])
    pairs = np.unique(np.concatenate(found))
    return pairs // len(even), pairs % len(even)


def _most_shared(one: Indices, other: Indices, worth: NDArray[np.float64], images: int) -> NDArray[np.bool_]:
    """Pairs that are among the MOST_OTHERS of one of their two images."""
    kept = np.zeros(len(one), np.bool_)
    for side in (one, other):
        order = np.lexsort((other, one, -worth, side))
        first = np.searchsorted(side[order], np.arange(images))
        rank = np.empty(len(one), np.intp)
        rank[order] = np.arange(len(one)) - first[side[order]]
        kept |= rank < MOST_OTHERS
    return np.asarray(kept & (worth > 0))
