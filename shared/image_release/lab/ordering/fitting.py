"""Fit the weights of the score to what people think of pictures, and judge the fit on hotels that it did not see.

Weights are chosen from a grid, by the mean over the hotels of one measure of the order without variety: nDCG of the
first five pictures for grades, the share of choices that are right for pairs. Of equally good weights those nearest to
the weights in force are taken. What they gain is measured with the product's own order, on hotels that were held out.
A part of the score that is equal for all pictures of each hotel cannot be fitted; its weight stays. All of it is a
function of its inputs: chance is drawn from a fixed seed.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from image_release.lab.ordering.choices import JudgedHotel
from image_release.rank import Ranker
from image_release.settings import PrioritisingSettings, ScoreWeights

Array = NDArray[np.float64]
PARTS = tuple(ScoreWeights.model_fields)
"""Names of the parts of the score."""
STEPS = 20
"""Number of steps of the grid between 0 and the whole weight."""
PLACES = 4
"""Decimal places of a proposed weight."""
FIRST = 5
"""Number of first pictures that the gain is measured on."""
FOLDS, REPEATS = 5, 10
"""Parts that the hotels are divided into, each held out once; number of such divisions."""
RESAMPLES = 200
"""Number of sets of hotels, drawn with replacement, that the error bars of the weights are made from."""
MIN_HOTELS = 10
"""With fewer hotels nothing is proposed."""
EQUAL = 1e-12
"""Differences of a measure that are rounding."""


class NothingToFitError(Exception):
    """No weights can be proposed; the message says why."""


@dataclass(frozen=True, slots=True)
class FittedWeight:
    """The weight of a part: in force, proposed, and the standard error of the proposal; None: it cannot be fitted."""

    in_force: float
    proposed: float
    error: float | None


@dataclass(frozen=True, slots=True)
class WeightFit:
    """Proposed weights and what they gain; the measure is a mean over hotels, 0…1."""

    weights: Mapping[str, FittedWeight]
    hotels: int
    measure_in_force: float
    measure_proposed: float
    """On the hotels that the weights were fitted on, so it flatters."""
    gain: float
    """On hotels that were held out."""
    gain_error: float
    """Standard error of the gain."""

    @property
    def is_evident(self) -> bool:
        """Whether the gain is more than its standard error."""
        return self.gain > self.gain_error


def fit_weights(
    hotels: Sequence[JudgedHotel], settings: PrioritisingSettings, on_fold: Callable[[], None]
) -> WeightFit:
    """Propose weights. `on_fold` is called FOLDS × REPEATS times. Raises NothingToFitError."""
    if len(hotels) < MIN_HOTELS:
        raise NothingToFitError(f"{len(hotels)} hotels tell something; at least {MIN_HOTELS} are needed")
    grid = _Grid(hotels, settings)
    chosen = grid.best(np.ones(len(hotels)))
    gains = np.zeros(len(hotels))
    before = np.array([grid.judged(at, 0) for at in range(len(hotels))])
    for repeat in range(REPEATS):
        for held_out in _folds(hotels, repeat):
            fitted = grid.best(~held_out)
            for at in np.flatnonzero(held_out):
                gains[at] += (grid.judged(int(at), fitted) - before[at]) / REPEATS
            on_fold()
    after = np.array([grid.judged(at, chosen) for at in range(len(hotels))])
    errors = grid.errors()
    weights = {
        name: FittedWeight(float(grid.weights[0, at]), float(grid.weights[chosen, at]), errors[at])
        for at, name in enumerate(PARTS)
    }
    gain_error = float(gains.std(ddof=1) / math.sqrt(len(hotels)))
    return WeightFit(weights, len(hotels), float(before.mean()), float(after.mean()), float(gains.mean()), gain_error)


def ndcg(grades: Sequence[int]) -> float:
    """Normalised discounted cumulative gain of the first pictures, whose grades are given in their order."""
    ideal = sorted(grades, reverse=True)
    return _discounted(grades) / _discounted(ideal)


class _Grid:
    """The candidates for the weights (the first ones are in force), and the measure of each hotel with each of them."""

    def __init__(self, hotels: Sequence[JudgedHotel], settings: PrioritisingSettings) -> None:
        self._hotels = hotels
        self._settings = settings
        valued = _values(hotels, settings)
        values = [item.parts for item in valued]
        self.fittable = np.array([any(np.ptp(item[:, at]) > EQUAL for item in values) for at in range(len(PARTS))])
        present = np.array([getattr(settings.weights_in_force, name) for name in PARTS])
        self.weights = _candidates(present, self.fittable)
        self._measures = np.array(
            [_measures(hotel, item, self.weights) for hotel, item in zip(hotels, valued, strict=True)]
        )
        self._distance = np.abs(self.weights - present).sum(axis=1).round(PLACES)
        self._judged: dict[tuple[int, int], float] = {}
        self._rankers = {0: Ranker(settings)}

    def best(self, counts: NDArray[np.generic]) -> int:
        """The candidate with the best mean over hotels that count so often; of equal ones the nearest."""
        totals = counts.astype(np.float64) @ self._measures
        among = np.flatnonzero(totals >= totals.max() - EQUAL * len(self._hotels))
        return int(min(among, key=lambda at: (self._distance[at], int(at))))

    def judged(self, hotel: int, candidate: int) -> float:
        """The measure of the product's own order of a hotel with a candidate's weights."""
        key = hotel, candidate
        if key not in self._judged:
            judged = self._hotels[hotel]
            place = {picture.sha256: at for at, picture in enumerate(judged.pictures)}
            order = [place[item.picture.sha256] for item in self._ranker(candidate).order(judged.pictures, {})]
            self._judged[key] = _measure(judged, order)
        return self._judged[key]

    def _ranker(self, candidate: int) -> Ranker:
        if candidate not in self._rankers:
            weights = ScoreWeights(**dict(zip(PARTS, map(float, self.weights[candidate]), strict=True)))
            self._rankers[candidate] = self._rankers[0].with_settings(
                self._settings.model_copy(update={"weights": weights})
            )
        return self._rankers[candidate]

    def errors(self) -> list[float | None]:
        """Standard error of each proposed weight, over sets of hotels drawn with replacement."""
        chance = np.random.default_rng(0)
        count = len(self._hotels)
        draws = chance.integers(0, count, (RESAMPLES, count))
        drawn = [self.weights[self.best(np.bincount(draw, minlength=count))] for draw in draws]
        spread = np.std(drawn, axis=0, ddof=1)
        return [float(spread[at]) if self.fittable[at] else None for at in range(len(PARTS))]


@dataclass(frozen=True, slots=True)
class _Valued:
    """The pictures of a hotel as numbers."""

    parts: Array
    """(pictures, parts): the value of each part of the score."""
    may_open: NDArray[np.bool_]
    """(pictures,): whether the picture's kind may open a hotel."""


def _values(hotels: Sequence[JudgedHotel], settings: PrioritisingSettings) -> list[_Valued]:
    equal = ScoreWeights(**dict.fromkeys(PARTS, 1 / len(PARTS)))
    ranker = Ranker(settings.model_copy(update={"weights": equal}))
    valued = []
    for hotel in hotels:
        by_sha256 = {item.picture.sha256: item for item in ranker.order(hotel.pictures, {})}
        items = [by_sha256[picture.sha256] for picture in hotel.pictures]
        parts = np.array([[item.score.parts[name].value for name in PARTS] for item in items])
        valued.append(_Valued(parts, np.array([item.category not in settings.never_first for item in items])))
    return valued


def _candidates(present: Array, fittable: NDArray[np.bool_]) -> Array:
    """(candidates, parts): the weights in force, then a grid over the parts that can be fitted."""
    free = np.flatnonzero(fittable)
    whole = round(float(present[free].sum()), PLACES)
    if len(free) < 2 or whole <= 0:  # noqa: PLR2004 - one part alone has no share to give
        told = ", ".join(PARTS[at] for at in free) or "no part of the score"
        raise NothingToFitError(f"only {told} differs between pictures of one hotel; nothing can be weighed against it")
    rows = [present]
    for shares in _compositions(STEPS, len(free)):
        row = present.copy()
        row[free] = [round(whole * share / STEPS, PLACES) for share in shares]
        row[free[int(np.argmax(row[free]))]] += 1 - row.sum()
        rows.append(row.round(PLACES))
    return np.array(rows)


def _compositions(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    """All ways to write a number as a sum of so many numbers from 0 on."""
    for bars in combinations(range(total + parts - 1), parts - 1):
        edges = (-1, *bars, total + parts - 1)
        yield tuple(after - before - 1 for before, after in pairwise(edges))


def _measures(hotel: JudgedHotel, valued: _Valued, weights: Array) -> Array:
    """(candidates,): the measure of a hotel for each candidate; equal scores in order of SHA-256."""
    scores = (valued.parts @ weights.T).round(12)
    if valued.may_open.any():
        opener = np.where(valued.may_open[:, None], scores, -np.inf).argmax(axis=0)
        scores[opener, np.arange(scores.shape[1])] = np.inf
    if hotel.pairs:
        better, worse = np.array(hotel.pairs).T
        return np.asarray((scores[better] > scores[worse]).mean(axis=0), dtype=np.float64)
    order = np.argsort(-scores, axis=0, kind="stable")[:FIRST]
    gains = (2.0 ** np.array(hotel.grades) - 1)[order]
    discounts = 1 / np.log2(np.arange(len(order)) + 2)
    return np.asarray(discounts @ gains / _discounted(sorted(hotel.grades, reverse=True)), dtype=np.float64)


def _measure(hotel: JudgedHotel, order: Sequence[int]) -> float:
    """The measure of a hotel for an order of its pictures."""
    if hotel.pairs:
        place = {picture: at for at, picture in enumerate(order)}
        return sum(place[better] < place[worse] for better, worse in hotel.pairs) / len(hotel.pairs)
    return ndcg([hotel.grades[at] for at in order])


def _discounted(grades: Sequence[int]) -> float:
    return math.fsum((2**grade - 1) / math.log2(at + 2) for at, grade in enumerate(grades[:FIRST]))


def _folds(hotels: Sequence[JudgedHotel], repeat: int) -> Iterator[NDArray[np.bool_]]:
    """Divide the hotels; each mask marks those that are held out. The division depends on their ids alone."""
    keys = [hashlib.sha256(f"{repeat}/{hotel.hotel_id}".encode()).digest() for hotel in hotels]
    place = {key: at for at, key in enumerate(sorted(keys))}
    fold = np.array([place[key] % FOLDS for key in keys])
    for number in range(FOLDS):
        yield fold == number
