"""Group hotels with weights that were not fitted on them: the guard against over-fitting.

    python -m benchmarks.cross_validation CORPUS [HARD...] [--fit-also CORPUS...] [--folds 8]

The weights are fitted as `benchmarks/fit_grouping.py` fits them, on every corpus named, once without each eighth of the
houses. Then the product's own grouping groups each hotel of CORPUS and HARD, with the weights that saw nothing of its
house in any corpus. Prints for each corpus the measures of `corpus evaluate`, and the attacks found below .97.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from unittest.mock import patch

from benchmarks.fit_grouping import fits, hotels_of, measured
from benchmarks.folds import folds_of
from image_release.dedup import grouping
from image_release.dedup.weights import Weights
from image_release.lab.grouping.corpus_hotels import CorpusHotel
from image_release.lab.grouping.evaluation import group_hotel
from image_release.lab.grouping.gate import FEW_PAIRS
from image_release.lab.grouping.measures import GroupedImage, GroupingMeasures, measure

LEAST_FOUND = 0.97
"""Share of pairs below which an attack is named."""


def grouped(task: tuple[CorpusHotel, Weights, Weights]) -> tuple[GroupedImage, ...]:
    """Group a hotel with other weights than the shipped ones, in a process of its own."""
    hotel, coarse, score = task
    with (
        patch.object(grouping, "coarse_weights", lambda: coarse),
        patch.object(grouping, "shipped_weights", lambda: score),
    ):
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


def cross_validate(corpora: Sequence[Path], fit_also: Sequence[Path], folds: int) -> None:
    """Fit without each fold, group the hotels of the fold, and print the measures."""
    hotels = {corpus: hotels_of([corpus]) for corpus in corpora}
    fitted_on = [*chain.from_iterable(hotels.values()), *hotels_of(fit_also)]
    fold_of = folds_of((hotel.hotel_id for hotel in fitted_on), folds)
    pairs = measured(fitted_on)
    print(f"{len(pairs)} pairs of {len(fold_of)} hotels, {folds} folds", flush=True)
    coarse, score = fits(pairs, fold_of)
    with get_context("spawn").Pool() as pool:
        for corpus, here in hotels.items():
            without = [fold_of[hotel.hotel_id] for hotel in here]
            jobs = [(hotel, coarse.without[n], score.without[n]) for hotel, n in zip(here, without, strict=True)]
            grouped_images = list(chain.from_iterable(pool.map(grouped, jobs, chunksize=1)))
            print(
                said(corpus.name, measure([item for hotel in here for item in hotel.images], grouped_images)),
                flush=True,
            )


def main() -> None:
    """Cross-validate the named corpora."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", type=Path)
    parser.add_argument("--fit-also", nargs="+", type=Path, default=[])
    parser.add_argument("--folds", type=int, default=8)
    args = parser.parse_args()
    cross_validate(args.corpora, args.fit_also, args.folds)


if __name__ == "__main__":
    main()
