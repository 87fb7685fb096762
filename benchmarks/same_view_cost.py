"""Measure what the same view adds to grouping: CPU milliseconds an image, with it and without.

    python -m benchmarks.same_view_cost CORPUS [--sizes 60 1000] [--rounds 3]

Hotels of each size are made of the corpus' images, which are fingerprinted before. Each round groups every hotel both
ways, one after the other, so that both see the same machine.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Mapping
from pathlib import Path
from unittest.mock import patch

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in a worker; numpy reads it when it is imported

from benchmarks.fit_grouping import hotels_of
from image_release.dedup import FingerprintedImage, group_same, grouping
from image_release.lab.grouping.corpus_hotels import fingerprint_hotel
from image_release.settings import GroupingSettings

MOST_HOTELS = 10


def grouped(hotel: Mapping[str, FingerprintedImage]) -> float:
    """CPU seconds for grouping a hotel."""
    started = time.process_time()
    group_same(hotel, (), GroupingSettings())
    return time.process_time() - started


def grouped_alone(hotel: Mapping[str, FingerprintedImage]) -> float:
    """CPU seconds for grouping a hotel without the same view."""
    with (
        patch.object(grouping, "with_same_views", lambda pictures, *_: tuple(pictures)),
        patch.object(grouping, "coarse_evidence", lambda *_: None),
    ):
        return grouped(hotel)


def main() -> None:
    """Measure each size, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--sizes", nargs="+", type=int, default=[60, 1000])
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    seen: dict[str, FingerprintedImage] = {}
    for hotel in hotels_of([args.corpus]):
        seen |= fingerprint_hotel(hotel).seen
    images = list(seen.items())
    for size in args.sizes:
        starts = range(0, max(len(images) - size, 0) + 1, size)[:MOST_HOTELS]
        hotels = [dict(images[start : start + size]) for start in starts] * args.rounds
        each = [(grouped(hotel), grouped_alone(hotel)) for hotel in hotels]
        with_it, alone = (1e3 * sum(spent) / sum(map(len, hotels)) for spent in zip(*each, strict=True))
        print(
            f"{size} images: {with_it:.2f} ms an image, {alone:.2f} ms without, ratio {with_it / alone:.3f}", flush=True
        )


if __name__ == "__main__":
    main()
