"""Candidates by hashes: what is near enough is found, what is not is left out, and many equal images cost little."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.sharing.alike import MOST_BITS_APART, MOST_SAME, alike, bits_apart

hashes = st.integers(0, 2**64 - 1)
images = st.lists(hashes, min_size=4, max_size=4)


def some(count: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**63, (count, 4), dtype=np.uint64)


def with_flipped(image: np.ndarray, bits: int, seed: int = 2) -> np.ndarray:
    """The four hashes with so many bits of each changed."""
    rng = np.random.default_rng(seed)
    changed = image.copy()
    for column in range(4):
        for bit in rng.choice(64, bits, replace=False).tolist():
            changed[:, column] ^= np.uint64(1 << bit)
    return changed


def pairs(one: np.ndarray, other: np.ndarray) -> set[tuple[int, int]]:
    left, right, _ = alike(one, other)
    return set(zip(left.tolist(), right.tolist(), strict=True))


@given(images, images)
def test_bits_apart_is_the_same_both_ways_and_nothing_for_the_same_image(one, other):
    mine, theirs = np.array([one], np.uint64), np.array([other], np.uint64)
    assert bits_apart(mine, mine) == [0]
    assert bits_apart(mine, theirs) == bits_apart(theirs, mine)


@given(images)
def test_a_copy_that_is_cropped_more_is_compared_with_the_crops(one):
    mine = np.array([one], np.uint64)
    cropped = np.concatenate([mine[:, 1:], ~mine[:, :1]], axis=1)
    assert bits_apart(mine, cropped) == [0]


@given(st.lists(images, min_size=1, max_size=3))
def test_every_image_is_alike_with_itself_and_the_pairs_are_told_both_ways(own):
    every = np.array(own, np.uint64)
    found = pairs(every, every)
    assert {(number, number) for number in range(len(own))} <= found
    assert found == {(other, one) for one, other in found}


@pytest.mark.parametrize(("bits", "is_found"), [(0, True), (4, True), (25, False)])
def test_images_are_found_by_how_many_bits_they_are_apart(bits, is_found):
    every = some(50)
    assert pairs(every, with_flipped(every, bits)) == (
        {(number, number) for number in range(50)} if is_found else set()
    )


@given(st.lists(images, min_size=1, max_size=4), st.lists(images, min_size=1, max_size=4))
def test_what_is_found_is_near(one, other):
    left, right, apart = alike(np.array(one, np.uint64), np.array(other, np.uint64))
    assert (apart <= MOST_BITS_APART).all()
    assert (bits_apart(np.array(one, np.uint64)[left], np.array(other, np.uint64)[right]) == apart).all()


def test_nothing_is_alike_with_nothing():
    none = np.empty((0, 4), np.uint64)
    assert pairs(none, some(3)) == pairs(some(3), none) == pairs(none, none) == set()


def test_of_many_images_with_the_same_hashes_a_few_stand_for_all():
    every = np.repeat(some(1), 3_000, axis=0)
    left, right, _ = alike(every, every)
    assert len(left) == 3_000 * MOST_SAME
    assert sorted(set(right.tolist())) == list(range(MOST_SAME))


def test_of_many_images_that_are_nearly_the_same_each_meets_some():
    """A partner's logo, recompressed for each hotel: not all of them are compared with all."""
    rng = np.random.default_rng(3)
    every = np.repeat(some(1), 2_000, axis=0)
    every ^= np.uint64(1) << rng.integers(0, 64, every.shape, dtype=np.uint64)
    left, right, _ = alike(every, every)
    earlier = right < left
    assert set(left[earlier].tolist()) == set(range(1, len(every)))
    assert len(left) < len(every) * 1_000
