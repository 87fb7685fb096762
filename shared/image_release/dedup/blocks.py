"""Square blocks of an image and their statistics: what registration and the comparison of copies are computed from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

BLOCK = 8
"""Side of a block, in pixels of the working image."""
AGREES, DISAGREES = 0.7, 0.3
"""Correlation above which two blocks plainly agree, and below which they plainly disagree."""


def in_blocks(values: NDArray[np.generic], side: int) -> Floats:
    """Cut an array (height, width) into whole blocks: (n, side * side). Incomplete blocks at the ends are left out."""
    rows, columns = values.shape[0] // side, values.shape[1] // side
    whole = values[: rows * side, : columns * side].reshape(rows, side, columns, side)
    return np.ascontiguousarray(whole.transpose(0, 2, 1, 3).reshape(rows * columns, side * side), np.float32)


def whole_image(blocks: NDArray[np.generic], shape: tuple[int, ...]) -> NDArray[np.generic]:
    """Put the blocks (n, 64) of an image of `shape` together again: (height, width), without incomplete blocks."""
    rows, columns = shape[0] // BLOCK, shape[1] // BLOCK
    return blocks.reshape(rows, columns, BLOCK, BLOCK).transpose(0, 2, 1, 3).reshape(rows * BLOCK, columns * BLOCK)


def subtract_means(blocks: Floats) -> Floats:
    """Subtract from each block (n, p) its own mean, in place, and return the means (n,)."""
    pixels = blocks.shape[1]
    mean: Floats = blocks @ np.full(pixels, 1 / pixels, np.float32)
    blocks -= mean[:, None]
    return mean


def mean_products(one: Floats, other: Floats) -> Floats:
    """(n,): the mean of one * other over the pixels of each block (n, p).

    For blocks whose mean was subtracted this is the covariance of two images, or the variance of one.
    """
    return np.asarray(np.einsum("np,np->n", one, other) / np.float32(one.shape[1]))
