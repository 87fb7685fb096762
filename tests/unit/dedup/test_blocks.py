"""Blocks hold the pixels of an image square by square, and their statistics are those of numpy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.dedup.blocks import BLOCK, in_blocks, mean_products, subtract_means, whole_image

IMAGE = np.random.default_rng(2).uniform(0, 255, (18, 25)).astype(np.float32)


def test_blocks_are_in_reading_order_and_whole():
    """Rows and columns that fill no block are left out."""
    blocks = in_blocks(IMAGE, 8)
    assert blocks.shape == (2 * 3, 64)
    assert (blocks[4] == IMAGE[8:16, 8:16].ravel()).all()


@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 7), st.integers(0, 7))
def test_the_whole_image_is_that_of_its_blocks(rows, columns, more_rows, more_columns):
    """Incomplete blocks at the ends are left out."""
    shape = (rows * BLOCK + more_rows, columns * BLOCK + more_columns)
    pixels = np.arange(shape[0] * shape[1], dtype=np.float32).reshape(shape)
    whole = whole_image(in_blocks(pixels, BLOCK), shape)
    assert (whole == pixels[: rows * BLOCK, : columns * BLOCK]).all()


def test_means_are_returned_and_subtracted_in_place():
    blocks = in_blocks(IMAGE, 4)
    expected = blocks.mean(axis=1)
    assert subtract_means(blocks) == pytest.approx(expected)
    assert blocks.mean(axis=1) == pytest.approx(np.zeros(len(blocks)), abs=1e-4)


def test_mean_products_of_centred_blocks_are_variances_and_covariances():
    one, other = in_blocks(IMAGE, 8), in_blocks(IMAGE[::-1], 8)
    variances = one.var(axis=1)
    covariances = [np.cov(a, b, bias=True)[0, 1] for a, b in zip(one, other, strict=True)]
    subtract_means(one)
    subtract_means(other)
    assert mean_products(one, one) == pytest.approx(variances, rel=1e-4)
    assert mean_products(one, other) == pytest.approx(covariances, rel=1e-3, abs=1e-1)
