"""Fit the weights of `dedup/weights.py` on labelled corpora, and print figures that are cross-validated by hotel.

    python -m benchmarks.fit_grouping CORPUS... [--write] [--folds 8]

Each CORPUS holds labels.csv and images/. Every candidate pair within a hotel is registered, in the order in which
grouping measures it. A pair is *same* when its labels are equal. Decision 6 says what the shipped weights were fitted
on: the labelled corpus, its hard maker with seeds 1 to 3, `corpus make` with the recipes `hard` and `ordinary` (seed
5), and `benchmarks/rotated_camera_pairs.py`. The model is a ridge logistic regression. Placeholders take no part, and
equal files count once, as in grouping. `benchmarks/cross_validation.py` shows what groups come of held-out weights.
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
from benchmarks.logistic import newton
from image_release.dedup.evidence import coarse_features, displacements, statistics
from image_release.dedup.grouping import in_content_order
from image_release.dedup.matching import candidate_pairs
from image_release.dedup.prepared_image import PreparedImage
from image_release.dedup.registration import align_coarsely, register
from image_release.dedup.weights import Weights
from image_release.lab.grouping.corpus_hotels import CorpusHotel, fingerprint_hotel, read_hotels
from image_release.settings import GroupingSettings, Settings

WEIGHTS = Path(__file__).parents[1] / "shared/image_release/dedup/weights.json"
RIDGE = 3.0
WRONG_JOIN = 3.0
"""Weight of a false pair in the score; a true one has 1. A lost photograph is worse than a repeated one."""
WRONG_START = 0.3
"""Weight of a false pair in the coarse pass, where it only costs time while a true pair that is given up is lost."""

Statistics = dict[str, float]
Pair = tuple[str, str, bool, Statistics, Statistics | None]
"""Corpus, hotel, whether the labels are equal, features of the coarse pass, and statistics if it was registered."""


def hotels_of(corpora: Sequence[Path]) -> list[CorpusHotel]:
    """Every hotel of every corpus."""
    return [hotel for corpus in corpora for hotel in read_hotels(corpus, Settings())[0]]


def hotel_pairs(hotel: CorpusHotel) -> list[Pair]:
    """Statistics of every candidate pair of a hotel."""
    fingerprints = fingerprint_hotel(hotel)
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
    """Fit the coefficients of `values` (n, k) and, last, the intercept: (k + 1,)."""
    ones = np.hstack([values, np.ones((len(values), 1))])
    penalty = np.diag([RIDGE] * values.shape[1] + [0.0])
    return newton(ones, same, np.where(same, 1.0, wrong), penalty)


@dataclass(frozen=True)
class Fit:
    """Weights fitted on pairs: once on all of them, and once for each fold without its hotels."""

    pairs: list[Pair]
    held_out: NDArray[np.float64]
    """(pairs,): score of each pair by the weights that were fitted without its hotel."""
    weights: Weights
    """Fitted on all pairs; these are shipped."""
    without: tuple[Weights, ...]
    """Fitted without the hotels of each fold."""

    @classmethod
    def of(cls, pairs: list[Pair], found: list[Statistics], fold_of: Mapping[str, int], wrong: float) -> Fit:
        """Fit the statistics `found` of the pairs, in order; `fold_of` says which fold a hotel is in."""
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
        """Print for each corpus how many pairs are on the wrong side of each threshold."""
        for name in sorted({pair[0] for pair in self.pairs}):
            here = np.array([pair[0] == name for pair in self.pairs])
            same = np.array([pair[2] for pair in self.pairs])
            true, false = np.sort(self.held_out[here & same]), np.sort(self.held_out[here & ~same])[::-1]
            print(f"{name}: {len(true)} same, {len(false)} others; cross-validated by hotel:")
            print("  least of the same ", np.round(true[:8], 1), " highest of the others", np.round(false[:8], 1))
            for score in thresholds:
                print(f"  from score {score}: {(true < score).sum()} same lost, {(false >= score).sum()} others stay")


def measured(hotels: Sequence[CorpusHotel]) -> list[Pair]:
    """The candidate pairs of hotels, computed on all cores."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # there is one process a core
    with get_context("spawn").Pool() as pool:
        return list(chain.from_iterable(pool.map(hotel_pairs, hotels, chunksize=1)))


def fits(pairs: list[Pair], fold_of: Mapping[str, int]) -> tuple[Fit, Fit]:
    """Fit the weights of the coarse pass and those of the score."""
    scored = [pair for pair in pairs if pair[4]]
    coarse = Fit.of(pairs, [pair[3] for pair in pairs], fold_of, WRONG_START)
    return coarse, Fit.of(scored, [pair[4] for pair in scored if pair[4]], fold_of, WRONG_JOIN)


def main() -> None:
    """Measure the pairs, cross-validate, and write the weights if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", type=Path)
    parser.add_argument("--folds", type=int, default=8)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    pairs = measured(hotels_of(args.corpora))
    coarse, score = fits(pairs, folds_of((pair[1] for pair in pairs), args.folds))
    print("Coarse pass: pairs that are registered")
    coarse.report((-2, -1, GroupingSettings().least_first_look, 0))
    print("Score: pairs that are joined")
    score.report((0, 1, 2, 3, 4))
    if args.write:
        document = {"first_look": asdict(coarse.weights), "score": asdict(score.weights)}
        WEIGHTS.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        print(f"written to {WEIGHTS}")


if __name__ == "__main__":
    main()
