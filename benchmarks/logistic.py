"""Ridge logistic regression by Newton's method: numpy is enough for a few dozen weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

MOST_STEPS = 40
STILL = 1e-8
"""Newton's method ends after a step in which no coefficient changes by as much as this."""
MOST_LOG_ODDS = 40.0
"""Limit of the log-odds, for or against: beyond it the exponential would overflow."""
LEAST_CURVATURE = 1e-9


def newton(values: Doubles, same: NDArray[np.bool_] | float, importance: Doubles, penalty: Doubles) -> Doubles:
    """Fit the coefficients (k,) that tell by `values` (n, k) how likely each row is true.

    `same` says which rows are true (n,), or is 1.0 if all are. `importance` (n,) is the weight of each row. `penalty`
    (k, k) is the ridge: a diagonal matrix, with 0 for a coefficient that is not drawn towards 0.
    """
    coefficient = np.zeros(values.shape[1])
    for _ in range(MOST_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(values @ coefficient, -MOST_LOG_ODDS, MOST_LOG_ODDS)))
        curvature = importance * np.maximum(chance * (1 - chance), LEAST_CURVATURE)
        gradient = values.T @ (importance * (same - chance)) - penalty @ coefficient
        step = np.linalg.solve((values * curvature[:, None]).T @ values + penalty, gradient)
        coefficient += step
        if np.abs(step).max() < STILL:
            break
    return coefficient
