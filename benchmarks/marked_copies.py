"""How many copies under marks that no fit has seen are found, where each photograph has one copy.

    python -m benchmarks.marked_copies SCENES OUT [--weights OTHER.json]

SCENES is a folder of photographs (`<hotel>/<photo>`). Of its hotels that `unseen_copies.py --half` leaves out, the
first twelve by name with ten photographs are taken. For each kind of mark of `unseen_attacks.py` and `unseen_marks.py`,
OUT gets each hotel once: its first ten photographs, and a marked copy of each. If OUT is there already, it is used.
Each hotel is grouped by the product. Prints of each kind how many copies are in one picture with their photograph.
`--weights` names other weights than the shipped ones, such as those of an earlier version.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
from collections.abc import Callable, Iterator
from itertools import chain, groupby
from multiprocessing import get_context
from pathlib import Path

from benchmarks.cross_validation import grouped
from benchmarks.fit_grouping import WEIGHTS, hotels_of
from benchmarks.unseen_attacks import ATTACKS, Pixels
from benchmarks.unseen_copies import COLUMNS, every_second, opened, saved
from benchmarks.unseen_marks import UNSEEN_MARKS
from image_release.dedup.weights import region_weights, weights_of
from image_release.lab.grouping import Original, read_originals
from image_release.lab.grouping.measures import measure
from image_release.values import sha256_hex

HOTELS, PHOTOGRAPHS = 12, 10

Row = tuple[str, str, str, str, int]


def judging(scenes: Path) -> list[list[Original]]:
    """The photographs that judge, by hotel."""
    by_hotel = groupby(every_second(read_originals(scenes), 1), key=lambda original: original.hotel_id)
    hotels = [list(originals)[:PHOTOGRAPHS] for _, originals in by_hotel]
    return [originals for originals in hotels if len(originals) == PHOTOGRAPHS][:HOTELS]


def written(out: Path, originals: list[Original], mark: Callable[[Pixels, random.Random], Pixels]) -> Iterator[Row]:
    """Write a hotel's photographs and a marked copy of each, and yield their rows of labels.csv."""
    hotel_id = f"{mark.__name__}-{originals[0].hotel_id}"
    for original in originals:
        chance = random.Random(f"{mark.__name__}/{original.label}")
        image = opened(original.path)
        for copy, note, best in ((image, "", 1), (mark(image, chance), f"{mark.__name__}|", 0)):
            data, notes = saved(copy, chance)
            name = f"{hotel_id}/{sha256_hex(data)[:16]}.jpg"
            (out / "images" / name).parent.mkdir(parents=True, exist_ok=True)
            (out / "images" / name).write_bytes(data)
            yield name, hotel_id, f"{hotel_id}/{original.label}", note + notes, best


def make(scenes: Path, out: Path) -> None:
    """Write the corpus OUT."""
    hotels, marks = judging(scenes), (*ATTACKS, *UNSEEN_MARKS)
    rows = chain.from_iterable(written(out, originals, mark) for mark in marks for originals in hotels)
    every = sorted(rows)
    with (out / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(every)


def main() -> None:
    """Make the corpus if it is not there, group it, and print a line for each kind of mark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenes", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    args = parser.parse_args()
    if not args.out.exists():
        make(args.scenes, args.out)
    coarse, score = weights_of(json.loads(args.weights.read_text(encoding="utf-8")))
    hotels = hotels_of([args.out])
    with get_context("spawn").Pool() as pool:
        tasks = [(hotel, coarse, score, region_weights()) for hotel in hotels]
        images = chain.from_iterable(pool.map(grouped, tasks, chunksize=1))
        found = measure([item for hotel in hotels for item in hotel.images], list(images))
    for kind, (share, of) in sorted(found.attacks.items(), key=lambda item: item[1]):
        print(f"{kind}: {round(share * of)} of {of} found")
    print(f"pictures that show one photograph: {found.purity:.4f}; photographs lost: {found.lost:.4f}")


if __name__ == "__main__":
    main()
