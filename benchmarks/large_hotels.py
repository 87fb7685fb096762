"""Measure grouping on one large hotel that is full of look-alikes: purity, completeness, lost photographs and CPU.

    python -m benchmarks.large_hotels SOURCE... [--sizes 1000 3000 5000] [--without PREFIX...] [--seed 5] [--json]

SOURCE is what `image-release corpus make` takes: photographs that are all different, also from those of the other
sources. The hotel of each size gets their copies by the recipe `ordinary`, photograph after photograph in the order of
the sources, as often as it takes, each time by another seed. So name the look-alikes first. `--without` leaves out the
hotels whose ids begin so, such as those that show the photographs of others once more.

The same images are also grouped apart, each hotel of the sources by itself: what is worse in the large hotel is due to
its size. The shipped weights have seen most labelled corpora, so only the difference is held out.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in a worker; numpy reads it when it is imported

from image_release.lab.grouping import make_corpus, measure, read_originals, read_recipe
from image_release.lab.grouping.corpus_hotels import CorpusHotel, read_hotels
from image_release.lab.grouping.corpus_making import Original
from image_release.lab.grouping.evaluation import group_hotel
from image_release.lab.grouping.labels import LabelledImage
from image_release.settings import Settings

SIZES = (1000, 3000, 5000)
HOTEL = "large"
ROOT = Path("/")
"""The folder of the hotel: its images are named by their absolute paths."""


def originals_of(sources: Sequence[Path], without: Sequence[str]) -> list[Original]:
    """The photographs of all sources, in their order; labels are those of their source."""
    return [
        Original(original.hotel_id, f"{source.name}/{original.label}", original.path)
        for source in sources
        for original in read_originals(source)
        if not original.hotel_id.startswith(tuple(without))
    ]


def copies_of(originals: Sequence[Original], folder: Path, size: int, seed: int) -> list[LabelledImage]:
    """At least `size` copies of the photographs, in whole rounds; each in the hotel of its source."""
    recipe, images = read_recipe("ordinary"), list[LabelledImage]()
    order = {original.label: number for number, original in enumerate(originals)}
    for number in range(size):
        out = folder / str(number)
        make_corpus(list(originals), out, recipe, seed + number, lambda *_: None)
        made = [(item, hotel) for hotel in read_hotels(out, Settings())[0] for item in hotel.images]
        made.sort(key=lambda pair: (order[pair[0].label], pair[0].image))
        images += [
            LabelledImage(str(hotel.path(item.image).resolve()), item.hotel_id, item.label, item.attacks, item.best)
            for item, hotel in made
        ]
        if len(images) >= size:
            break
    return images


def measured(images: Sequence[LabelledImage]) -> dict[str, float]:
    """The measures of the images in one hotel and apart, and CPU milliseconds an image of grouping."""
    apart: dict[str, list[LabelledImage]] = {}
    for item in images:
        apart.setdefault(item.hotel_id, []).append(item)
    whole = {HOTEL: [replace(item, hotel_id=HOTEL) for item in images]}
    return {
        "images": len(images),
        "photographs": len({item.label for item in images}),
        **grouped(whole),
        **{f"{name}_apart": value for name, value in grouped(apart).items()},
    }


def grouped(hotels: Mapping[str, Sequence[LabelledImage]]) -> dict[str, float]:
    """The measures of some hotels, and CPU milliseconds an image of grouping. Mixed groups go to the standard error."""
    found = [group_hotel(CorpusHotel(ROOT, name, tuple(images), Settings())) for name, images in hotels.items()]
    labelled = [item for images in hotels.values() for item in images]
    measures = measure(labelled, [item for hotel in found for item in hotel.grouped_images])
    for mixed in measures.wrong:
        if len(mixed.labels) > 1:
            print(f"wrong in {mixed.hotel_id}:", ", ".join(mixed.labels), file=sys.stderr)
    return {
        "purity": round(measures.purity, 4),
        "completeness": round(measures.completeness, 4),
        "lost": round(measures.lost * measures.labels),
        "group_ms": round(1e3 * sum(hotel.cost.group_s for hotel in found) / len(labelled), 2),
    }


def main() -> int:
    """Make the hotels, measure them and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="+", type=Path, metavar="SOURCE")
    parser.add_argument("--sizes", nargs="+", type=int, default=list(SIZES))
    parser.add_argument("--without", nargs="+", default=[], metavar="PREFIX", help="ids of hotels to leave out")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="one JSON document instead of lines")
    args = parser.parse_args()
    originals = originals_of(args.sources, args.without)
    results = []
    with tempfile.TemporaryDirectory() as folder:
        images = copies_of(originals, Path(folder), max(args.sizes), args.seed)
        for size in args.sizes:
            results.append(measured(images[:size]))
            if not args.json:
                print(*(f"{name} {value:g}" for name, value in results[-1].items()), sep="  ", flush=True)
    if args.json:
        print(json.dumps(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
