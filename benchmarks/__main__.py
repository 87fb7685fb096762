"""Measure what the program costs, beside the published method, a lower bound, and what people use instead.

    python -m benchmarks [--corpus ../shared/corpus] [--quick] [--only fingerprints renditions …] [--json]

One run, the same bytes for all sides, process CPU (user + system), all sides in turn, medians of several rounds. A row
that falls short of what is asked for is marked SHORT and is no error; a bound of memory or of the release index that is
broken ends with status 1. Bounds in seconds are multiplied by the machine factor (benchmarks/speed.py). Without a
corpus the sample photographs are used, enlarged.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in a worker; numpy reads it when it is imported

from benchmarks import commands, desk_pages, hotels, parts, peers, stages
from benchmarks.inputs import Inputs, inputs_of
from benchmarks.rows import Row, table
from benchmarks.speed import sentence


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is measured."""

    photos: int
    rounds: int
    hotel_photos: int
    """Photographs of the hotel of the whole job; each is sent as three images."""
    hashes: tuple[int, ...]
    """Numbers of images whose hashes are compared."""
    urls: int
    large_hotel: int
    """Images of the large hotel, whose memory has a bound."""
    largest_hotel: int | None
    """Images of the largest hotel; None leaves it out."""
    rows: int
    """Hotels of the Data Release."""
    listed_hotels: int
    """Hotels of the desk's list."""


QUICK = Extent(4, 1, 4, (30, 300), 60, 120, None, 100_000, 1_000)
FULL = Extent(12, 5, 20, (30, 300, 3000), 500, 500, 3000, 1_000_000, 100_000)

Section = Callable[[Inputs, Path, Extent], tuple[list[Row], list[str]]]
"""Rows, and sentences about what was left out and how fast the machine is."""

SECTIONS: dict[str, Section] = {
    "fingerprints": lambda inputs, _, extent: (stages.fingerprints(inputs, extent.photos, extent.rounds), []),
    "comparison": lambda inputs, _, extent: (stages.comparison(inputs, extent.rounds, extent.hashes), []),
    "renditions": lambda inputs, _, extent: (stages.renditions(inputs, extent.photos, extent.rounds), []),
    "profile": lambda inputs, _, extent: (parts.profile(inputs, extent.photos, extent.rounds), []),
    "hotel": lambda inputs, folder, extent: (
        hotels.whole_job(inputs, folder, extent.hotel_photos, extent.rounds),
        [],
    ),
    "unchanged": lambda inputs, folder, extent: (hotels.unchanged(inputs, folder, max(3, extent.rounds)), []),
    "desk": lambda _, folder, extent: (desk_pages.desk_rows(folder, extent.listed_hotels), []),
    "peers": lambda inputs, folder, extent: peers.beside_peers(
        inputs, folder, extent.photos, extent.urls, extent.rounds
    ),
    "commands": lambda inputs, folder, extent: (
        commands.whole_commands(inputs, folder, extent.large_hotel, extent.largest_hotel, extent.rows),
        [sentence()],
    ),
}


def main() -> int:
    """Measure the sections, print the rows, and return 1 if a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="the labelled corpus, for real photographs")
    parser.add_argument("--quick", action="store_true", help="few photographs and one round, for CI")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS), help="sections to measure")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    args = parser.parse_args()
    inputs, extent = inputs_of(args.corpus), QUICK if args.quick else FULL
    rows: list[Row] = []
    notes: list[str] = []
    for name in args.only:
        print(f"measuring: {name}", file=sys.stderr)
        with tempfile.TemporaryDirectory() as temporary:
            found, left_out = SECTIONS[name](inputs, Path(temporary), extent)
        rows += found
        notes += left_out
    broken = [f"{row.what}: {row.value:.0f} {row.unit}" for row in rows if row.holds and row.verdict == "SHORT"]
    if args.json:
        document = {"photographs": "corpus" if inputs.real else "samples", "quick": args.quick, "left_out": notes}
        print(json.dumps({**document, "rows": [row.document() for row in rows]}))
    else:
        print("\n".join([*table(rows), *notes]))
    for what in broken:
        print(f"bound broken: {what}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
