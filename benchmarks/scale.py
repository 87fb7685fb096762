"""Many small hotels, and one very large one, by the command that a person types: throughput, memory, time to resume.

    python -m benchmarks.scale hotels --count 10000 [--corpus ../shared/corpus] [--workers 2] [--json]
    python -m benchmarks.scale images --count 5000 [--corpus ../shared/corpus] [--json]

`hotels`: each of three images from two partners, one a copy of another; files are hard links to a pool of 300. The run
is then made again, when nothing has changed: what a run that was interrupted at its very end costs to resume. `images`:
one hotel of so many images.
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
from benchmarks.measuring import Cost, measured
from benchmarks.pictures import inputs_of, write_hotel

POOL = 300
SIDE_PX = 640


def write_pool(folder: Path, paths: Sequence[Path]) -> list[tuple[Path, Path]]:
    """Photographs of 640 px, and of each a smaller copy."""
    folder.mkdir()
    pool = []
    for number in range(POOL):
        with Image.open(paths[number % len(paths)]) as image:
            picture = image.convert("RGB")
        turn = number // len(paths)  # where there are few photographs, another part of each
        picture = picture.crop((8 * turn, 0, picture.width, picture.height))
        files = folder / f"{number:04}.jpg", folder / f"{number:04}-small.jpg"
        for file, side in zip(files, (SIDE_PX, SIDE_PX * 3 // 4), strict=True):
            picture.thumbnail((side, side))
            out = io.BytesIO()
            picture.save(out, "JPEG", quality=85)
            file.write_bytes(out.getvalue())
        pool.append(files)
    return pool


def write_hotels(folder: Path, pool: Sequence[tuple[Path, Path]], count: int) -> None:
    """Hotels of three images: a photograph, its copy by another partner, and another photograph."""
    for number in range(count):
        one, other = pool[number % len(pool)], pool[(number * 7 + 1) % len(pool)]
        for partner, name, source in (("atlas", "1", one[0]), ("bedbank", "1", one[1]), ("atlas", "2", other[0])):
            target = folder / f"h{number:06}" / partner / f"{name}.jpg"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.hardlink_to(source)


def run(folder: Path, workers: int) -> dict[str, float]:
    """One run over the folder's photos; what it cost and did."""
    workspace = ["--workspace", str(folder / "workspace"), "--photos", str(folder / "photos")]
    cost: Cost = measured([COMMAND, "run", "--json", "--workers", str(workers), *workspace])
    told = json.loads(cost.stdout)
    hotels = told["hotels"]
    return {
        "hotels": sum(hotels.values()),
        "processed": hotels["processed"],
        "images": told["images"]["total"],
        "renditions": told["work"]["renditions_written"],
        "reads": told["work"]["store_reads"],
        "writes": told["work"]["store_writes"],
        "cpu_s": round(cost.cpu_s, 1),
        "wall_s": round(cost.wall_s, 1),
        "peak_mb": round(cost.peak_mb),
        "cpu_ms_an_image": round(cost.cpu_s / told["images"]["total"] * 1e3, 2),
        "hotels_a_second": round(sum(hotels.values()) / cost.wall_s, 2),
    }


def main() -> int:
    """Make the photos, run twice, tell."""
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
        for name, told in results.items():
            print(name, *(f"{value:,} {figure}" for figure, value in told.items()), sep="  ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
