"""Bilinear sampling: the brightness of an image between its pixels.

Coordinates start in the middle of the first pixel, so an image reaches from -0.5 to width - 0.5. Beyond its edges the
outermost pixels are repeated.

There are two samplers. `sample` reads the pixels themselves and computes in double precision; it suits an image that is
sampled once. `SampledImage` first makes a table and then needs one look-up a sample; it suits an image that is sampled
at every step of a fit. They round differently. Replacing one by the other changes scores or margins in their last
digits, and so needs a new GROUPING_VERSION or BEST_VERSION.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

HALF_A_PIXEL = 0.5


def within(x: Floats, y: Floats, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Tell which positions lie inside an image of `size` (height, width), half a pixel around the outermost middles."""
    height, width = size
    across = (x >= -HALF_A_PIXEL) & (x <= width - HALF_A_PIXEL)
    return np.asarray(across & (y >= -HALF_A_PIXEL) & (y <= height - HALF_A_PIXEL))


def sample(pixels: Floats, x: Floats, y: Floats) -> Doubles:
    """Sample an image (height, width) at each position; the result has the shape of `x` and `y`."""
    height, width = pixels.shape
    near_x, near_y = _clipped(x, y, (height, width))
    left, top = np.minimum(near_x.astype(np.int32), width - 2), np.minimum(near_y.astype(np.int32), height - 2)
    share_x, share_y = near_x - left, near_y - top
    flat, at = pixels.ravel(), top * width + left
    upper = flat[at] + share_x * (flat[at + 1] - flat[at])
    at += width
    lower = flat[at] + share_x * (flat[at + 1] - flat[at])
    return np.asarray(upper + share_y * (lower - upper))


@dataclass(frozen=True, slots=True, eq=False)
class SampledImage:
    """An image prepared for being sampled many times."""

    table: Floats
    """(height * width, 4): for each pixel its value, its slopes to the right and down, and their mixed difference."""
    size: tuple[int, int]
    """Height and width in pixels."""

    @classmethod
    def of(cls, pixels: Floats) -> SampledImage:
        """Make the table of an image (height, width)."""
        table = np.zeros((*pixels.shape, 4), np.float32)
        table[..., 0] = pixels
        np.subtract(pixels[:, 1:], pixels[:, :-1], out=table[:, :-1, 1])
        np.subtract(pixels[1:], pixels[:-1], out=table[:-1, :, 2])
        np.subtract(table[1:, :, 1], table[:-1, :, 1], out=table[:-1, :, 3])
        return cls(table.reshape(-1, 4), (pixels.shape[0], pixels.shape[1]))

    def at(self, x: Floats, y: Floats) -> Floats:
        """Sample at `m` positions: (m,)."""
        share_x, share_y = _clipped(x, y, self.size)
        left, top = share_x.astype(np.int32), share_y.astype(np.int32)
        # Whole numbers become floats first: numpy would subtract them in double precision, four times as slowly.
        share_x -= left.astype(np.float32)
        share_y -= top.astype(np.float32)
        top *= self.size[1]
        top += left
        found = self.table.take(top, axis=0)
        samples = found[:, 3] * share_y
        samples += found[:, 1]
        samples *= share_x
        share_y *= found[:, 2]
        samples += share_y
        samples += found[:, 0]
        return np.asarray(samples)


def _clipped(x: Floats, y: Floats, size: tuple[int, int]) -> tuple[Floats, Floats]:
    """Move positions outside an image of `size` (height, width) to the middle of the nearest pixel."""
    return np.clip(x, 0, size[1] - 1), np.clip(y, 0, size[0] - 1)
