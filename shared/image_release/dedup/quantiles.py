"""Quantiles of a few hundred values: as `np.percentile` has them, which takes ten to thirty times as long."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def quantiles(values: NDArray[np.float32], percents: Sequence[float]) -> list[float]:
    """The values below which so many percent of `values` (n,) lie, interpolated; n is at least 1."""
    ordered = np.sort(values)
    last = len(ordered) - 1
    found = []
    for percent in percents:
        at = percent / 100 * last
        low = int(at)
        here, there = ordered[low], ordered[min(low + 1, last)]
        found.append(float(here + (at - low) * (there - here)))
    return found
