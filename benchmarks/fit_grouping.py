"""Fits the weights of `deduplicating/weights.py` on labelled corpora and fingerprints figures cross-validated by hotel.

    python -m benchmarks.fit_grouping CORPUS... [--write] [--folds 8]

Each CORPUS holds labels.csv and images/. Every candidate pair within a hotel is registered, in the order in which
grouping measures it; a pair is *same* when its labels are equal. What the shipped weights were fitted on is in decision
6: the labelled corpus, its hard maker with seeds 1 to 3, `corpus make` with the recipes `hard` and `ordinary` (seed 5),
and `benchmarks/rotated_camera_pairs.py`. Plain ridge logistic regression by Newton's method: numpy is enough. Placeholders take no
part, and equal files count once, as in grouping. What groups come of held-out weights says
`benchmarks/cross_validation.py`.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.folds import folds_of
from image_release.dedup.evidence import coarse_features, displacements, statistics
from image_release.dedup.grouping import in_content_order
from image_release.dedup.matching import candidate_pairs
from image_release.dedup.prepared_image import PreparedImage
from image_release.dedup.registration import align_coarsely, register
from image_release.dedup.weights import Weights
from image_release.lab.grouping.hotels import CorpusHotel, fingerprinted, read_hotels
from image_release.settings import GroupingSettings, Settings

WEIGHTS = Path(__file__).parents[1] / "shared/image_release/dedup/weights.json"
RIDGE = 3.0
WRONG_JOIN = 3.0
"""A false pair counts so many times a true one: a lost photograph is worse than a repeated one."""
WRONG_START = 0.3
"""The same at the first look, where a false pair only costs time and a true one that is given up is gone."""

Statistics = dict[str, float]
Pair = tuple[str, str, bool, Statistics, Statistics | None]
"""Corpus, hotel, whether the labels are equal, what the first look says, and what is said in the end."""


def hotels_of(corpora: Sequence[Path]) -> list[CorpusHotel]:
    """Every hotel of every corpus."""
    return [hotel for corpus in corpora for hotel in read_hotels(corpus, Settings())[0]]


def hotel_pairs(hotel: CorpusHotel) -> list[Pair]:
    """Statistics of every candidate pair of a hotel."""
    fingerprints = fingerprinted(hotel)
    photographs = [item for item in hotel.images if item.image in fingerprints.contents and not item.is_placeholder]
    label_of = {fingerprints.contents[item.image]: item.label for item in photographs}
    shas = [sha256 for sha256 in in_content_order(fingerprints.seen) if sha256 in label_of]
    items = [fingerprints.seen[sha256].fingerprint for sha256 in shas]
    prepared = [PreparedImage(item) for item in items]
    pairs: list[Pair] = []
    for pair in candidate_pairs(items):
        one, other = prepared[pair.one], prepared[pair.other]
        coarse = align_coarsely(one, other, pair)
        if coarse:
            same = label_of[shas[pair.one]] == label_of[shas[pair.other]]
            registered = register(one, other, pair, coarse)
            found = statistics(one, other, pair, registered, displacements(one, registered)) if registered else None
            pairs.append((hotel.corpus.name, hotel.hotel_id, same, coarse_features(one, pair, coarse), found))
    return pairs


def fitted(values: NDArray[np.float64], same: NDArray[np.bool_], wrong: float = WRONG_JOIN) -> NDArray[np.float64]:
    """Coefficients and, last, the intercept."""
    ones = np.hstack([values, np.ones((len(values), 1))])
    coefficient = np.zeros(ones.shape[1])
    penalty = np.diag([RIDGE] * values.shape[1] + [0.0])
    importance = np.where(same, 1.0, wrong)
    for _ in range(40):
        chance = 1 / (1 + np.exp(-np.clip(ones @ coefficient, -40, 40)))
        weight = importance * np.maximum(chance * (1 - chance), 1e-9)
        gradient = ones.T @ (importance * (same - chance)) - penalty @ coefficient
        step = np.linalg.solve((ones * weight[:, None]).T @ ones + penalty, gradient)
        coefficient += step
        if np.abs(step).max() < 1e-8:
            break
    return coefficient


@dataclass(frozen=True)
class Fit:
    """Pairs with their statistics, fitted once for each fold, its hotels left out, and once on all."""

    pairs: list[Pair]
    held_out: NDArray[np.float64]
    """(pairs,): scores by weights that were fitted without the pair's hotel."""
    weights: Weights
    """Fitted on all: what is shipped."""
    without: tuple[Weights, ...]
    """Fitted without the hotels of each fold."""

    @classmethod
    def of(cls, pairs: list[Pair], found: list[Statistics], fold_of: Mapping[str, int], wrong: float) -> Fit:
        """Fit what was found of pairs; `fold_of` says which fold a hotel is in."""
        names = tuple(found[0])
        values = np.array([[each[name] for name in names] for each in found])
        same = np.array([pair[2] for pair in pairs])
        mean, deviation = values.mean(axis=0), values.std(axis=0) + 1e-9
        scaled = np.clip((values - mean) / deviation, -4, 4)

        def weights(used: NDArray[np.bool_]) -> Weights:
            coefficient = fitted(scaled[used], same[used], wrong)
            centre, spread, slope, (intercept,) = (
                tuple(np.round(each, 5).tolist()) for each in (mean, deviation, coefficient[:-1], coefficient[-1:])
            )
            return Weights(names, centre, spread, slope, intercept)

        fold = np.array([fold_of[pair[1]] for pair in pairs])
        without = tuple(weights(fold != number) for number in range(max(fold_of.values()) + 1))
        held_out = np.array([without[number].score(each) for number, each in zip(fold, found, strict=True)])
        return cls(pairs, held_out, weights(np.full(len(pairs), True)), without)

    def report(self, thresholds: tuple[float, ...]) -> None:
        """Print, for each corpus, how many pairs are on the wrong side of each threshold."""
        for name in sorted({pair[0] for pair in self.pairs}):
            here = np.array([pair[0] == name for pair in self.pairs])
            same = np.array([pair[2] for pair in self.pairs])
            true, false = np.sort(self.held_out[here & same]), np.sort(self.held_out[here & ~same])[::-1]
            print(f"{name}: {len(true)} same, {len(false)} others; cross-validated by hotel:")
            print("  least of the same ", np.round(true[:8], 1), " highest of the others", np.round(false[:8], 1))
            for score in thresholds:
                print(f"  from score {score}: {(true < score).sum()} same lost, {(false >= score).sum()} others stay")


def measured(hotels: Sequence[CorpusHotel]) -> list[Pair]:
    """The candidate pairs of hotels, by all cores."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the processes are the parallelism
    with get_context("spawn").Pool() as pool:
        return list(chain.from_iterable(pool.map(hotel_pairs, hotels, chunksize=1)))


def fits(pairs: list[Pair], fold_of: Mapping[str, int]) -> tuple[Fit, Fit]:
    """The first look's weights and the score's."""
    scored = [pair for pair in pairs if pair[4]]
    first_look_ = Fit.of(pairs, [pair[3] for pair in pairs], fold_of, WRONG_START)
    return first_look_, Fit.of(scored, [pair[4] for pair in scored if pair[4]], fold_of, WRONG_JOIN)


def main() -> None:
    """Measure, cross-validate, and write the weights if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", type=Path)
    parser.add_argument("--folds", type=int, default=8)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    pairs = measured(hotels_of(args.corpora))
    start, end = fits(pairs, folds_of((pair[1] for pair in pairs), args.folds))
    print("First look: pairs that are laid over each other exactly")
    start.report((-2, -1, GroupingSettings().least_first_look, 0))
    print("Score: pairs that are joined")
    end.report((0, 1, 2, 3, 4))
    if args.write:
        document = {"first_look": asdict(start.weights), "score": asdict(end.weights)}
        WEIGHTS.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        print(f"written to {WEIGHTS}")


if __name__ == "__main__":
    main()
