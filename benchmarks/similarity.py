"""Structural similarity of two images (Wang et al., 2004): how alike renditions look."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float32]

SIGMA = 1.5
"""Standard deviation of the Gaussian window, in pixels."""
REACH = 5
"""Pixels of a window on each side of its middle."""
STABILISERS = ((0.01 * 255) ** 2, (0.03 * 255) ** 2)
"""Constants that keep the quotients of means and of variances finite."""


def structural_similarity(one: Image.Image, other: Image.Image) -> float:
    """Mean structural similarity, at most 1, of the brightness of two equally large images, in 11 x 11 windows."""
    x, y = (np.asarray(image.convert("L"), np.float32) for image in (one, other))
    mean_x, mean_y = _windowed(x), _windowed(y)
    of_x, of_y = _windowed(x * x) - mean_x**2, _windowed(y * y) - mean_y**2
    of_both = _windowed(x * y) - mean_x * mean_y
    for_means, for_spread = STABILISERS
    likeness = (2 * mean_x * mean_y + for_means) * (2 * of_both + for_spread)
    return float((likeness / ((mean_x**2 + mean_y**2 + for_means) * (of_x + of_y + for_spread))).mean())


def _windowed(values: Floats) -> Floats:
    weights = np.exp(-(np.arange(-REACH, REACH + 1) ** 2) / (2 * SIGMA**2)).astype(np.float32)
    weights /= weights.sum()
    height, width = values.shape
    reach = min(REACH, (min(height, width) - 1) // 2)
    weights = weights[REACH - reach : REACH + reach + 1] / weights[REACH - reach : REACH + reach + 1].sum()
    down = sum(w * values[k : height - 2 * reach + k] for k, w in enumerate(weights))
    return np.asarray(sum(w * down[:, k : width - 2 * reach + k] for k, w in enumerate(weights)), np.float32)
