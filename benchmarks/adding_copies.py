"""How far more copies of the same photographs change which photographs are joined.

    python -m benchmarks.adding_copies CORPUS... [--subsets 4]

Each hotel is grouped with all its images, and with some of the copies of each photograph, drawn anew for each subset.
Of the photographs and copies that both have, it prints how many were joined with one and not with the other. Two
photographs should be one picture with more copies if, and only if, they are with fewer. Two copies may well be
joined by a third one, which more copies bring; they should not be parted by it.
"""

from __future__ import annotations

import argparse
import os
import random
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from itertools import combinations
from multiprocessing import get_context
from pathlib import Path

from benchmarks.fit_grouping import hotels_of, labels_of
from image_release.dedup import FingerprintedImage, group_same
from image_release.lab.grouping.corpus_hotels import CorpusHotel, fingerprint_hotel
from image_release.settings import GroupingSettings

Pair = tuple[str, str]


def joined(seen: Mapping[str, FingerprintedImage], among: Collection[str]) -> set[Pair]:
    """The pairs of images (SHA-256, sorted) that are in one picture if a hotel has these images and no others."""
    pictures = group_same({sha256: seen[sha256] for sha256 in among}, (), GroupingSettings())
    return {pair for picture in pictures for pair in combinations(picture.members, 2)}


def photographs(pairs: Collection[Pair], label_of: Mapping[str, str]) -> set[Pair]:
    """The pairs of different photographs (labels, sorted) of which images are in one picture."""
    found = {tuple(sorted((label_of[one], label_of[other]))) for one, other in pairs}
    return {(one, other) for one, other in found if one != other}


def changes(
    with_all: Collection[Pair], with_some: Collection[Pair], some: Collection[str], label_of: Mapping[str, str]
) -> Iterator[str]:
    """Yield what more copies changed: for each two photographs, and for each two copies that both groupings hold."""
    all_photographs, some_photographs = photographs(with_all, label_of), photographs(with_some, label_of)
    yield from ["photographs joined"] * len(all_photographs - some_photographs)
    yield from ["photographs parted"] * len(some_photographs - all_photographs)
    for pair in combinations(sorted(some), 2):
        if label_of[pair[0]] == label_of[pair[1]]:
            yield "copies"
            if (pair in with_all) != (pair in with_some):
                yield "copies joined" if pair in with_all else "copies parted"


def of_hotel(subsets: int, hotel: CorpusHotel) -> Counter[str]:
    """Count the changes of a hotel over some subsets."""
    fingerprints = fingerprint_hotel(hotel)
    label_of = labels_of(hotel, fingerprints)
    copies = defaultdict(list)
    for sha256 in sorted(label_of):
        copies[label_of[sha256]].append(sha256)
    with_all = joined(fingerprints.seen, label_of)
    counted: Counter[str] = Counter()
    for number in range(subsets):
        chance = random.Random(f"{hotel.hotel_id}/{number}")
        some = [sha256 for each in copies.values() for sha256 in chance.sample(each, chance.randint(1, len(each)))]
        counted["photographs"] += len(copies)
        counted.update(changes(with_all, joined(fingerprints.seen, some), some, label_of))
    return counted


def main() -> None:
    """Print the changes of each corpus."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", type=Path)
    parser.add_argument("--subsets", type=int, default=4)
    args = parser.parse_args()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # there is one process a core
    with get_context("spawn").Pool() as pool:
        for corpus in args.corpora:
            hotels = hotels_of([corpus])
            total = sum(pool.map(partial(of_hotel, args.subsets), hotels, chunksize=1), Counter[str]())
            print(
                f"{corpus.name}: with more copies {total['photographs joined']} pairs of photographs are joined and "
                f"{total['photographs parted']} parted, of {total['photographs']} photographs; "
                f"{total['copies joined']} pairs of copies are joined and {total['copies parted']} parted, "
                f"of {total['copies']}",
                flush=True,
            )


if __name__ == "__main__":
    main()
