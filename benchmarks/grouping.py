"""Measure what grouping costs as a hotel grows: CPU milliseconds an image, step by step.

    python -m benchmarks.grouping CORPUS... [--sizes 60 1000 3000] [--hotels 8] [--json]

`group` is grouping as it is, and `group_alone` the same without telling which pictures show the same view.

Hotels are composed of those of labelled corpora, one after the other. So each is full of look-alikes, and harder than a
real hotel of its size. Up to `--hotels` of a size are measured in one process, and no image is in two of them. Whether
the groups are right is not measured: labels hold within a hotel, and some hotels of a corpus share photographs.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in a worker; numpy reads it when it is imported

from benchmarks.same_view_cost import grouped_alone
from image_release.lab.grouping.corpus_hotels import CorpusHotel, read_hotels
from image_release.lab.grouping.evaluation import group_hotel
from image_release.lab.grouping.labels import LabelledImage
from image_release.settings import Settings

SIZES = (60, 1000, 3000)
ROOT = Path("/")
"""The folder of composed hotels: their images are named by their absolute paths."""


def images_of(corpora: Sequence[Path]) -> list[LabelledImage]:
    """All images of the corpora, hotel by hotel."""
    hotels = [hotel for corpus in corpora for hotel in read_hotels(corpus, Settings())[0]]
    return [replace(item, image=str(hotel.path(item.image).resolve())) for hotel in hotels for item in hotel.images]


def composed(images: Sequence[LabelledImage], size: int, most: int) -> Iterator[CorpusHotel]:
    """Compose at most `most` hotels of `size` images each; no image is in two of them."""
    for number in range(min(most, len(images) // size)):
        name = f"{size}-{number}"
        mine = images[number * size : (number + 1) * size]
        yield CorpusHotel(ROOT, name, tuple(replace(item, hotel_id=name) for item in mine), Settings())


def measured(hotels: Sequence[CorpusHotel]) -> dict[str, float]:
    """Number of hotels, and CPU milliseconds an image of each step."""
    costs, alone_s = [], 0.0
    for hotel in hotels:
        found = group_hotel(hotel)
        costs.append(found.cost)
        alone_s += grouped_alone(found.fingerprinted.seen)
    images = sum(cost.images for cost in costs)
    spent = {
        stage: round(1e3 * sum(getattr(cost, f"{stage}_s") for cost in costs) / images, 2)
        for stage in ("decode", "fingerprint", "group", "best")
    }
    return {"hotels": len(hotels), **spent, "group_alone": round(1e3 * alone_s / images, 2)}


def main() -> int:
    """Compose the hotels, measure them and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", type=Path, metavar="CORPUS")
    parser.add_argument("--sizes", nargs="+", type=int, default=list(SIZES))
    parser.add_argument("--hotels", type=int, default=8, help="hotels of each size, at most")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of lines")
    args = parser.parse_args()
    images = images_of(args.corpora)
    results = {}
    for size in args.sizes:
        hotels = list(composed(images, size, args.hotels))
        if not hotels:
            print(f"{size}: the corpora have only {len(images)} images", file=sys.stderr)
            continue
        results[size] = measured(hotels)
        if not args.json:
            print(f"{size:5} images", *(f"{name} {value:g}" for name, value in results[size].items()), sep="  ")
    if args.json:
        print(json.dumps(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
