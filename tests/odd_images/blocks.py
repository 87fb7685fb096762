"""Comparing two pictures by the means of blocks of 8×8 pixels, which coding and rounding hardly change."""

import numpy as np

SIDE = 8


def block_means(levels: np.ndarray) -> np.ndarray:
    """Means of the blocks that lie wholly in a picture, (rows, columns, 3)."""
    rows, columns = levels.shape[0] // SIDE, levels.shape[1] // SIDE
    cut = levels[: rows * SIDE, : columns * SIDE, :3].astype(np.float64)
    return cut.reshape(rows, SIDE, columns, SIDE, 3).mean(axis=(1, 3))
