"""Measure whole commands as a person runs them, start included: CPU of all processes, memory of the largest one.

A broken bound of memory or of the release index ends the benchmarks with status 1. The bound in seconds is multiplied
by the machine factor (benchmarks/speed.py).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.inputs import Inputs, write_hotel, write_sixty
from benchmarks.measuring import Cost, measured
from benchmarks.rows import Row
from benchmarks.speed import measured_slowness

COMMAND = str(Path(sys.executable).with_name("image-release"))
LARGE_HOTEL_MB = 700.0
"""Bound of the peak memory for the large hotel, in 10^6 bytes."""
INDEX_MB = 400.0
"""Bound of the peak memory of indexing a release, in 10^6 bytes."""
INDEX_S_A_MILLION = 60.0
"""Bound of the CPU time of indexing a million hotels, in seconds."""
LEAST_INDEX_S = 5.0
"""The bound in seconds is never smaller, times the machine factor."""
INDEX_TRIES = 3
"""Measurements, at most, of a bound in seconds that breaks: other work on the machine only adds to a figure."""


def whole_commands(
    inputs: Inputs, folder: Path, large_hotel: int, largest_hotel: int | None, release_rows: int
) -> list[Row]:
    """Measure a hotel of sixty images, the same one unchanged, large hotels, and a Data Release."""
    sixty = folder / "sixty"
    write_sixty(sixty / "photos" / "hotel", inputs.large[:20])
    rows = _run("hotel of 60", sixty, (350.0, 250.0), holds=False)
    rows.append(Row("command, hotel of 60 unchanged", *_cpu(_published(sixty))))
    large = folder / "large"
    write_hotel(large / "photos" / "hotel", _smaller_files(inputs, large_hotel), large_hotel)
    rows += _run(f"hotel of {large_hotel:,}", large, (LARGE_HOTEL_MB, None), holds=True)
    if largest_hotel:
        largest = folder / "largest"
        write_hotel(largest / "photos" / "hotel", inputs.images, largest_hotel)
        rows += _run(f"hotel of {largest_hotel:,}", largest, (900.0, 600.0), holds=False)
    return [*rows, *_index(folder / "release.csv", release_rows)]


def _run(name: str, folder: Path, most_mb: tuple[float, float | None], *, holds: bool) -> list[Row]:
    cost = _published(folder)
    result = json.loads(cost.stdout)
    kinds, work = result["images"], result["work"]
    note = f"{kinds.get('published', 0)} pictures, {work['renditions_written']:,} renditions, {cost.wall_s:.0f} s"
    images = f"{kinds['total']:,} images"
    return [
        Row(f"command, {name}", images, cost.cpu_s, "s", note=note),
        Row(f"peak memory, {name}", images, cost.peak_mb, "MB", *most_mb, holds=holds),
    ]


def _published(folder: Path) -> Cost:
    """Run `image-release run` over the photos of a folder, with one worker."""
    workspace = ["--workspace", str(folder / "workspace")]
    return measured([COMMAND, "run", "--json", "--workers", "1", *workspace, "--photos", str(folder / "photos")])


def _cpu(cost: Cost) -> tuple[str, float, str]:
    result = json.loads(cost.stdout)
    where = f"{result['hotels']['unchanged']} unchanged, {result['work']['store_reads']} reads"
    return where, cost.cpu_s, "s"


def _smaller_files(inputs: Inputs, images: int) -> Sequence[Path]:
    return [*inputs.large, *inputs.images][:images] if inputs.real else inputs.images


def _index(csv: Path, rows: int) -> list[Row]:
    measured([sys.executable, "-m", "benchmarks.release_index", "write", str(csv), "--rows", str(rows)])
    bound_s = max(LEAST_INDEX_S, INDEX_S_A_MILLION * rows / 1_000_000)
    tries = []
    for _ in range(INDEX_TRIES):
        index, factor = _index_once(csv)
        tries.append((index, factor))
        if index.cpu_s <= bound_s * factor:
            break
    index, factor = min(tries, key=lambda each: each[0].cpu_s / each[1])
    where = f"{rows:,} hotels, {3 * rows:,} accommodations"
    return [
        Row("release index, CPU", where, index.cpu_s, "s", bound_s * factor, holds=True),
        Row("release index, peak memory", where, max(cost.peak_mb for cost, _ in tries), "MB", INDEX_MB, holds=True),
    ]


def _index_once(csv: Path) -> tuple[Cost, float]:
    """Index a release; returns what that cost, and the machine factor, which may change meanwhile: the larger one."""
    before = measured_slowness()
    index = measured([sys.executable, "-m", "benchmarks.release_index", "index", str(csv)])
    return index, max(before, measured_slowness())
