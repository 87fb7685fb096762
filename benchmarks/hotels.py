"""Measure the whole job of one hotel, with all reading and writing: against a lower bound and the published method.

Our side is `process_hotel` with the stores, the fetcher and the settings of the command line, in a fresh workspace each
round, with catalogues and release applied. The lower bound (*floor*) is what nobody can avoid: decode each image once
and encode each rendition once, without reading or writing.
"""

from __future__ import annotations

import io
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FunctionType
from typing import Any

from PIL import Image

from benchmarks import published
from benchmarks.inputs import Inputs, write_hotel, write_sixty
from benchmarks.measuring import Samples, interleaved, ratio, typical
from benchmarks.rows import Row
from image_release.hotel import HotelReport, Ports, process, process_hotel
from image_release.one_machine.intake import apply_inbox, hand_in
from image_release.one_machine.workspace import Workspace
from image_release.settings import Settings
from image_release.storage import (
    CountingStore,
    SideBySide,
    Store,
    StoreCounter,
    Stored,
    Stores,
    Together,
    one_after_another,
)
from image_release.values import Nudge

HOTEL = "hotel"
STAGES = ("load", "acquire", "choose", "label", "order", "update_cache", "render", "gallery", "publish")
"""The modules whose functions `process_hotel` calls, in the order of its steps."""
READ_S = 0.020
"""Seconds of a small read of S3."""
UNCHANGED_TIMES = 50
"""How often the unchanged hotel is processed in a round."""

Stages = dict[str, float]
"""Step -> CPU seconds."""


def workspace_of(folder: Path, photos: Path, settings: Settings = Settings()) -> Workspace:  # noqa: B008 - frozen
    """A new workspace to which a folder of photos was handed in."""
    shutil.rmtree(folder, ignore_errors=True)
    workspace = Workspace(folder, settings, photos=(photos.resolve(),))
    hand_in(workspace, photos, None, None)
    apply_inbox(workspace)
    return workspace


def ours(folder: Path, photos: Path) -> HotelReport:
    """Process the hotel in a new workspace."""
    return process_hotel(Nudge(HOTEL, "benchmark"), workspace_of(folder, photos).ports())


@contextmanager
def staged() -> Iterator[Stages]:
    """Measure CPU seconds of each step of the hotels that are processed inside the block, threads included."""
    spent: Stages = dict.fromkeys(STAGES, 0.0)
    before = {name: (step, _stage(step)) for name, step in vars(process).items() if _stage(step) in spent}

    def timed(called: Callable[..., Any], stage: str) -> Any:
        def step(*args: Any, **kwargs: Any) -> Any:
            started = time.process_time()
            try:
                return called(*args, **kwargs)
            finally:
                spent[stage] += time.process_time() - started

        return step

    for name, (called, stage) in before.items():
        setattr(process, name, timed(called, stage))
    try:
        yield spent
    finally:
        for name, (called, _) in before.items():
            setattr(process, name, called)


def _stage(step: object) -> str:
    """The package or module of `hotel` that a function comes from; empty for anything but a function."""
    if not isinstance(step, FunctionType):
        return ""
    _, package, *modules = [*step.__module__.split("."), ""]
    return modules[0] if package == "hotel" else package


def whole_job(inputs: Inputs, folder: Path, photos: int, rounds: int) -> list[Row]:
    """Measure a hotel with three images of each photograph, as the files are and as baseline JPEGs."""
    rows = []
    for name, progressive in (("as they are", None), ("baseline", False)):
        hotel = folder / f"photos-{name[:2]}" / HOTEL
        write_sixty(hotel, inputs.large[:photos], progressive=progressive)
        rows += _job_rows(name, hotel, folder / "work", rounds)
    return rows


def _job_rows(name: str, hotel: Path, work: Path, rounds: int) -> list[Row]:
    target = work / "published"
    target.mkdir(parents=True, exist_ok=True)
    steps: list[Stages] = []
    report = ours(work / "workspace", hotel.parent)
    images = [path.read_bytes() for path in sorted(hotel.rglob("*.jpg"))]
    renditions = _renditions(report, work / "workspace" / "published")
    recipes = Settings().renditions

    def job() -> None:
        with staged() as spent:
            ours(work / "workspace", hotel.parent)
        steps.append(spent)

    samples = interleaved(
        {
            "ours": job,
            "published": lambda: published.hotel(hotel, target, recipes),
            "floor": lambda: _floor(images, renditions),
        },
        rounds,
    )
    samples["choose"] = [spent["choose"] for spent in steps[1:]]
    samples["rest"] = [all_ - choose for all_, choose in zip(samples["ours"], samples["choose"], strict=True)]
    return _rows(f"{len(images)} images, {len(renditions)} renditions, {name}", samples, steps[-1], len(images))


def _rows(inputs: str, samples: Samples, steps: Stages, images: int) -> list[Row]:
    profile = ", ".join(f"{name} {spent:.2f}" for name, spent in steps.items() if spent >= 0.01)
    cpu = f"{typical(samples, 'ours'):.2f} s against {typical(samples, 'floor'):.2f} s"
    return [
        Row("whole job but grouping ÷ floor", inputs, ratio(samples, "rest", "floor"), "x", 2.8, 1.9),
        Row("grouping and evidence", inputs, typical(samples, "choose") / images * 1e3, "ms an image"),
        Row("whole job, grouping too ÷ floor", inputs, ratio(samples, "ours", "floor"), "x", None, None, note=cpu),
        Row("whole job, published ÷ ours", inputs, ratio(samples, "published", "ours"), "x", 6, 10, more=True),
        Row("CPU of one hotel", inputs, typical(samples, "ours"), "s", note=profile),
    ]


def _renditions(report: HotelReport, store: Path) -> list[tuple[Image.Image, int]]:
    """The published renditions, decoded again, each with the quality that it was encoded at."""
    assert report.manifest is not None
    quality = {recipe.name: recipe.quality for recipe in Settings().renditions}
    found: list[tuple[Image.Image, int]] = []
    for picture in report.manifest.pictures:
        for item in picture.renditions:
            image = Image.open(io.BytesIO((store / item.key).read_bytes()))
            image.load()
            found.append((image, quality[item.name]))
    return found


def _floor(images: list[bytes], renditions: list[tuple[Image.Image, int]]) -> None:
    """Decode each image once and encode each rendition once."""
    for data in images:
        published.decoded(data)
    for rendition, quality in renditions:
        rendition.save(io.BytesIO(), "JPEG", quality=quality, subsampling="4:2:0")


def unchanged(inputs: Inputs, folder: Path, rounds: int) -> list[Row]:
    """Measure processing an unchanged hotel: CPU time, reads and writes."""
    photos = folder / "photos"
    write_hotel(photos / HOTEL, inputs.images[:20], 60)
    workspace = workspace_of(folder / "workspace", photos)
    ports = workspace.ports()
    process_hotel(Nudge(HOTEL, "benchmark"), ports)
    counter = workspace.counter
    reads, writes = counter.reads, counter.writes
    assert process_hotel(Nudge(HOTEL, "benchmark"), ports).status == "unchanged"
    reads, writes = counter.reads - reads, counter.writes - writes

    def repeatedly() -> None:
        for _ in range(UNCHANGED_TIMES):
            process_hotel(Nudge(HOTEL, "benchmark"), ports)

    spent = typical(interleaved({"unchanged": repeatedly}, rounds), "unchanged") / UNCHANGED_TIMES
    where = "60 images of 3 accommodations, folder stores"
    apart, together = (waited_s(ports, calls) * 1e3 for calls in (one_after_another, SideBySide(8)))
    return [
        Row("an unchanged hotel, a read of 20 ms", where, together, "ms", 160, 100, note=f"apart: {apart:.0f} ms"),
        Row("an unchanged hotel", where, spent * 1e3, "ms", 8, 4),
        Row("an unchanged hotel: reads", where, reads, "reads", 3 + 4, 3 + 4, holds=True),
        Row("an unchanged hotel: writes", where, writes, "writes", 0, 0, holds=True),
    ]


def waited_s(ports: Ports, together: Together) -> float:
    """Seconds of an unchanged hotel on stores that answer after some time, as S3 does: what a function bills."""
    stores = ports.stores
    slow = Stores(Slow(stores.inbox), Slow(stores.state), Slow(stores.published), together=together)
    taken = []
    for _ in range(5):
        started = time.perf_counter()
        assert process_hotel(Nudge(HOTEL, "benchmark"), replace(ports, stores=slow)).status == "unchanged"
        taken.append(time.perf_counter() - started)
    return min(taken)


class Slow(CountingStore):
    """A store whose reads take as long as those of S3."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, StoreCounter())

    def get(self, key: str) -> Stored | None:
        """The object, whole, after some time."""
        time.sleep(READ_S)
        return super().get(key)
