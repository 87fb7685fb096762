"""Fitted weights: how much each statistic of a pair counts for the same photograph, and which pairs are given up early.

They are in `weights.json`, which `benchmarks/fit_grouping.py` writes; it also prints figures, cross-validated by hotel.
Those for the same view are in `same_view.json`, which `benchmarks/fit_same_view.py` writes; those that tell marks from
things are in `regions.json`, which `benchmarks/fit_regions.py` writes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


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
        return self.of_limited(self.limited(statistics))

    def limited(self, statistics: Mapping[str, float]) -> list[float]:
        """Each statistic in deviations from its mean, at most four."""
        return [
            max(-4.0, min(4.0, (statistics[name] - mean) / deviation))
            for name, mean, deviation in zip(self.names, self.mean, self.deviation, strict=True)
        ]

    def of_limited(self, limited: Iterable[float]) -> float:
        """The score of statistics that were limited before."""
        total = self.intercept
        for coefficient, value in zip(self.coefficient, limited, strict=True):
            total += coefficient * value
        return total

    def most(self) -> float:
        """The highest possible score, which identical bytes get."""
        return self.intercept + sum(4.0 * abs(coefficient) for coefficient in self.coefficient)


@dataclass(frozen=True, slots=True)
class PairWeights:
    """The weights of the score: one regression for each kind of pair that shows two photographs.

    Two photographs may differ in one way only, so that all other regressions take them for copies. Two images show one
    photograph if no kind is likely: the odds against it are the sum of the odds of all kinds.
    """

    kinds: Mapping[str, Weights]
    """Kind -> weights that tell it from copies; all have the same names, means and deviations."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the statistics."""
        return next(iter(self.kinds.values())).names

    @property
    def mean(self) -> Mapping[str, float]:
        """The mean of each statistic."""
        return dict(zip(self.names, next(iter(self.kinds.values())).mean, strict=True))

    def score(self, statistics: Mapping[str, float]) -> float:
        """Log-odds of the same photograph."""
        limited = next(iter(self.kinds.values())).limited(statistics)
        return none_of(weights.of_limited(limited) for weights in self.kinds.values())

    def most(self) -> float:
        """A score that no pair exceeds, which identical bytes get."""
        return none_of(weights.most() for weights in self.kinds.values())


def none_of(log_odds: Iterable[float]) -> float:
    """Log-odds that none of several kinds is the case, from the log-odds against each: close to the lowest of them."""
    found = list(log_odds)
    least = min(found)
    return least - math.log(sum(math.exp(least - each) for each in found))


def shipped_weights() -> PairWeights:
    """The weights that score a registered pair."""
    return _score_weights()


def coarse_weights() -> Weights:
    """The weights that score a coarsely aligned pair; pairs below the setting `least_first_look` are given up."""
    return _shipped("weights.json", "first_look")


def coarse_view_weights() -> Weights:
    """The weights that say which coarsely aligned pairs may show the same view."""
    return _shipped("same_view.json", "first_look")


def same_view_weights() -> Weights:
    """The weights that say how likely a coarsely aligned pair shows the same view."""
    return _shipped("same_view.json", "same_view")


def region_weights() -> Weights:
    """The weights that say how likely a region in which two aligned images differ is a mark, and not a thing."""
    return _shipped("regions.json", "region")


def weights_of(document: Mapping[str, Any]) -> tuple[Weights, PairWeights]:
    """The weights of the coarse pass and those of the score, as `weights.json` holds them."""
    score = PairWeights({kind: _weights(values) for kind, values in document["score"].items()})
    return _weights(document["first_look"]), score


@cache
def difference_weights() -> Mapping[str, Weights]:
    """What may tell two shots of one view apart -> weights that say how likely it does."""
    return {name: _weights(values) for name, values in _document("same_view.json")["difference"].items()}


@cache
def _score_weights() -> PairWeights:
    return weights_of(_document("weights.json"))[1]


@cache
def _shipped(name: str, key: str) -> Weights:
    return _weights(_document(name)[key])


def _document(name: str) -> Any:
    return json.loads((files(__package__) / name).read_text(encoding="utf-8"))


def _weights(values: Mapping[str, Any]) -> Weights:
    return Weights(
        names=tuple(values["names"]),
        mean=tuple(values["mean"]),
        deviation=tuple(values["deviation"]),
        coefficient=tuple(values["coefficient"]),
        intercept=float(values["intercept"]),
    )
