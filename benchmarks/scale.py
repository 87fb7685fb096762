"""Measure the command that a person types on many small hotels, or on one very large one: throughput and memory.

    python -m benchmarks.scale hotels --count 10000 [--corpus ../shared/corpus] [--workers 2] [--json]
    python -m benchmarks.scale images --count 5000 [--corpus ../shared/corpus] [--json]

`hotels`: each hotel has three images of two partners, and one image is a copy of another. The files are hard links to
a pool of 300. Then everything is run again with nothing changed: this is what resuming a run costs that was interrupted
at its very end. `images`: one hotel of `--count` images.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from benchmarks.commands import COMMAND
from benchmarks.inputs import inputs_of, write_hotel
from benchmarks.measuring import Cost, measured

POOL = 300
"""Number of different photographs."""
SIDE_PX = 640
"""Long side of an image; its copy has three quarters of it."""


def write_pool(folder: Path, paths: Sequence[Path]) -> list[tuple[Path, Path]]:
    """Write the pool; returns for each photograph the paths of the image and of its smaller copy."""
    folder.mkdir()
    pool = []
    for number in range(POOL):
        with Image.open(paths[number % len(paths)]) as file:
            image = file.convert("RGB")
        turn = number // len(paths)  # with few photographs, take another part of each in every turn
        image = image.crop((8 * turn, 0, image.width, image.height))
        files = folder / f"{number:04}.jpg", folder / f"{number:04}-small.jpg"
        for path, side in zip(files, (SIDE_PX, SIDE_PX * 3 // 4), strict=True):
            image.thumbnail((side, side))
            out = io.BytesIO()
            image.save(out, "JPEG", quality=85)
            path.write_bytes(out.getvalue())
        pool.append(files)
    return pool


def write_hotels(folder: Path, pool: Sequence[tuple[Path, Path]], count: int) -> None:
    """Write hotels of three images: a photograph, its copy from another partner, and another photograph."""
    for number in range(count):
        one, other = pool[number % len(pool)], pool[(number * 7 + 1) % len(pool)]
        for partner, name, source in (("atlas", "1", one[0]), ("bedbank", "1", one[1]), ("atlas", "2", other[0])):
            target = folder / f"h{number:06}" / partner / f"{name}.jpg"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.hardlink_to(source)


def run(folder: Path, workers: int) -> dict[str, float]:
    """Run the command over the photos of a folder; returns what it did and what it cost."""
    workspace = ["--workspace", str(folder / "workspace"), "--photos", str(folder / "photos")]
    cost: Cost = measured([COMMAND, "run", "--json", "--workers", str(workers), *workspace])
    result = json.loads(cost.stdout)
    hotels = result["hotels"]
    return {
        "hotels": sum(hotels.values()),
        "processed": hotels["processed"],
        "images": result["images"]["total"],
        "renditions": result["work"]["renditions_written"],
        "reads": result["work"]["store_reads"],
        "writes": result["work"]["store_writes"],
        "cpu_s": round(cost.cpu_s, 1),
        "wall_s": round(cost.wall_s, 1),
        "peak_mb": round(cost.peak_mb),
        "cpu_ms_an_image": round(cost.cpu_s / result["images"]["total"] * 1e3, 2),
        "hotels_a_second": round(sum(hotels.values()) / cost.wall_s, 2),
    }


def main() -> int:
    """Write the photos, run the command twice, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("hotels", "images"))
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--corpus", type=Path, help="the labelled corpus, for real photographs")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    inputs = inputs_of(args.corpus)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if args.what == "hotels":
            write_hotels(folder / "photos", write_pool(folder / "pool", inputs.images), args.count)
        else:
            write_hotel(folder / "photos" / "hotel", inputs.images, args.count)
        results = {"new": run(folder, args.workers), "unchanged": run(folder, args.workers)}
    if args.json:
        print(json.dumps(results))
    else:
        for name, result in results.items():
            print(name, *(f"{value:,} {figure}" for figure, value in result.items()), sep="  ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
