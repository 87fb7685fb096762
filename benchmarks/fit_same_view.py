"""Fit the weights that say which photographs show the same view and what differs, and print figures that are held out.

    python -m benchmarks.fit_same_view CORPUS... [--halves CORPUS...] [--write] [--folds 10]

Which photographs show the same view, and what is measured, is in `benchmarks/same_view_labels.py`. Three things are
fitted: the coarse pass, the same view, and what differs. Pairs of copies of one photograph count as the same view, with
little weight: a copy that grouping did not find repeats its photograph, too. Figures are for pictures, by weights that
saw nothing of their house or set. Of a corpus behind `--halves`, every second hotel only judges: no weights see it or
its house, those that are written neither. *Judged sets* are the kinds of look-alikes in which somebody photographed a
view again.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.fit_grouping import hotels_of
from benchmarks.logistic import newton
from benchmarks.same_view_labels import (
    JUDGED,
    Labels,
    MeasuredPair,
    by_picture,
    fold_of,
    judging_half,
    kinds_of,
    measured_pairs,
    views_of,
)
from image_release.dedup.same_view import Difference
from image_release.dedup.same_view_evidence import LEAST_COARSE_SCORE
from image_release.dedup.weights import Weights
from image_release.lab.grouping.corpus_hotels import CorpusHotel

WEIGHTS = Path(__file__).parents[1] / "shared/image_release/dedup/same_view.json"
RIDGE = 3.0
COPIES = 0.1
"""Weight of a photograph's copies; two photographs have 1, whatever the number of their copies."""
OTHER_CORPORA = 0.35
"""Weight of two photographs of the labelled corpus: there are several corpora of the same photographs."""
MADE, MADE_TEMPLATE = 0.1, 0.2
"""Weight of two shots that were made, and of two pictures that were made from one template."""
RARE = 3.0
"""Weight, where what differs is fitted, of two shots that were not made and of which not only the camera moved."""
THRESHOLDS = (-0.5, 0.0, 0.5, 1.0)

Booleans = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ViewWeights:
    """All that is fitted."""

    first_look: Weights
    same_view: Weights
    difference: Mapping[str, Weights]

    def score(self, pair: MeasuredPair) -> float:
        """Log-odds of the same view, as the program computes them."""
        first = self.first_look.score(pair.first)
        return first if first < LEAST_COARSE_SCORE else self.same_view.score(pair.features)

    def told(self, pair: MeasuredPair) -> Difference:
        """What the program says that differs."""
        features = pair.registered
        if features is None:
            return Difference.CAMERA
        return max(Difference, key=lambda each: self.difference[each].score(features))


class Fit:
    """Weights fitted on pairs, but for those of some folds that only judge."""

    def __init__(self, pairs: Sequence[MeasuredPair], sets: frozenset[str], judges: frozenset[str]) -> None:
        used = [pair for pair in pairs if pair.fold not in judges]
        registered = [pair for pair in used if pair.registered is not None]
        self._first = _Regression(used, lambda pair: pair.first, sets)
        self._second = _Regression(used, lambda pair: pair.features, sets)
        self._third = _Regression(registered, lambda pair: pair.registered or {}, sets, rare=RARE)
        self._folds = sorted({pair.fold for pair in pairs})

    def all(self) -> ViewWeights:
        """The weights that are fitted on all pairs; these are shipped."""
        return self._fitted(frozenset())

    def without(self, folds: int) -> dict[str, ViewWeights]:
        """For each fold of the pairs the weights that saw nothing of it."""
        parts = [frozenset(self._folds[at::folds]) for at in range(folds)]
        fitted = [(part, self._fitted(part)) for part in parts]
        return {fold: weights for part, weights in fitted for fold in part}

    def _fitted(self, left_out: frozenset[str]) -> ViewWeights:
        return ViewWeights(
            first_look=self._first.weights(left_out, _is_same),
            same_view=self._second.weights(left_out, _is_same),
            difference={
                each.value: self._third.weights(left_out, lambda pair, each=each: each in pair.differences)  # type: ignore[misc]
                for each in Difference
            },
        )


def _is_same(pair: MeasuredPair) -> bool:
    return pair.is_copy or pair.is_view


class _Regression:
    """Pairs with the features of one regression."""

    def __init__(
        self,
        pairs: Sequence[MeasuredPair],
        features: Callable[[MeasuredPair], Mapping[str, float]],
        sets: frozenset[str],
        rare: float = 1.0,
    ) -> None:
        self._pairs, self._names = pairs, tuple(features(pairs[0]))
        values = np.array([[features(pair)[name] for name in self._names] for pair in pairs])
        self._mean, self._deviation = values.mean(axis=0), values.std(axis=0) + 1e-9
        scaled = np.clip((values - self._mean) / self._deviation, -4, 4)
        self._values = np.hstack([scaled, np.ones((len(pairs), 1))])
        are_rare = np.array([not pair.is_made and pair.differences != {Difference.CAMERA} for pair in pairs])
        self._importance = importance_of(pairs, sets) * np.where(are_rare, rare, 1.0)

    def weights(self, left_out: frozenset[str], is_so: Callable[[MeasuredPair], bool]) -> Weights:
        """Fit what is so of the pairs of all folds but some."""
        used = np.array([pair.fold not in left_out for pair in self._pairs])
        target = np.array([is_so(pair) for pair in self._pairs])
        penalty = np.diag([RIDGE] * len(self._names) + [0.0])
        coefficient = newton(self._values[used], target[used], self._importance[used], penalty)
        mean, deviation, slope = (
            tuple(np.round(each, 5).tolist()) for each in (self._mean, self._deviation, coefficient[:-1])
        )
        return Weights(self._names, mean, deviation, slope, round(float(coefficient[-1]), 5))


def importance_of(pairs: Sequence[MeasuredPair], sets: frozenset[str]) -> NDArray[np.float64]:
    """The weight of each pair in the fit: that of its two photographs, shared by the pairs of their copies."""
    count = Counter((pair.corpus, pair.labels) for pair in pairs)
    return np.array([_weight(pair, sets) / count[pair.corpus, pair.labels] for pair in pairs])


def _weight(pair: MeasuredPair, sets: frozenset[str]) -> float:
    if pair.is_made:
        weight = MADE if pair.is_view else MADE_TEMPLATE
    else:
        weight = 1.0 if pair.corpus in sets else OTHER_CORPORA
    return weight * COPIES if pair.is_copy else weight


Scored = Sequence[tuple[MeasuredPair, ViewWeights]]
"""Pairs with weights that saw nothing of them."""


def report(name: str, hotels: Sequence[CorpusHotel], scored: Scored) -> None:
    """Print precision and recall of the pairs of photographs of some hotels of a corpus, and the mistakes."""
    ids, corpus = {hotel.hotel_id for hotel in hotels}, hotels[0].corpus
    here = [(pair, weights) for pair, weights in scored if pair.corpus == corpus.name and _hotel(pair.labels) in ids]
    found = by_picture([pair for pair, _ in here], [weights.score(pair) for pair, weights in here])
    views = {labels: differences for labels, differences in views_of(corpus).items() if _hotel(labels) in ids}
    print(
        f"{name}: {len(views)} pairs of photographs are the same view, {len(found.keys() - views)} candidates are not"
    )
    for least in THRESHOLDS:
        said = {labels for labels, score in found.items() if score >= least}
        right = len(said & views.keys())
        precision, recall = right / max(len(said), 1), right / max(len(views), 1)
        print(f"  from score {least}: precision {precision:.3f}, recall {recall:.3f}, {len(said) - right} wrong")
    said = {labels for labels, score in found.items() if score >= 0}
    print("  wrong:", *(f"{a}={b.partition('/')[2]}({found[a, b]:.1f})" for a, b in sorted(said - views.keys())))
    missed = ((a, b, found.get((a, b))) for a, b in sorted(views.keys() - said))
    print("  missed:", *(f"{a}={b.partition('/')[2]}({'-' if s is None else f'{s:.1f}'})" for a, b, s in missed))
    report_differences(views, here)


def _hotel(labels: Labels) -> str:
    return labels[0].partition("/")[0]


def report_differences(views: Mapping[Labels, frozenset[Difference]], scored: Scored) -> None:
    """Print what the program says that differs, for each pair of photographs that show the same view."""
    told = {
        pair.labels: weights.told(pair)
        for pair, weights in sorted(scored, key=lambda each: each[0].agreeing)
        if pair.is_view
    }
    right = sum(said in views[labels] for labels, said in told.items())
    table = Counter(("+".join(sorted(views[labels])), said.value) for labels, said in told.items())
    print(f"  what differs: {right} of {len(told)} right;", *(f"{a}>{b} {n}" for (a, b), n in sorted(table.items())))


def fitted_on(corpora: Sequence[Path], halves: Iterable[Path] = ()) -> tuple[list[MeasuredPair], Fit]:
    """The pairs of some corpora, computed on all cores, and the fit to them."""
    halves = list(halves)
    judges = frozenset(chain.from_iterable(judging_half(hotels_of([corpus])) for corpus in halves))
    with get_context("spawn").Pool() as pool:
        hotels = hotels_of([*corpora, *halves])
        pairs = list(chain.from_iterable(pool.map(measured_pairs, hotels, chunksize=1)))
    sets = frozenset(corpus.name for corpus in [*corpora, *halves] if kinds_of(corpus) or corpus in halves)
    return pairs, Fit(pairs, sets, judges)


def main() -> None:
    """Measure the pairs, hold out, and write the weights if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", type=Path)
    parser.add_argument("--halves", nargs="+", type=Path, default=[])
    parser.add_argument("--folds", type=int, default=10)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    pairs, fit = fitted_on(args.corpora, args.halves)
    without = fit.without(args.folds)
    scored = [(pair, without[pair.fold]) for pair in pairs]
    for corpus in [*args.corpora, *args.halves]:
        hotels, kinds = hotels_of([corpus]), kinds_of(corpus)
        report(corpus.name, hotels, scored)
        if judged := [hotel for hotel in hotels if kinds.get(hotel.hotel_id) in JUDGED]:
            report(f"{corpus.name}, judged sets", judged, scored)
        if corpus in args.halves:
            judges = judging_half(hotels)
            report(f"{corpus.name}, half that judges", [each for each in hotels if fold_of(each) in judges], scored)
    if args.write:
        WEIGHTS.write_text(json.dumps(asdict(fit.all()), indent=1) + "\n", encoding="utf-8")
        print(f"written to {WEIGHTS}")


if __name__ == "__main__":
    main()
