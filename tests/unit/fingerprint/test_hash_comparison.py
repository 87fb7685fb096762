"""Comparing hashes gives exactly what comparing every pair gives, at every size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.fingerprint import hash_comparison, hash_distances, near_pairs


def hashes_of(images: int, seed: int = 3) -> np.ndarray:
    """Made-up hashes, of which every third image shares one with another image, up to 15 bits apart."""
    rng = np.random.default_rng(seed)
    hashes = rng.integers(0, 2**64, (images, 36), np.uint64)
    for image in range(0, images, 3):
        changed = rng.permutation(64)[: image % 16]
        flipped = np.bitwise_or.reduce(np.uint64(1) << changed.astype(np.uint64)) if len(changed) else np.uint64(0)
        hashes[image, 5] = hashes[(image * 7 + 1) % images, 9] ^ flipped
    return hashes


def plainly(hashes, bits):
    return np.argwhere(np.triu(hash_distances(hashes, hashes) <= bits, 1)).tolist()


def test_distances_are_the_smallest_of_all_pairs():
    """By the definition, bit by bit, for any number of images."""
    rng = np.random.default_rng(3)
    one, other = (rng.integers(0, 2**64, (count, 36), np.uint64) for count in (3, 5))
    expected = [[min((int(a) ^ int(b)).bit_count() for a in x for b in y) for y in other] for x in one]
    assert hash_distances(one, other).tolist() == expected


@pytest.mark.parametrize("images", [0, 1, 2, 40, 200])
@pytest.mark.parametrize("bits", [0, 1, 7, 8, 14, 20])
def test_near_pairs_are_those_within_the_distance(images, bits):
    """Whether all pairs are compared or hashes are looked up."""
    hashes = hashes_of(images) if images else np.zeros((0, 36), np.uint64)
    assert near_pairs(hashes, bits).tolist() == plainly(hashes, bits)


@given(st.lists(st.integers(0, 7), min_size=1, max_size=12), st.integers(0, 3))
def test_near_pairs_are_found_where_hashes_crowd(values, bits):
    """Many hashes are in one bucket, and some are equal; here even few hashes are looked up."""
    hashes = np.array(values, np.uint64)[:, None] << np.array([0, 30, 60], np.uint64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hash_comparison, "FEW_HASHES", 0)
        patch.setattr(hash_comparison, "AT_ONCE", 5)
        patch.setattr(hash_comparison, "MANY_NEAR", 0.05)
        assert near_pairs(hashes, bits).tolist() == plainly(hashes, bits)


def test_of_many_copies_every_pair_is_compared(monkeypatch):
    """Looking up would list each pair of near hashes: a thousand for each pair of images that are equal."""
    hashes = np.tile(hashes_of(1), (120, 1))
    hashes[::2, ::3] ^= np.uint64(5)
    compared = []

    def counted(one, other, skipped, compare=hash_comparison._looked_through):
        compared.append(len(one))
        return compare(one, other, skipped)

    monkeypatch.setattr(hash_comparison, "_looked_through", counted)
    assert len(near_pairs(hashes, 8)) == 120 * 119 / 2
    near_pairs(hashes_of(120), 8)
    assert compared == [120]
