"""Shortlist: which images share points, without comparing every image of a large hotel with every other.

A small hotel is compared point by point, in a few matrix products. From INDEXED_FROM images on, points are put into
cells by their likeness to sample points, and only points that share a cell are compared. Each image then keeps the
MOST_OTHERS images with which it shares most; a point that matches in many images counts little. The price is that in a
hotel of hundreds a pair that shares only a few common points may be missed.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Indices = NDArray[np.intp]

INDEXED_FROM = 160
"""Number of images from which the index is cheaper than comparing everything."""
MOST_OTHERS = 32
"""Maximum number of images that an image of an indexed hotel is matched with."""
CELLS = 2
"""Number of cells that a point is put into, so that points near a border meet their neighbours. The number of cells is
CELLS times the root of the number of points: then finding the cells costs as much as comparing within them."""
ROWS = 512
"""Number of points compared at once, which bounds the memory."""
FEW_ROWS = 64
"""Number of points whose shared points are counted at once: of one cell they may be a million."""


def shared_points(
    even: Floats, odd: Floats, alike: float, least: int, with_image: int | None = None
) -> Iterator[tuple[int, Indices, Floats]]:
    """Yield for each image the later images that share at least `least` points with it, and their likeness.

    `even` (images, points, 21) and `odd` (images, points, 17) describe the points; padding is zero. Two points are
    shared if their likeness is above `alike`. The likeness is (later images, points, points). With `with_image`, only
    pairs with that image are compared.
    """
    if with_image is not None:
        others = _with_one(len(even), with_image)
    else:
        others = _indexed(even, odd, alike, least) if len(even) >= INDEXED_FROM else _everyone(len(even))
    for one, later in others:
        if not len(later):
            continue
        likeness = even[one] @ even[later].transpose(0, 2, 1)
        likeness += np.abs(odd[one] @ odd[later].transpose(0, 2, 1))
        enough = (likeness.max(axis=1) > alike).sum(axis=1) >= least
        if enough.any():
            yield one, later[enough], likeness[enough]


def _everyone(count: int) -> Iterator[tuple[int, Indices]]:
    """Each image with all later ones."""
    for one in range(count - 1):
        yield one, np.arange(one + 1, count)


def _with_one(count: int, image: int) -> Iterator[tuple[int, Indices]]:
    """The pairs that contain one image."""
    for one in range(image):
        yield one, np.array([image])
    yield image, np.arange(image + 1, count)


def _indexed(even: Floats, odd: Floats, alike: float, least: int) -> Iterator[tuple[int, Indices]]:
    """Each image with those later ones that share most with it, or it with them."""
    images, points = even.shape[:2]
    present = np.nonzero(np.abs(even).sum(axis=2).ravel() > 0)[0]
    flat_even, flat_odd = even.reshape(-1, even.shape[2])[present], odd.reshape(-1, odd.shape[2])[present]
    owner = present // points
    common = np.zeros(len(present), np.float32)
    found = []
    for one, other, alike_ones in _alike_within_cells(flat_even, flat_odd, owner, alike):
        common[one] += alike_ones.sum(axis=1)
        common[other] += alike_ones.sum(axis=0)
        found.append((one, other, np.packbits(alike_ones, axis=1)))
    del flat_even, flat_odd  # what follows needs the memory
    weight = 1 / np.sqrt(np.maximum(common, 1))
    count = images * (images - 1) // 2
    shared, worth = np.zeros(count, np.int16), np.zeros(count, np.float32)
    few = ((slice(row, row + FEW_ROWS), block) for block in found for row in range(0, len(block[0]), FEW_ROWS))
    for rows, (one, other, bits) in few:
        here, there = np.nonzero(np.unpackbits(bits[rows], axis=1, count=len(other)))
        here, there = one[rows][here], other[there]
        # One index and values of the same type: numpy adds these ten times as fast as others.
        earlier, later = np.minimum(owner[here], owner[there]), np.maximum(owner[here], owner[there])
        pair = later * (later - 1) // 2 + earlier
        np.add.at(shared, pair, np.ones(len(pair), np.int16))
        np.add.at(worth, pair, weight[here] * weight[there])
    worth[shared < least] = 0
    yield from _most_shared(worth, images)


def _alike_within_cells(
    even: Floats, odd: Floats, owner: Indices, alike: float
) -> Iterator[tuple[Indices, Indices, NDArray[np.bool_]]]:
    """Yield points (n,), other points (m,), and which are alike (n, m): of different images, and each pair once."""
    nearest = _nearest_cells(even, odd)
    point, cell = np.repeat(np.arange(len(even)), CELLS), nearest.ravel()
    elsewhere = nearest[:, ::-1].ravel()
    order = np.argsort(cell, kind="stable")
    bounds = np.searchsorted(cell[order], np.arange(cell.max(initial=-1) + 2))
    for number, (start, end) in enumerate(pairwise(bounds)):
        mine, second = point[order[start:end]], elsewhere[order[start:end]]
        for first in range(0, len(mine), ROWS):
            rows, others = slice(first, first + ROWS), slice(first, None)
            likeness = even[mine[rows]] @ even[mine[others]].T
            likeness += np.abs(odd[mine[rows]] @ odd[mine[others]].T)
            found = np.triu(likeness > alike, 1)
            found &= owner[mine[rows], None] != owner[mine[others]]
            # Two points that share both of their cells are counted in the first of these.
            found &= (second[rows, None] != second[others]) | (second[others] > number)
            yield mine[rows], mine[others], found


def _nearest_cells(even: Floats, odd: Floats) -> NDArray[np.int32]:
    """(n, CELLS): for each point the indices of the sample points that are most like it."""
    cells = min(len(even), round(CELLS * len(even) ** 0.5))
    samples = np.linspace(0, len(even) - 1, cells).astype(np.intp)
    nearest = np.empty((len(even), CELLS), np.int32)
    for start in range(0, len(even), ROWS):
        rows = slice(start, start + ROWS)
        likeness = even[rows] @ even[samples].T
        likeness += np.abs(odd[rows] @ odd[samples].T)
        for turn in range(CELLS):
            nearest[rows, turn] = likeness.argmax(axis=1)
            likeness[np.arange(len(likeness)), nearest[rows, turn]] = -np.inf
    return nearest


def _most_shared(worth: Floats, images: int) -> Iterator[tuple[int, Indices]]:
    """Yield each image with those later ones where one is among the MOST_OTHERS of the other.

    `worth` has all pairs: the second image with all earlier ones, then the third one with them, and so on.
    """
    begins = np.arange(images) * (np.arange(images) - 1) // 2
    kept = [np.empty(0, np.intp)]
    for image in range(images):
        earlier, later = worth[begins[image] : begins[image] + image], worth[begins[image + 1 :] + image]
        with_it = np.concatenate([earlier, np.zeros(1, np.float32), later])
        some = np.nonzero(with_it > 0)[0]
        most = some[np.argsort(-with_it[some], kind="stable")[:MOST_OTHERS]]
        kept.append(np.minimum(most, image) * images + np.maximum(most, image))
    pairs = np.unique(np.concatenate(kept))
    bounds = np.searchsorted(pairs, np.arange(images + 1) * images)
    for image, (start, end) in enumerate(pairwise(bounds)):
        yield image, pairs[start:end] - image * images
