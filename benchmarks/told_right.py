"""Say how many pairs of images are told right, by what is different between their shots.

    python -m benchmarks.told_right CORPUS... [--hotels N] [--fit CORPUS... [--made CORPUS...]]

CORPUS is what `benchmarks/rendered_pairs.py` or `benchmarks/second_shots.py` made. A pair of copies is right if both
are in one picture, a pair of two shots if they are not. Pairs of shots that nothing relates are not counted. *Alone* is
the share that two images would be told right by their score and the settings' clear score, without the hotel's others.
The weights are the shipped ones, which may have seen the pairs. With `--fit` they are fitted anew as
`benchmarks/cross_validation.py` does, without the house or scene that is judged.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, combinations
from multiprocessing import get_context
from pathlib import Path

from benchmarks.cross_validation import AllWeights, held_out, weighing
from benchmarks.fit_grouping import fold_key, hotels_of, labels_of
from benchmarks.pair_kinds import CorpusKinds
from image_release.dedup import group_same, scored_pairs
from image_release.dedup.weights import coarse_weights, region_weights, shipped_weights
from image_release.lab.grouping.corpus_hotels import CorpusHotel, fingerprint_hotel

COPIES = "copies"
FOLDS = 8


@dataclass(frozen=True, slots=True)
class Told:
    """What is different in a pair of images, whether the groups are right, and whether the score alone would be."""

    difference: str
    right: bool
    alone: bool


def differences_of(corpus: Path) -> dict[frozenset[str], str]:
    """What is different between each two labels that are related."""
    changes = CorpusKinds.read(corpus).changes
    return {labels: difference for labels, difference in changes.items() if len(labels) > 1}


def told(task: tuple[CorpusHotel, Mapping[frozenset[str], str], AllWeights]) -> list[Told]:
    """Judge every pair of images of a hotel whose shots are related."""
    hotel, differences, weights = task
    with weighing(*weights):
        return _told(hotel, differences)


def _told(hotel: CorpusHotel, differences: Mapping[frozenset[str], str]) -> list[Told]:
    fingerprints = fingerprint_hotel(hotel)
    label_of = labels_of(hotel, fingerprints)
    pictures = group_same(fingerprints.seen, (), hotel.settings.grouping)
    group_of = {sha256: number for number, picture in enumerate(pictures) for sha256 in picture.members}
    clear = hotel.settings.grouping.clear_score
    joins = {
        frozenset((one, other)): score >= clear
        for one, other, score in scored_pairs(fingerprints.seen, lambda _one, _other: True, hotel.settings.grouping)
    }
    found = []
    for one, other in combinations(sorted(label_of), 2):
        labels = frozenset((label_of[one], label_of[other]))
        is_copy = len(labels) == 1
        if is_copy or labels in differences:
            together, alone = group_of[one] == group_of[other], joins.get(frozenset((one, other)), False)
            found.append(Told(COPIES if is_copy else differences[labels], together == is_copy, alone == is_copy))
    return found


def main() -> None:
    """Print a line for each corpus and difference."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", type=Path)
    parser.add_argument("--hotels", type=int, help="only so many hotels")
    parser.add_argument("--fit", nargs="+", type=Path, default=[])
    parser.add_argument("--made", nargs="+", type=Path, default=[])
    args = parser.parse_args()
    keys = {fold_key(hotel) for hotel in hotels_of(args.corpora)}
    shipped = coarse_weights(), shipped_weights(), region_weights()
    weights, fold_of = held_out(args.fit, args.made, keys, FOLDS) if args.fit else ([shipped], dict.fromkeys(keys, 0))
    for corpus in args.corpora:
        differences = differences_of(corpus)
        with get_context("spawn").Pool() as pool:
            hotels = hotels_of([corpus])[: args.hotels]
            jobs = [(hotel, differences, weights[fold_of[fold_key(hotel)]]) for hotel in hotels]
            pairs = list(chain.from_iterable(pool.map(told, jobs, chunksize=1)))
        kinds = Counter(pair.difference for pair in pairs)
        print(_line(f"{corpus.name}: all", pairs))
        for kind, _ in kinds.most_common():
            print(_line(f"{corpus.name}: {kind}", [pair for pair in pairs if pair.difference == kind]))


def _line(name: str, pairs: list[Told]) -> str:
    right, alone = (sum(each) / len(pairs) for each in zip(*((pair.right, pair.alone) for pair in pairs), strict=True))
    return f"{name}: {len(pairs)} pairs, told right {right:.4f}, alone {alone:.4f}"


if __name__ == "__main__":
    main()
