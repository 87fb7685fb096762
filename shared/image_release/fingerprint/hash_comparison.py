"""The published method's question: are any two of the 36 hashes of two images near each other? The answer is exact.

`hash_distances` compares every pair of hashes: one row of XOR, one row of bit counts. `near_pairs` only asks which
images have two hashes within some bits of each other, so it can look hashes up instead (multi-index hashing: Norouzi,
Punjani and Fleet, 2012). The hashes are cut into `bits // 2 + 1` pieces. Two hashes that differ in at most `bits` bits
differ in at most one bit of at least one piece. Sorted by a piece, those hashes are in the same bucket or in a bucket
that is one bit away. Many copies of one photograph share most buckets; then every pair is compared after all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Indices = NDArray[np.int64]

COLUMNS = 4096
"""Number of hashes that are compared at once with the 36 of one image, so that they fit the second-level cache."""
ROWS = 64
"""Number of images whose distances to every hash are kept until they are reduced together."""
FEW_HASHES = 3_000
"""Number of hashes up to which comparing every pair costs less than sorting."""
MANY_NEAR = 2_000
"""If more than one in so many pairs of hashes are near, comparing every pair costs less time and far less memory."""
MOST_LOOKED_UP = 14
"""Maximum distance in bits for looking up. Beyond it the pieces are so short that nearly all hashes share a bucket."""
FEWEST_PIECES = 4
"""Minimum number of pieces, which then have 16 bits: a longer piece has more buckets than there are hashes."""
AT_ONCE = 2_000_000
"""Number of hash pairs that are compared at once; it bounds the memory where many hashes share a bucket."""
BITS = 64
"""Bits of a hash."""


def hash_distances(one: Hashes, other: Hashes) -> NDArray[np.uint8]:
    """(n, m): the smallest Hamming distance between any hash of an image in `one` (n, k) and any in `other` (m, k)."""
    return _looked_through(one, other, [0] * len(one))


def near_pairs(hashes: Hashes, bits: int) -> NDArray[np.int64]:
    """(p, 2): the pairs of images that have two hashes within `bits` bits, smaller index first, sorted.

    `hashes` is (n, k): k hashes for each of n images.
    """
    if hashes.size <= FEW_HASHES or bits > MOST_LOOKED_UP:
        return _among_all(hashes, bits)
    images, each = hashes.shape
    owner = np.repeat(np.arange(images), each)
    found, left = [], hashes.size**2 // MANY_NEAR
    for one, other in _looked_up(hashes.ravel(), bits):
        left -= len(one)
        if left < 0:
            return _among_all(hashes, bits)
        found.append(_pair_numbers(owner[one], owner[other], images))
    numbers = np.unique(np.concatenate(found))
    return np.stack(np.divmod(numbers, images), axis=1)


def _among_all(hashes: Hashes, bits: int) -> NDArray[np.int64]:
    """The near pairs, found by comparing every pair."""
    return np.argwhere(_looked_through(hashes, hashes, range(1, len(hashes) + 1)) <= bits)


def _looked_through(one: Hashes, other: Hashes, skipped: Sequence[int]) -> NDArray[np.uint8]:
    """As `hash_distances`, but each image of `one` skips so many images of `other`; their distance is BITS + 1."""
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
    """Yield every pair of hashes within `bits` bits at least once, as two arrays of indices."""
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
    """Yield each of `one` with everything from its `first` up to its `end`, about AT_ONCE pairs at a time."""
    counts = end - first
    upto = np.cumsum(counts)
    cuts = np.unique([0, *np.searchsorted(upto, np.arange(AT_ONCE, counts.sum(), AT_ONCE)), len(one)])
    for start, stop in pairwise(cuts):
        number = counts[start:stop]
        before = np.cumsum(number) - number
        right = np.arange(number.sum()) + np.repeat(first[start:stop] - before, number)
        yield np.repeat(one[start:stop], number), right


def _pair_numbers(one: Indices, other: Indices, images: int) -> Indices:
    """Encode each pair of different images as one number: smaller index times `images` plus larger index."""
    differ = one != other
    one, other = one[differ], other[differ]
    return np.minimum(one, other) * images + np.maximum(one, other)
