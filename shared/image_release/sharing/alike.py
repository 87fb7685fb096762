"""Which of many images may be copies of one another, by the four hashes that the index keeps of each.

Two hashes of copies are equal in most of their pieces. So for each choice of two of six pieces, images with the same
bits there are brought together by sorting, and then compared by all four hashes. Of equal pieces only the first images
are taken, so an image that thousands of hotels have costs no more than others.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from image_release.dedup import HASHES_INDEXED

PIECES = 6
CHOSEN = 2
"""A hash is cut into so many pieces, and so many of them must be equal. With 10 bits apart on average this finds 99.5 %
of the pairs that comparing everything finds."""
MOST_BITS_APART = 10.0
"""Maximum distance of two images in bits, on average over the crops that both have."""
MOST_SHIFT = 2
"""A copy may be cropped by so many steps (of 10 %) more than the other; of three steps only one hash would be left."""
MOST_BITS_OF_ONE = 16
"""Maximum distance of the two hashes that have equal pieces; a quick test that leaves little to be compared."""
MOST_EQUAL = 16
"""Maximum number of hashes, those of the first images, that one is compared with because of one choice of pieces."""
MOST_SAME = 4
"""Of images with the same four hashes so many are given as the other image of a pair."""
PAIRS_AT_ONCE = 500_000
"""Pairs that are compared together; bounds the memory."""
_OWNER_BITS = 40
"""Bits of the number of a hash, beside which its key is sorted."""

Hashes = NDArray[np.uint64]
Numbers = NDArray[np.int64]


def _choices_of_pieces() -> list[tuple[int, list[tuple[int, int]]]]:
    """For each choice of pieces the number of bits of its key, and the (shift, bits) of each piece."""
    ends = [64 * piece // PIECES for piece in range(PIECES + 1)]
    pieces = [(start, end - start) for start, end in pairwise(ends)]
    return [(sum(bits for _, bits in chosen), list(chosen)) for chosen in combinations(pieces, CHOSEN)]


CHOICES = _choices_of_pieces()


def alike(one: Hashes, other: Hashes) -> tuple[Numbers, Numbers, NDArray[np.float32]]:
    """Pairs of images of `one` and of `other` (both (n, 4)) that may be copies: their numbers, and bits apart.

    No pair is given twice; where `one` is `other`, a pair is given in both orders, and each image with itself.
    """
    if not len(one) or not len(other):
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32)
    mine, theirs = _Distinct.of(one), _Distinct.of(other)
    codes = [_with_equal_pieces(mine.hashes, theirs.hashes, bits, pieces) for bits, pieces in CHOICES]
    left, right = np.divmod(np.unique(np.concatenate(codes)), len(theirs.hashes))
    pairs, image = mine.members(left, len(one))
    images, other_image = theirs.members(right[pairs], MOST_SAME)
    image = image[images]
    return image, other_image, bits_apart(one[image], other[other_image])


@dataclass(frozen=True, slots=True)
class _Distinct:
    """Different hashes (n, 4) in the order of their first images, and the images that have each.

    Number i has `counts[i]` of `images`, from `starts[i]` on.
    """

    hashes: Hashes
    images: Numbers
    starts: Numbers
    counts: Numbers

    @classmethod
    def of(cls, hashes: Hashes) -> _Distinct:
        rows = np.ascontiguousarray(hashes).view(f"S{hashes.itemsize * HASHES_INDEXED}").ravel()
        _, first, inverse, counts = np.unique(rows, return_index=True, return_inverse=True, return_counts=True)
        order = np.argsort(first)
        counts, first, place = counts[order], first[order], np.argsort(order)
        return cls(hashes[first], np.argsort(place[inverse], kind="stable"), np.cumsum(counts) - counts, counts)

    def members(self, numbers: Numbers, most: int) -> tuple[Numbers, Numbers]:
        """Of each number the first images that have its hashes, at most so many: positions in `numbers`, and images."""
        counts = np.minimum(self.counts[numbers], most)
        position = np.repeat(np.arange(len(numbers)), counts)
        step = np.arange(len(position)) - np.repeat(np.cumsum(counts) - counts, counts)
        return position, self.images[self.starts[numbers][position] + step]


def bits_apart(one: Hashes, other: Hashes) -> NDArray[np.float32]:
    """(n,): how far images of two lists (n, 4) are apart, in bits on average over the crops that both have.

    A copy may be cropped more: then its first hash is compared with the second one of the other, and so on.
    """
    nearest = np.full(len(one), 64, np.float32)
    for shift in range(MOST_SHIFT + 1):
        crops = HASHES_INDEXED - shift
        for mine, theirs in ((one[:, :crops], other[:, shift:]), (one[:, shift:], other[:, :crops])):
            apart = np.bitwise_count(mine ^ theirs).sum(axis=1, dtype=np.float32) / np.float32(crops)
            np.minimum(nearest, apart, out=nearest)
    return nearest


def _with_equal_pieces(one: Hashes, other: Hashes, bits: int, pieces: list[tuple[int, int]]) -> Numbers:
    """Pairs, as numbers of `one` times the length of `other` plus numbers of `other`, that have equal pieces."""
    mine, theirs = _keys(one, pieces), _keys(other, pieces)
    is_wanted = np.zeros(1 << bits, bool)
    is_wanted[mine] = True
    wanted = np.flatnonzero(is_wanted[theirs])
    packed = np.sort((theirs[wanted].astype(np.uint64) << np.uint64(_OWNER_BITS)) | wanted.astype(np.uint64))
    keys = (packed >> np.uint64(_OWNER_BITS)).astype(np.uint32)
    wanted = (packed & np.uint64((1 << _OWNER_BITS) - 1)).astype(np.int64)
    first = np.searchsorted(keys, mine, side="left")
    counts = np.minimum(np.searchsorted(keys, mine, side="right") - first, MOST_EQUAL)
    ends = np.cumsum(counts)
    found = [np.empty(0, np.int64)]
    for start in range(0, int(ends[-1]), PAIRS_AT_ONCE):
        steps = np.arange(start, min(start + PAIRS_AT_ONCE, int(ends[-1])))
        entry = np.searchsorted(ends, steps, side="right")
        equal = wanted[first[entry] + steps - (ends[entry] - counts[entry])]
        close = np.bitwise_count(one.ravel()[entry] ^ other.ravel()[equal]) <= MOST_BITS_OF_ONE
        pairs = np.unique(entry[close] // HASHES_INDEXED * len(other) + equal[close] // HASHES_INDEXED)
        left, right = np.divmod(pairs, len(other))
        found.append(pairs[bits_apart(one[left], other[right]) <= MOST_BITS_APART])
    return np.unique(np.concatenate(found))


def _keys(hashes: Hashes, pieces: list[tuple[int, int]]) -> NDArray[np.uint32]:
    """(4 n,): the chosen pieces of each hash as one number."""
    keys = np.zeros(hashes.size, np.uint32)
    for start, bits in pieces:
        piece = (hashes.ravel() >> np.uint64(start)) & np.uint64((1 << bits) - 1)
        keys = (keys << np.uint32(bits)) | piece.astype(np.uint32)
    return keys
