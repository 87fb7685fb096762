"""Fit the weights of `dedup/weights.py` on labelled corpora, and print figures that are cross-validated by house.

    python -m benchmarks.fit_grouping CORPUS... [--made CORPUS...] [--write] [--folds 8]

Each CORPUS holds labels.csv and images/. Every candidate pair within a hotel is registered, in the order in which
grouping measures it. `benchmarks/pair_kinds.py` says of which kind a pair is. The score is one ridge logistic
regression for each kind of pair that shows two photographs, against the pairs that show one. Each set of look-alikes
is held out by itself, all other hotels by house. Placeholders take no part, and equal files count once, as in
grouping. Decision 48 says what the shipped weights were fitted on. `benchmarks/cross_validation.py` shows what groups
come of held-out weights.
"""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from benchmarks.folds import house_of, numbered
from benchmarks.logistic import newton
from benchmarks.pair_kinds import KINDS, LEFT_OUT, SAME, CorpusKinds
from image_release.dedup.displacement import displacements
from image_release.dedup.evidence import coarse_features, statistics
from image_release.dedup.grouping import in_content_order
from image_release.dedup.matching import candidate_pairs
from image_release.dedup.prepared_image import PreparedImage
from image_release.dedup.registration import align_coarsely, register
from image_release.dedup.weights import PairWeights, Weights
from image_release.fingerprint import Fingerprint
from image_release.lab.grouping.corpus_hotels import CorpusHotel, FingerprintedHotel, fingerprint_hotel, read_hotels
from image_release.settings import GroupingSettings, Settings

WEIGHTS = Path(__file__).parents[1] / "shared/image_release/dedup/weights.json"
COARSE_RIDGE, SCORE_RIDGE = 3.0, 30.0
WRONG_JOIN = 3.0
"""Weight of a false pair in the score; a true one has 1. A lost photograph is worse than a repeated one."""
WRONG_START = 0.3
"""Weight of a false pair in the coarse pass, where it only costs time while a true pair that is given up is lost."""
MADE = 0.05
"""Weight of the pairs of corpora that were made to show changes. They are many and all of one hand."""
STRETCH = 1.4
"""Factor on the log-odds of the score, so that whole copies reach the score that joins groups by themselves."""
REPEATED = -0.25
"""Exponent that lowers the weight of pairs which show the same two photographs again."""

Statistics = dict[str, float]
Doubles = NDArray[np.float64]
Fitted = TypeVar("Fitted", Weights, PairWeights)


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """A candidate pair of two images of a hotel."""

    corpus: str
    fold: str
    """What is held out together: a house, or a set of look-alikes."""
    labels: tuple[str, str]
    kind: str
    weight: float
    features: Statistics
    """Features of the coarse pass."""
    statistics: Statistics | None
    """None if the pair could not be registered."""


def hotels_of(corpora: Sequence[Path]) -> list[CorpusHotel]:
    """Every hotel of every corpus."""
    return [hotel for corpus in corpora for hotel in read_hotels(corpus, Settings())[0]]


def labels_of(hotel: CorpusHotel, fingerprints: FingerprintedHotel) -> dict[str, str]:
    """The label of each image of a hotel, by SHA-256, but for placeholders."""
    return {
        fingerprints.contents[item.image]: item.label
        for item in hotel.images
        if item.image in fingerprints.contents and not item.is_placeholder
    }


def labelled_images(hotel: CorpusHotel) -> tuple[list[str], dict[str, str], list[Fingerprint]]:
    """The labelled images of a hotel in the order of their content: SHA-256, label of each, fingerprints."""
    fingerprints = fingerprint_hotel(hotel)
    label_of = labels_of(hotel, fingerprints)
    shas = [sha256 for sha256 in in_content_order(fingerprints.seen) if sha256 in label_of]
    return shas, label_of, [fingerprints.seen[sha256].fingerprint for sha256 in shas]


def fold_key(hotel: CorpusHotel) -> str:
    """What is held out together with a hotel."""
    in_sets = CorpusKinds.read(hotel.corpus).sets
    return f"set {hotel.hotel_id}" if hotel.hotel_id in in_sets else house_of(hotel.hotel_id)


def hotel_pairs(task: tuple[CorpusHotel, float]) -> list[LabelledPair]:
    """Every candidate pair of a hotel whose pairs have a weight, but for those that no fit sees."""
    hotel, weight = task
    kinds, fold = CorpusKinds.read(hotel.corpus), fold_key(hotel)
    shas, label_of, items = labelled_images(hotel)
    prepared = [PreparedImage(item) for item in items]
    pairs = []
    for pair in candidate_pairs(items):
        one, other = prepared[pair.one], prepared[pair.other]
        labels = label_of[shas[pair.one]], label_of[shas[pair.other]]
        kind = kinds.of(hotel.hotel_id, *labels)
        coarse = None if kind == LEFT_OUT else align_coarsely(one, other, pair)
        if coarse:
            registered = register(one, other, pair, coarse)
            found = statistics(one, other, pair, registered, displacements(one, registered)) if registered else None
            features = coarse_features(one, pair, coarse)
            pairs.append(LabelledPair(hotel.corpus.name, fold, labels, kind, weight, features, found))
    return pairs


def measured(hotels: Sequence[CorpusHotel], made: Sequence[CorpusHotel] = ()) -> list[LabelledPair]:
    """The candidate pairs of hotels, computed on all cores."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # there is one process a core
    tasks = [(hotel, 1.0) for hotel in hotels] + [(hotel, MADE) for hotel in made]
    with get_context("spawn").Pool() as pool:
        return list(chain.from_iterable(pool.map(hotel_pairs, tasks, chunksize=1)))


@dataclass(frozen=True)
class Fit(Generic[Fitted]):
    """Weights fitted on pairs: once on all of them, and once for each fold without its pairs."""

    pairs: Sequence[LabelledPair]
    held_out: Doubles
    """(pairs,): score of each pair by the weights that were fitted without its fold."""
    weights: Fitted
    """Fitted on all pairs; these are shipped."""
    without: tuple[Fitted, ...]
    """Fitted without the pairs of each fold."""

    def report(self, thresholds: tuple[float, ...]) -> None:
        """Print for each corpus how many pairs are on the wrong side of each threshold."""
        same = np.array([pair.kind == SAME for pair in self.pairs])
        for name in sorted({pair.corpus for pair in self.pairs}):
            here = np.array([pair.corpus == name for pair in self.pairs])
            true, false = np.sort(self.held_out[here & same]), np.sort(self.held_out[here & ~same])[::-1]
            print(f"{name}: {len(true)} same, {len(false)} others; cross-validated:")
            print("  least of the same ", np.round(true[:8], 1), " highest of the others", np.round(false[:8], 1))
            for score in thresholds:
                print(f"  from score {score}: {(true < score).sum()} same lost, {(false >= score).sum()} others stay")


@dataclass(frozen=True)
class Scaled:
    """Values of pairs or regions, scaled for a fit."""

    names: tuple[str, ...]
    mean: Doubles
    deviation: Doubles
    values: Doubles
    """(pairs, names + 1): scaled values and, last, 1 for the intercept."""

    @classmethod
    def of(cls, found: Sequence[Statistics]) -> Scaled:
        """Scale the statistics or features of all pairs."""
        names = tuple(found[0])
        values = np.array([[each[name] for name in names] for each in found])
        mean, deviation = values.mean(axis=0), values.std(axis=0) + 1e-9
        scaled = np.clip((values - mean) / deviation, -4, 4)
        return cls(names, mean, deviation, np.hstack([scaled, np.ones((len(scaled), 1))]))

    def weights(
        self, used: NDArray[np.bool_], same: NDArray[np.bool_], weight: Doubles, ridge: float, stretch: float = 1.0
    ) -> Weights:
        """Fit the pairs that are used; the log-odds are multiplied by `stretch`."""
        penalty = np.diag([ridge] * len(self.names) + [0.0])
        coefficient = stretch * newton(self.values[used], same[used], weight[used], penalty)
        rounded = (np.round(each, 5).tolist() for each in (self.mean, self.deviation, coefficient))
        mean, deviation, coefficients = (tuple(each) for each in rounded)
        return Weights(self.names, mean, deviation, coefficients[:-1], coefficients[-1])


def fits(pairs: Sequence[LabelledPair], fold_of: Mapping[str, int]) -> tuple[Fit[Weights], Fit[PairWeights]]:
    """Fit the weights of the coarse pass and those of the score; `fold_of` says which fold a pair is in."""
    scored = [pair for pair in pairs if pair.statistics]
    coarse = Scaled.of([pair.features for pair in pairs])
    score = Scaled.of([pair.statistics for pair in scored if pair.statistics])

    def coarse_weights(used: NDArray[np.bool_]) -> Weights:
        same = np.array([pair.kind == SAME for pair in pairs])
        weight = np.array([pair.weight for pair in pairs]) * np.where(same, 1, WRONG_START)
        return coarse.weights(used, same, weight, COARSE_RIDGE)

    def score_weights(used: NDArray[np.bool_]) -> PairWeights:
        kinds, same = np.array([pair.kind for pair in scored]), np.array([pair.kind == SAME for pair in scored])
        weight = np.array([pair.weight for pair in scored]) * np.where(same, 1, WRONG_JOIN * _rare(scored))
        return PairWeights(
            {kind: score.weights(used & (same | (kinds == kind)), same, weight, SCORE_RIDGE, STRETCH) for kind in KINDS}
        )

    return (
        _fit(pairs, [pair.features for pair in pairs], fold_of, coarse_weights),
        _fit(scored, [pair.statistics for pair in scored if pair.statistics], fold_of, score_weights),
    )


def _rare(pairs: Sequence[LabelledPair]) -> Doubles:
    """(pairs,): factor on the weight of each pair: the more pairs show the same two photographs, the smaller."""
    photographs = [(pair.corpus, *sorted(pair.labels)) for pair in pairs]
    count = Counter(photographs)
    return np.array([float(count[each]) ** REPEATED for each in photographs])


def _fit(
    pairs: Sequence[LabelledPair],
    found: Sequence[Statistics],
    fold_of: Mapping[str, int],
    fitted: Callable[[NDArray[np.bool_]], Fitted],
) -> Fit[Fitted]:
    fold = np.array([fold_of[pair.fold] for pair in pairs])
    without = tuple(fitted(fold != number) for number in range(max(fold_of.values()) + 1))
    held_out = np.array([without[number].score(each) for number, each in zip(fold, found, strict=True)])
    return Fit(pairs, held_out, fitted(np.full(len(pairs), True)), without)


def main() -> None:
    """Measure the pairs, cross-validate, and write the weights if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", type=Path)
    parser.add_argument("--made", nargs="+", type=Path, default=[])
    parser.add_argument("--folds", type=int, default=8)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    pairs = measured(hotels_of(args.corpora), hotels_of(args.made))
    coarse, score = fits(pairs, numbered({pair.fold for pair in pairs}, args.folds))
    print("Coarse pass: pairs that are registered")
    coarse.report((-2, -1, GroupingSettings().least_first_look, 0))
    print("Score: pairs that are joined")
    score.report((0, 1, 2, 3, 4))
    if args.write:
        document = {"first_look": asdict(coarse.weights), "score": asdict(score.weights)["kinds"]}
        WEIGHTS.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        print(f"written to {WEIGHTS}")


if __name__ == "__main__":
    main()
