"""The fitted constants: what each statistic of a pair counts for the same photograph, and which pairs to give up early.

They are in `weights.json`, made by `benchmarks/fit_grouping.py`, which prints the figures, cross-validated by hotel.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Weights:
    """Score = intercept + sum of coefficient x (statistic - mean) / deviation."""

    names: tuple[str, ...]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    coefficient: tuple[float, ...]
    intercept: float

    def score(self, statistics: Mapping[str, float]) -> float:
        """Log-odds of the same photograph; each statistic counts at most four deviations."""
        total = self.intercept
        for name, mean, deviation, coefficient in zip(
            self.names, self.mean, self.deviation, self.coefficient, strict=True
        ):
            total += coefficient * max(-4.0, min(4.0, (statistics[name] - mean) / deviation))
        return total

    def most(self) -> float:
        """The highest score there can be: what identical bytes get."""
        return self.intercept + sum(4.0 * abs(coefficient) for coefficient in self.coefficient)


def shipped_weights() -> Weights:
    """What decides about a pair that was laid over each other exactly."""
    return _shipped()["score"]


def first_look_weights() -> Weights:
    """What says of a pair that was laid over each other roughly whether to go on; below 0 it is given up."""
    return _shipped()["first_look"]


@cache
def _shipped() -> dict[str, Weights]:
    document = json.loads((files(__package__) / "weights.json").read_text(encoding="utf-8"))
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
