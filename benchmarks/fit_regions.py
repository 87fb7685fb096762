"""Fit the weights that tell a mark from a thing in a region in which two aligned images differ.

    python -m benchmarks.fit_regions CORPUS... [--made CORPUS...] [--write] [--folds 8]

Looked at are the regions of `dedup/changed_regions.py`, of pairs that the score takes for one photograph. All regions
of two copies are marks. Of two photographs between which things or people changed, the region that looks most like a
thing is one; which one this is, is asked again after each of a few fits. Prints, held out by house, for each corpus how
many copies are parted and how many photographs in which things changed are told apart.
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

from benchmarks.fit_grouping import STRETCH, Scaled, fold_key, hotels_of, labelled_images
from benchmarks.folds import numbered
from benchmarks.pair_kinds import SAME, CorpusKinds
from image_release.dedup.changed_regions import LEAST_SCORE, changed_regions
from image_release.dedup.displacement import displacements
from image_release.dedup.evidence import statistics
from image_release.dedup.matching import candidate_pairs
from image_release.dedup.prepared_image import PreparedImage
from image_release.dedup.registration import align_coarsely, register
from image_release.dedup.weights import Weights, shipped_weights
from image_release.lab.grouping.corpus_hotels import CorpusHotel

WEIGHTS = Path(__file__).parents[1] / "shared/image_release/dedup/regions.json"
RIDGE = 10.0
ROUNDS = 3
"""Number of fits; after each, the regions that count as things are chosen again."""
SURELY = 1.5
"""Log-odds from which a further region of a pair counts as a thing, too."""
MADE = 0.3
"""Weight of the pairs of corpora that were made to show changes."""
CAUTION = 0.5
"""Log-odds by which a thing must be likelier than a mark: copies are far more frequent than things that moved."""
THINGS = {"things", "people"}

Statistics = dict[str, float]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PairOfRegions:
    """The regions in which a pair differs that the score takes for one photograph."""

    corpus: str
    fold: str
    is_copy: bool
    weight: float
    regions: list[Statistics]


def regions_of(task: tuple[CorpusHotel, float]) -> list[PairOfRegions]:
    """The pairs of a hotel that are copies, or between which nothing but things and light changed."""
    hotel, weight = task
    kinds, fold = CorpusKinds.read(hotel.corpus), fold_key(hotel)
    shas, label_of, items = labelled_images(hotel)
    prepared = [PreparedImage(item) for item in items]
    pairs = []
    for pair in candidate_pairs(items):
        labels = label_of[shas[pair.one]], label_of[shas[pair.other]]
        changed = set(kinds.changes.get(frozenset(labels), "").split("+"))
        is_copy = kinds.of(hotel.hotel_id, *labels) == SAME
        if not is_copy and not (changed & THINGS and changed <= THINGS | {"light"}):
            continue
        one, other = prepared[pair.one], prepared[pair.other]
        coarse = align_coarsely(one, other, pair)
        registered = register(one, other, pair, coarse) if coarse else None
        if registered is None:
            continue
        found = statistics(one, other, pair, registered, displacements(one, registered))
        if shipped_weights().score(found) >= LEAST_SCORE:
            pairs.append(PairOfRegions(hotel.corpus.name, fold, is_copy, weight, changed_regions(one, registered)))
    return pairs


def measured_regions(hotels: Sequence[CorpusHotel], made: Sequence[CorpusHotel] = ()) -> list[PairOfRegions]:
    """The regions of all pairs of hotels, computed on all cores."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # there is one process a core
    tasks = [(hotel, 1.0) for hotel in hotels] + [(hotel, MADE) for hotel in made]
    with get_context("spawn").Pool() as pool:
        return list(chain.from_iterable(pool.map(regions_of, tasks, chunksize=1)))


def fit_regions(pairs: Sequence[PairOfRegions], fold_of: Mapping[str, int]) -> tuple[Weights, tuple[Weights, ...]]:
    """The weights fitted on all pairs, and those that were fitted without the pairs of each fold."""
    regions = [region for pair in pairs for region in pair.regions]
    scaled = Scaled.of(regions)
    pair_of = np.repeat(np.arange(len(pairs)), [len(pair.regions) for pair in pairs])
    is_copy = np.array([pair.is_copy for pair in pairs])[pair_of]
    weight = np.array([pair.weight for pair in pairs])[pair_of]
    fold = np.array([fold_of[pair.fold] for pair in pairs])[pair_of]

    def fitted(used: Flags) -> Weights:
        things = used & ~is_copy & np.concatenate([[True], pair_of[1:] != pair_of[:-1]])  # the largest of each pair
        for _ in range(ROUNDS):
            weights = scaled.weights((used & is_copy) | things, is_copy, weight, RIDGE)
            marks = np.array([weights.score(region) for region in regions])
            least = np.full(len(pairs), np.inf)
            np.minimum.at(least, pair_of, marks)
            things = used & ~is_copy & ((marks <= least[pair_of]) | (marks < -SURELY))
        return cautious(weights)

    return fitted(np.full(len(fold), True)), tuple(
        fitted(fold != number) for number in range(max(fold_of.values()) + 1)
    )


def cautious(weights: Weights) -> Weights:
    """The weights on the scale of the score, with the odds that copies and things that moved have before any look."""
    return Weights(
        weights.names,
        weights.mean,
        weights.deviation,
        tuple(round(STRETCH * each, 5) for each in weights.coefficient),
        round(STRETCH * (weights.intercept + CAUTION), 5),
    )


def report(pairs: Sequence[PairOfRegions], fold_of: Mapping[str, int], without: Sequence[Weights]) -> None:
    """Print for each corpus how many pairs have a region that looks like a thing, held out."""
    for corpus in sorted({pair.corpus for pair in pairs}):
        for is_copy, name in ((True, "copies"), (False, "things changed")):
            asked = [pair for pair in pairs if pair.corpus == corpus and pair.is_copy == is_copy]
            found = [any(without[fold_of[pair.fold]].score(region) < 0 for region in pair.regions) for pair in asked]
            if asked:
                print(f"{corpus}, {name}: {sum(found)} of {len(asked)} are taken for two photographs")


def main() -> None:
    """Measure the regions, cross-validate, and write the weights if asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", type=Path)
    parser.add_argument("--made", nargs="+", type=Path, default=[])
    parser.add_argument("--folds", type=int, default=8)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    pairs = measured_regions(hotels_of(args.corpora), hotels_of(args.made))
    fold_of = numbered({pair.fold for pair in pairs}, args.folds)
    weights, without = fit_regions(pairs, fold_of)
    report(pairs, fold_of, without)
    if args.write:
        WEIGHTS.write_text(json.dumps({"region": asdict(weights)}, indent=1) + "\n", encoding="utf-8")
        print(f"written to {WEIGHTS}")


if __name__ == "__main__":
    main()
