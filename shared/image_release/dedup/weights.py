"""Fitted weights: how much each statistic of a pair counts for the same photograph, and which pairs are given up early.

They are in `weights.json`, which `benchmarks/fit_grouping.py` writes; it also prints figures, cross-validated by hotel.
Those for the same view are in `same_view.json`, which `benchmarks/fit_same_view.py` writes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Weights:
    """A logistic regression: score = intercept + sum of coefficient x (statistic - mean) / deviation."""

    names: tuple[str, ...]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    coefficient: tuple[float, ...]
    intercept: float

    def score(self, statistics: Mapping[str, float]) -> float:
        """Log-odds of what was fitted; each statistic is limited to four deviations from its mean."""
        total = self.intercept
        for name, mean, deviation, coefficient in zip(
            self.names, self.mean, self.deviation, self.coefficient, strict=True
        ):
            total += coefficient * max(-4.0, min(4.0, (statistics[name] - mean) / deviation))
        return total

    def most(self) -> float:
        """The highest possible score, which identical bytes get."""
        return self.intercept + sum(4.0 * abs(coefficient) for coefficient in self.coefficient)


def shipped_weights() -> Weights:
    """The weights that score a registered pair."""
    return _shipped("weights.json")["score"]


def coarse_weights() -> Weights:
    """The weights that score a coarsely aligned pair; pairs below the setting `least_first_look` are given up."""
    return _shipped("weights.json")["first_look"]


def same_view_weights() -> Weights:
    """The weights that say how likely a coarsely aligned pair shows the same view."""
    return _shipped("same_view.json")["same_view"]


@cache
def _shipped(name: str) -> dict[str, Weights]:
    document = json.loads((files(__package__) / name).read_text(encoding="utf-8"))
    return {
        kind: Weights(
            names=tuple(values["names"]),
            mean=tuple(values["mean"]),
            deviation=tuple(values["deviation"]),
            coefficient=tuple(values["coefficient"]),
            intercept=float(values["intercept"]),
        )
        for kind, values in document.items()
    }
