"""Measure and draw what each step of a hotel costs as the hotel grows: CPU time an image.

    python -m benchmarks.growth [--corpus ../shared/corpus] [--sizes 3 10 30 100 300 1000] [--svg docs/cost-by-size.svg]

One new hotel of each size is processed in this process, and `benchmarks.hotels.staged` measures its steps. The images
come from the corpus in their own sizes and are not repeated, so a picture has about three images.
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

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in a worker; numpy reads it when it is imported

from benchmarks.hotels import HOTEL, ours, staged
from benchmarks.inputs import inputs_of, write_hotel
from benchmarks.line_chart import Curve, line_chart

SIZES = (3, 10, 30, 100, 300, 1000)
STEPS = {
    "acquire": "download, decode, fingerprint",
    "choose": "group, best image, evidence",
    "render": "renditions",
    "update_cache": "keep what was learned",
}
"""The steps that cost most, and the names of their curves."""

Figures = dict[str, float]


def measured(folder: Path, paths: Sequence[Path], size: int) -> Figures:
    """CPU milliseconds an image of each step, for a hotel of `size` images."""
    photos = folder / f"photos-{size}"
    write_hotel(photos / HOTEL, paths, size)
    started = time.process_time()
    with staged() as spent:
        ours(folder / "workspace", photos)
    whole = time.process_time() - started
    seconds = {name: spent[name] for name in STEPS}
    seconds["rest"] = whole - sum(seconds.values())
    return {name: round(each / size * 1e3, 3) for name, each in seconds.items()}


def curves(figures: Mapping[int, Figures]) -> list[Curve]:
    """A curve for each step."""
    labels = {**STEPS, "rest": "hand in, load, publish"}
    return [Curve(label, [(size, found[name]) for size, found in figures.items()]) for name, label in labels.items()]


def main() -> int:
    """Measure each size, print the figures as JSON, and draw them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="the labelled corpus, for real photographs")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--svg", type=Path, help="where to draw the curves")
    args = parser.parse_args()
    paths = inputs_of(args.corpus).images
    with tempfile.TemporaryDirectory() as temporary:
        measured(Path(temporary), paths, 3)  # load and build what is needed once
        figures = {}
        for size in args.sizes:
            figures[size] = measured(Path(temporary), paths, size)
            print(f"{size} images: {figures[size]}", file=sys.stderr)
    print(json.dumps(figures))
    if args.svg:
        args.svg.write_text(
            line_chart("CPU an image as a hotel grows", "images of the hotel", "ms an image", curves(figures))
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
