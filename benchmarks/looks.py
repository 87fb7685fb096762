"""Measure what a picture that the local model looks at costs more than one that nobody looks at.

    python -m benchmarks.looks CORPUS [--rounds 5] [--only pictures|network|start|memory]

- *pictures*: CPU of `process_hotel` with `local` minus that with `none`, a published picture. The same new hotel is
  processed with both in turn, in a new workspace each time, by a model that is loaded already. Everything counts: views
  of copies, network, heads, documents, longer manifests. Renditions are the same with both, and only the smallest is
  made, because its noise would hide the difference.
- *network*: CPU of the network alone, a view.
- *start*: CPU from the import of the tagger to the end of its first look, and the memory that this adds, in a fresh
  process that has loaded what processes hotels. The network is in the cache.
- *memory*: peak memory of `image-release run` on a hotel of 500 images.

Medians of the rounds. Each CPU figure is given as measured and divided by the machine factor of that part, which is
measured before and after it (benchmarks/speed.py).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import TypeVar

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in a worker; numpy reads it when it is imported

from benchmarks.commands import COMMAND
from benchmarks.hotels import HOTEL, workspace_of
from benchmarks.inputs import Inputs, inputs_of, write_hotel
from benchmarks.measuring import interleaved, measured, typical
from benchmarks.rows import Row, table
from benchmarks.scene_features import views_of
from benchmarks.speed import measured_slowness
from image_release.hotel import process_hotel
from image_release.settings import Settings
from image_release.tag.local import LocalTagger
from image_release.tag.local.network import Network
from image_release.values import Nudge

TAGGERS = ("none", "local")
CORPUS_HOTELS = 3
"""Hotels of the corpus that are measured as one, with the copies that partners send of each picture."""
LARGE_PHOTOS = 48
VIEWS = 40
IMAGES_FOR_MEMORY = 500
LOOK_MS = (14.0, 8.0)
"""What was asked for, and the aim: milliseconds of CPU a picture."""
START_MS = (150.0, 80.0)
ADDED_MB = (130.0, 60.0)
T = TypeVar("T")
START = """
import json, resource, time
import image_release.hotel, image_release.one_machine.workspace
from PIL import Image
def mb():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() / 1e6
Image.new("RGB", (512, 512)).resize((224, 224), reducing_gap=1.0)
before, started = mb(), time.process_time()
from image_release.tag import TagRequest
from image_release.tag.local import LocalTagger
tagger = LocalTagger()
def look(name):
    [answer] = tagger.tag([TagRequest(name, "", jpeg=bytes, view=lambda: bytes(224 * 224 * 3))]).values()
    assert answer.look, answer
look("0")
print(json.dumps([1000 * (time.process_time() - started), mb() - before]))
"""


def pictures(inputs: Inputs, folder: Path, rounds: int) -> Iterator[Row]:
    """Rows of what a picture costs more: photographs with one copy each, and hotels of the corpus."""
    large = folder / "large"
    write_hotel(large / HOTEL, inputs.large[:LARGE_PHOTOS], len(inputs.large[:LARGE_PHOTOS]))
    sent = folder / "sent"
    write_hotel(sent / HOTEL, _whole_hotels(inputs.images), len(_whole_hotels(inputs.images)))
    for name, photos in (("photos ≥ 1,400 px", large), ("images as sent", sent)):
        yield from _job(name, photos, folder / "workspace", rounds)


def _whole_hotels(images: Sequence[Path]) -> list[Path]:
    hotels = sorted({path.parts[-3] for path in images})[:CORPUS_HOTELS]
    return [path for path in images if path.parts[-3] in hotels]


def _job(name: str, photos: Path, workspace: Path, rounds: int) -> Iterator[Row]:
    tagger = LocalTagger()
    settings = Settings(renditions=Settings().renditions[:1])
    found: dict[str, tuple[int, int]] = {}

    def job(by: str) -> float:
        ports = replace(workspace_of(workspace, photos, settings), tagger=by).ports()
        if by == "local":
            ports = replace(ports, tagger=tagger)
        started = time.process_time()
        report = process_hotel(Nudge(HOTEL, "benchmark"), ports)
        spent = time.process_time() - started
        assert report.manifest is not None
        work = report.work
        assert (work.tagged > 0) == (by == "local"), work
        shown = report.manifest.pictures
        found[by] = len(shown), sum(1 + len(picture.merged) for picture in shown)
        return spent

    factor, samples = _with_factor(lambda: interleaved({by: partial(job, by) for by in TAGGERS}, rounds))
    count, images = found["local"]
    more = [(local - none) / count * 1e3 for none, local in zip(*(samples[by] for by in TAGGERS), strict=True)]
    where = f"{name}: {count} pictures, {images / count:.1f} copies each"
    yield from _raw_and_divided("a look, everything", where, median(more), factor, LOOK_MS)


def network(inputs: Inputs, rounds: int) -> Iterator[Row]:
    """Rows of what the network costs alone."""
    views = [views_of(path)[0] for path in inputs.large[:VIEWS]]
    loaded = Network()
    factor, samples = _with_factor(
        lambda: interleaved({"network": lambda: [loaded.features(view) for view in views]}, rounds)
    )
    each = typical(samples, "network") / len(views) * 1e3
    yield from _raw_and_divided("the network alone", f"{len(views)} views", each, factor, (None, None))


def start(rounds: int) -> Iterator[Row]:
    """Rows of what the first look costs in a new process, and of the memory that it adds."""
    LocalTagger().tag([])  # finds out whether the model can be had at all
    Network()  # and puts the network into the cache
    factor, tries = _with_factor(lambda: [_started() for _ in range(rounds + 1)][1:])
    ms, mb = (median(one[at] for one in tries) for at in (0, 1))
    yield from _raw_and_divided("import to first look", "a fresh process, network in the cache", ms, factor, START_MS)
    yield Row("memory added by it", "the same process", mb, "MB", *ADDED_MB)


def _started() -> tuple[float, float]:
    done = subprocess.run([sys.executable, "-c", START], stdout=subprocess.PIPE, check=True)
    ms, mb = json.loads(done.stdout)
    return ms, mb


def memory(inputs: Inputs, folder: Path) -> Iterator[Row]:
    """Rows of the peak memory of a large hotel with each tagger."""
    photos = folder / "photos"
    files = [*inputs.large, *inputs.images][:IMAGES_FOR_MEMORY] if inputs.real else inputs.images
    write_hotel(photos / HOTEL, files, IMAGES_FOR_MEMORY)
    for by in TAGGERS:
        place = ["--workspace", str(folder / by), "--photos", str(photos), "--tagger", by]
        cost = measured([COMMAND, "run", "--json", "--workers", "1", *place])
        told = json.loads(cost.stdout)
        where = f"{told['images']['total']} images, {told['images']['published']} pictures, {by}"
        decodes = f"{told['work']['decodes']} decodes, {cost.cpu_s:.0f} s of CPU"
        yield Row("peak memory", where, cost.peak_mb, "MB", 700, note=decodes)


def _with_factor(measure: Callable[[], T]) -> tuple[float, T]:
    """The machine factor around a measurement, and what was measured."""
    before = measured_slowness()
    found = measure()
    return (before + measured_slowness()) / 2, found


def _raw_and_divided(
    what: str, where: str, ms: float, factor: float, bounds: tuple[float | None, float | None]
) -> Iterator[Row]:
    yield Row(what, where, ms, "ms", note=f"as measured; machine factor {factor:.2f}")
    yield Row(what, where, ms / factor, "ms", *bounds, note="divided by the factor")


def main() -> int:
    """Measure, and print the rows as they come and as a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, help="the labelled corpus")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=("pictures", "network", "start", "memory"), action="append")
    args = parser.parse_args()
    inputs = inputs_of(args.corpus)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        parts: dict[str, Callable[[], Iterator[Row]]] = {
            "network": lambda: network(inputs, args.rounds),
            "start": lambda: start(args.rounds),
            "pictures": lambda: pictures(inputs, folder, args.rounds),
            "memory": lambda: memory(inputs, folder / "memory"),
        }
        for name in args.only or parts:
            for row in parts[name]():
                print(json.dumps(row.document()), file=sys.stderr, flush=True)
                rows.append(row)
    print("\n".join(table(rows)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
