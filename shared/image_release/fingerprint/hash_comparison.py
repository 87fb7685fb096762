"""The published method's question: are any two of the 36 hashes of two images near each other? Exact, at every size.

`hash_distances` looks at every pair of hashes: a row of XOR, a row of bit counts. `near_pairs` only asks which images
have two hashes within some bits, so it can look hashes up instead: cut into `bits // 2 + 1` pieces, two hashes that
differ in at most `bits` bits differ in at most one bit of at least one piece (multi-index hashing). Sorted by a piece,
those are a bucket and the buckets one bit away.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Indices = NDArray[np.int64]

COLUMNS = 4096
"""Hashes that are compared at once with one image's 36: what fits the processor's second cache."""
ROWS = 64
"""Images whose distances to every hash are kept until they are reduced together."""
FEW_HASHES = 3_000
"""Up to so many, looking at every pair costs less than sorting."""
MOST_LOOKED_UP = 14
"""Bits; beyond it the pieces are so short that nearly everything shares a bucket with everything."""
FEWEST_PIECES = 4
"""Of 16 bits: a longer piece has more buckets than there are hashes."""
AT_ONCE = 2_000_000
"""Candidates that are compared at once, which bounds memory where many hashes share a bucket."""
BITS = 64


def hash_distances(one: Hashes, other: Hashes) -> NDArray[np.uint8]:
    """Smallest Hamming distance of any hash of an image to any of another: (n, k), (m, k) to (n, m)."""
    return _looked_through(one, other, [0] * len(one))


def near_pairs(hashes: Hashes, bits: int) -> NDArray[np.int64]:
    """Pairs of images (n, k) with two hashes within `bits` bits: (p, 2), smaller index first, sorted."""
    if hashes.size <= FEW_HASHES or bits > MOST_LOOKED_UP:
        return np.argwhere(_looked_through(hashes, hashes, range(1, len(hashes) + 1)) <= bits)
    images, each = hashes.shape
    owner = np.repeat(np.arange(images), each)
    found = [_pair_numbers(owner[one], owner[other], images) for one, other in _looked_up(hashes.ravel(), bits)]
    numbers = np.unique(np.concatenate(found))
    return np.stack(np.divmod(numbers, images), axis=1)


def _looked_through(one: Hashes, other: Hashes, skipped: Sequence[int]) -> NDArray[np.uint8]:
    """The same but for so many images of `other` that each of `one` skips: those are farther than hashes can be."""
    (images, each), columns = other.shape, other.ravel()
    distances = np.empty((len(one), images), np.uint8)
    for start in range(0, len(one), ROWS):
        nearest = np.full((len(one[start : start + ROWS]), len(columns)), BITS + 1, np.uint8)
        for row, mine, skip in zip(nearest, one[start:], skipped[start:], strict=False):
            for at in range(skip * each, len(columns), COLUMNS):
                differing = mine[:, None] ^ columns[at : at + COLUMNS]
                np.bitwise_count(differing).min(axis=0, out=row[at : at + COLUMNS])
        distances[start : start + ROWS] = nearest.reshape(len(nearest), images, each).min(axis=2)
    return distances


def _looked_up(values: Hashes, bits: int) -> Iterator[tuple[Indices, Indices]]:
    """Every pair of hashes within `bits` bits at least once, as indices."""
    edges = np.linspace(0, BITS, max(bits // 2 + 1, FEWEST_PIECES) + 1).round().astype(int).tolist()
    for low, high in pairwise(edges):
        piece = (values >> np.uint64(low)) & np.uint64((1 << (high - low)) - 1)
        order = np.argsort(piece, kind="stable")
        key, sorted_values = piece[order].astype(np.int64), values[order]
        bounds = np.concatenate([[0], np.cumsum(np.bincount(key, minlength=1 << (high - low)))])
        for flipped in [0, *(1 << bit for bit in range(high - low))]:
            one = np.flatnonzero((key & flipped) == 0)
            first = bounds[key[one] | flipped] if flipped else one + 1
            for left, right in _together(one, first, bounds[(key[one] | flipped) + 1]):
                near = np.bitwise_count(sorted_values[left] ^ sorted_values[right]) <= bits
                yield order[left[near]], order[right[near]]


def _together(one: Indices, first: Indices, end: Indices) -> Iterator[tuple[Indices, Indices]]:
    """Each of `one` with everything from its `first` to before its `end`, at most about AT_ONCE pairs at a time."""
    counts = end - first
    upto = np.cumsum(counts)
    cuts = np.unique([0, *np.searchsorted(upto, np.arange(AT_ONCE, counts.sum(), AT_ONCE)), len(one)])
    for start, stop in pairwise(cuts):
        number = counts[start:stop]
        before = np.cumsum(number) - number
        right = np.arange(number.sum()) + np.repeat(first[start:stop] - before, number)
        yield np.repeat(one[start:stop], number), right


def _pair_numbers(one: Indices, other: Indices, images: int) -> Indices:
    """Pairs of different images as single numbers, smaller index first."""
    differ = one != other
    one, other = one[differ], other[differ]
    return np.minimum(one, other) * images + np.maximum(one, other)
