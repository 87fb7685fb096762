"""Group hotels with weights that were not fitted on them: the guard against over-fitting.

    python -m benchmarks.cross_validation CORPUS... [--judge CORPUS...] [--fit-also CORPUS...] [--made CORPUS...]

The weights are fitted as `benchmarks/fit_grouping.py` and `fit_regions.py` fit them, on every corpus named but those of
`--judge`, once without each eighth of the houses. Then the product's own grouping groups each hotel of CORPUS and of
`--judge`, with the weights that saw nothing of its house in any corpus. Prints for each corpus the measures of `corpus
evaluate`, and the attacks found below .97. A corpus of look-alikes is grouped three times, with one, two and all copies
of each photograph, without the sets that have a policy; each set is judged by weights that never saw it.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from unittest.mock import patch

from benchmarks.fit_grouping import fits, fold_key, hotels_of, measured
from benchmarks.fit_regions import fit_regions, measured_regions
from benchmarks.folds import numbered
from benchmarks.pair_kinds import LEFT_OUT, CorpusKinds
from image_release.dedup import grouping
from image_release.dedup.weights import PairWeights, Weights
from image_release.lab.grouping.corpus_hotels import CorpusHotel
from image_release.lab.grouping.evaluation import group_hotel
from image_release.lab.grouping.gate import FEW_PAIRS
from image_release.lab.grouping.measures import GroupedImage, GroupingMeasures, measure

AllWeights = tuple[Weights, PairWeights, Weights]
"""The weights of the coarse pass, of the score, and of the regions in which two images differ."""
LEAST_FOUND = 0.97
"""Share of pairs below which an attack is named."""


@contextmanager
def weighing(coarse: Weights, score: PairWeights, regions: Weights) -> Iterator[None]:
    """Group with other weights than the shipped ones."""
    with (
        patch.object(grouping, "coarse_weights", lambda: coarse),
        patch.object(grouping, "shipped_weights", lambda: score),
        patch.object(grouping, "region_weights", lambda: regions),
    ):
        yield


def grouped(task: tuple[CorpusHotel, *AllWeights]) -> tuple[GroupedImage, ...]:
    """Group a hotel with other weights than the shipped ones, in a process of its own."""
    hotel, coarse, score, regions = task
    with weighing(coarse, score, regions):
        return group_hotel(hotel).grouped_images


def said(name: str, found: GroupingMeasures) -> str:
    """A corpus' measures in a line."""
    attacks = found.attacks.items()
    weak = [f"{attack} {share:.3f}" for attack, (share, of) in attacks if of >= FEW_PAIRS and share < LEAST_FOUND]
    return (
        f"{name}: purity {found.purity:.4f}, completeness {found.completeness:.4f}, "
        f"duplicates {found.duplicates:.4f}, lost {found.lost:.4f}; attacks found less often than {LEAST_FOUND}: "
        f"{', '.join(weak) or 'none'}"
    )


def with_copies(hotel: CorpusHotel, most: int) -> CorpusHotel:
    """The hotel with the first copies only of each photograph."""
    seen: Counter[str] = Counter()
    kept = []
    for item in sorted(hotel.images, key=lambda item: item.image):
        seen[item.label] += 1
        if seen[item.label] <= most:
            kept.append(item)
    return replace(hotel, images=tuple(kept))


def judged(corpus: Path) -> dict[str, list[CorpusHotel]]:
    """What is measured of a corpus, by the name that is printed."""
    sets, hotels = CorpusKinds.read(corpus).sets, hotels_of([corpus])
    if not sets:
        return {corpus.name: hotels}
    counted = [hotel for hotel in hotels if sets[hotel.hotel_id] != LEFT_OUT]
    fewer = {f"{corpus.name}, {most} a photograph": [with_copies(hotel, most) for hotel in counted] for most in (1, 2)}
    return {**fewer, f"{corpus.name}, all": counted}


def held_out(
    corpora: Sequence[Path], made: Sequence[Path], keys: set[str], folds: int
) -> tuple[list[AllWeights], dict[str, int]]:
    """Weights fitted on the corpora without each fold, and the fold of each house or set, also of those in `keys`."""
    hotels, changed = hotels_of(corpora), hotels_of(made)
    pairs, regions = measured(hotels, changed), measured_regions(hotels, changed)
    fold_of = numbered({pair.fold for pair in pairs} | keys, folds)
    print(f"{len(pairs)} pairs of {len(fold_of)} houses and sets, {folds} folds", flush=True)
    coarse, score = fits(pairs, fold_of)
    _, region = fit_regions(regions, fold_of)
    return list(zip(coarse.without, score.without, region, strict=True)), fold_of


def cross_validate(
    corpora: Sequence[Path], judge: Sequence[Path], fit_also: Sequence[Path], made: Sequence[Path], folds: int
) -> None:
    """Fit without each fold, group the hotels of the fold, and print the measures."""
    jobs = {name: hotels for corpus in [*corpora, *judge] for name, hotels in judged(corpus).items()}
    keys = {fold_key(hotel) for hotels in jobs.values() for hotel in hotels}
    without, fold_of = held_out([*corpora, *fit_also], made, keys, folds)
    with get_context("spawn").Pool() as pool:
        for name, hotels in jobs.items():
            tasks = [(hotel, *without[fold_of[fold_key(hotel)]]) for hotel in hotels]
            grouped_images = list(chain.from_iterable(pool.map(grouped, tasks, chunksize=1)))
            found = measure([item for hotel in hotels for item in hotel.images], grouped_images)
            print(said(name, found), flush=True)


def main() -> None:
    """Cross-validate the named corpora."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", type=Path)
    parser.add_argument("--judge", nargs="+", type=Path, default=[])
    parser.add_argument("--fit-also", nargs="+", type=Path, default=[])
    parser.add_argument("--made", nargs="+", type=Path, default=[])
    parser.add_argument("--folds", type=int, default=8)
    args = parser.parse_args()
    cross_validate(args.corpora, args.judge, args.fit_also, args.made, args.folds)


if __name__ == "__main__":
    main()
