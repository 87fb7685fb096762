"""Measure how `detect_changes` applies a catalogue of half a million accommodations: a first one, and 3 % of changes.

    python -m benchmarks.catalogue [--lines 500000] [--images 10]

Each in a process of its own; listings are counted and thrown away, so that what is measured is the program and not a
disk. Ends with status 1 where a bound of docs/performance.md is broken; seconds are multiplied by the machine factor
(benchmarks/speed.py).
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tempfile
from pathlib import Path

from benchmarks.measuring import measured
from benchmarks.speed import sentence, slowness
from image_release.ingest.catalogues import CatalogueApplied, apply_catalogue
from image_release.settings import Settings
from image_release.storage import FolderStore

MOST_MB = 1_500
"""Bound of the peak memory, in 10^6 bytes."""
MOST_CPU_S = 450
"""Bound of the CPU time, in seconds: half of a Lambda's fifteen minutes."""
CHANGED = 33
"""One of so many accommodations differs in the second catalogue."""


class DiscardingStore(FolderStore):
    """A folder store that counts the accommodations' listings and discards them; it keeps everything else."""

    written = 0

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_match: str | None = None) -> None:
        """Count a listing and discard it; keep anything else."""
        if key.endswith("/images.json"):
            DiscardingStore.written += 1
        else:
            super().put(key, data, if_absent=if_absent, if_match=if_match)


def write(path: Path, lines: int, images: int, version: int) -> None:
    """Write a catalogue; every 33rd accommodation differs from version to version."""
    with gzip.open(path, "wt", compresslevel=1, encoding="utf-8") as file:
        for number in range(lines):
            day = f"2026-11-{version if number % CHANGED == 0 else 0:02}"
            urls = [
                {"url": f"https://atlas.example/{number}/{image}.jpg", "rank": image + 1, "version": day}
                for image in range(images)
            ]
            file.write(json.dumps({"accommodation_id": f"a{number}", "images": urls}) + "\n")


def apply(folder: Path, version: int) -> str:
    """Apply one version; returns a line that says what changed."""
    result = apply_catalogue(
        FolderStore(folder / "inbox"),
        DiscardingStore(folder / "state"),
        f"catalogues/atlas/{version}.jsonl.gz",
        Settings(),
        threads=8,
    )
    assert isinstance(result, CatalogueApplied)
    return f"{result.changed:,} accommodations differ, {DiscardingStore.written:,} written"


def main() -> int:
    """Measure both catalogues, or (with --apply) be one of the measured processes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=500_000)
    parser.add_argument("--images", type=int, default=10)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--apply", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.apply:
        print(apply(args.folder, args.apply))
        return 0
    fits = True
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "inbox" / "catalogues" / "atlas").mkdir(parents=True)
        for version in (1, 2):
            path = folder / "inbox" / "catalogues" / "atlas" / f"{version}.jsonl.gz"
            write(path, args.lines, args.images, version)
            me = [sys.executable, "-m", "benchmarks.catalogue", "--folder", temporary, "--apply", str(version)]
            cost = measured(me)
            print(f"{cost.cpu_s:6.1f} s CPU {cost.peak_mb:5.0f} MB {cost.wall_s:6.1f} s   {cost.stdout.strip()}")
            fits = fits and cost.cpu_s <= MOST_CPU_S * slowness() and cost.peak_mb <= MOST_MB
    print(sentence())
    return 0 if fits else 1


if __name__ == "__main__":
    sys.exit(main())
