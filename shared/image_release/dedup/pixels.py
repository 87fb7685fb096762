"""What the looks at single pixels compute of an image: slopes, and means of neighbours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def slopes(pixels: Floats) -> tuple[Floats, Floats]:
    """(height, width) each: central differences across and down; 0 at the ends."""
    across, down = np.zeros_like(pixels), np.zeros_like(pixels)
    np.subtract(pixels[:, 2:], pixels[:, :-2], out=across[:, 1:-1])
    np.subtract(pixels[2:], pixels[:-2], out=down[1:-1])
    across *= np.float32(0.5)
    down *= np.float32(0.5)
    return across, down


def mean_near(pixels: Floats) -> Floats:
    """Mean over a square of three pixels a side; the outermost pixels are repeated beyond the edges."""
    for axis in (0, 1):
        lines = pixels if axis == 0 else pixels.T
        sums = lines.copy()
        sums[1:] += lines[:-1]
        sums[:-1] += lines[1:]
        sums[0] += lines[0]
        sums[-1] += lines[-1]
        pixels = sums if axis == 0 else sums.T
    pixels *= np.float32(1 / 9)
    return pixels
