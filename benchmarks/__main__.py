"""What the program costs: CPU of a hotel, memory of a worker on a large one, and a Data Release of a million rows.

    python -m benchmarks [--corpus ../shared/corpus] [--rows 1000000] [--json]

Each measurement is a process of its own, CPU is user + system, memory is the largest process of the run. Ends with
status 1 where a bound that docs/performance.md states is broken. Without a corpus the sample photographs are used.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from benchmarks.measuring import Bound, Cost, measured
from benchmarks.pictures import photographs, write_hotel

COMMAND = str(Path(sys.executable).with_name("image-release"))
BOUNDS = (
    Bound("large hotel", "peak_mb", 700),
    Bound("release index", "cpu_s", 60),
    Bound("release index", "peak_mb", 400),
)


def hotel(folder: Path, paths: list[Path], images: int, name: str) -> tuple[str, Cost]:
    """Publish one hotel from nothing with one worker."""
    write_hotel(folder / name / "photos" / "hotel", paths, images)
    workspace = ["--workspace", str(folder / name / "workspace")]
    run = [COMMAND, "run", "--json", "--workers", "1", *workspace, "--photos", str(folder / name / "photos")]
    cost = measured(run)
    told = json.loads(cost.stdout)
    work, kinds = told["work"], told["images"]
    say = f"{kinds['total']} images, {kinds['published']} pictures, {work['renditions_written']} renditions"
    return say, cost


def unchanged(folder: Path, name: str) -> tuple[str, Cost]:
    """The same hotel once more: nothing has changed."""
    workspace = ["--workspace", str(folder / name / "workspace")]
    run = [COMMAND, "run", "--json", "--workers", "1", *workspace, "--photos", str(folder / name / "photos")]
    cost = measured(run)
    told = json.loads(cost.stdout)
    return f"{told['hotels']['unchanged']} unchanged, {told['work']['store_reads']} reads", cost


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="the labelled corpus, for real photographs")
    parser.add_argument("--rows", type=int, default=1_000_000, help="hotels of the release")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of lines")
    args = parser.parse_args()
    paths = photographs(args.corpus)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        results = {
            "hotel": hotel(folder, paths[:20], 60, "hotel"),
            "unchanged hotel": unchanged(folder, "hotel"),
            "large hotel": hotel(folder, paths, 500, "large"),
        }
        csv = folder / "release.csv"
        measured([sys.executable, "-m", "benchmarks.release_index", "write", str(csv), "--rows", str(args.rows)])
        index = measured([sys.executable, "-m", "benchmarks.release_index", "index", str(csv)])
        results["release index"] = (index.stdout.strip(), index)
    broken = [bound.told(results[bound.name][1]) for bound in BOUNDS if not bound.holds(results[bound.name][1])]
    if args.json:
        print(json.dumps({name: cost.figures() | {"what": what} for name, (what, cost) in results.items()}))
    else:
        for name, (what, cost) in results.items():
            print(f"{name:16} {cost.cpu_s:7.1f} s CPU {cost.peak_mb:6.0f} MB {cost.wall_s:7.1f} s   {what}")
    for line in broken:
        print(line, file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
