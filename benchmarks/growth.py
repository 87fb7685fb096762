"""What each step of a hotel costs as the hotel grows: CPU an image, measured and drawn.

    python -m benchmarks.growth [--corpus ../shared/corpus] [--sizes 3 10 30 100 300 1000] [--svg docs/cost-by-size.svg]

One look at a new hotel of each size, in this process, its steps taken apart by `benchmarks.hotels.staged`; images come
from the corpus in their own sizes and are not repeated, so a picture has about three images in it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when numpy is loaded: as in a worker

from benchmarks.drawing import Curve, drawn
from benchmarks.hotels import HOTEL, ours, staged
from benchmarks.pictures import inputs_of, write_hotel

SIZES = (3, 10, 30, 100, 300, 1000)
TOLD = {
    "acquire": "download, decode, print",
    "choose": "group, best image, evidence",
    "render": "renditions",
    "keep": "keep what was learned",
}
"""The steps that cost something, and what they do."""

Figures = dict[str, float]


def measured(folder: Path, paths: Sequence[Path], size: int) -> Figures:
    """CPU milliseconds an image of each step, for a hotel of so many images."""
    photos = folder / f"photos-{size}"
    write_hotel(photos / HOTEL, paths, size)
    started = time.process_time()
    with staged() as spent:
        ours(folder / "workspace", photos)
    whole = time.process_time() - started
    told = {name: spent[name] for name in TOLD}
    told["rest"] = whole - sum(told.values())
    return {name: round(seconds / size * 1e3, 3) for name, seconds in told.items()}


def curves(figures: Mapping[int, Figures]) -> list[Curve]:
    """A line for each step."""
    labels = {**TOLD, "rest": "hand in, load, publish"}
    return [Curve(label, [(size, told[name]) for size, told in figures.items()]) for name, label in labels.items()]


def main() -> int:
    """Measure, tell, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="the labelled corpus, for real photographs")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--svg", type=Path, help="where to draw the curves")
    args = parser.parse_args()
    paths = inputs_of(args.corpus).images
    with tempfile.TemporaryDirectory() as temporary:
        measured(Path(temporary), paths, 3)  # whatever is loaded or built once
        figures = {}
        for size in args.sizes:
            figures[size] = measured(Path(temporary), paths, size)
            print(f"{size} images: {figures[size]}", file=sys.stderr)
    print(json.dumps(figures))
    if args.svg:
        args.svg.write_text(
            drawn("CPU an image as a hotel grows", "images of the hotel", "ms an image", curves(figures))
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
