"""Measure what one hotel asks of the stores: requests, and the rounds that it waits for them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.capacity import Assumptions
from benchmarks.hotels import HOTEL, workspace_of
from benchmarks.inputs import PARTNERS, inputs_of, write_hotel
from benchmarks.latencies import SlowStore
from image_release.hotel import HotelReport, Ports, process_hotel
from image_release.one_machine.intake import apply_inbox, hand_in
from image_release.settings import Settings
from image_release.storage import SideBySide, Stores
from image_release.values import Nudge

PICTURES, IMAGES = 12, 36
SLOW_S = {"new": 0.04}
"""Time of a request while rounds are measured: of a new hotel, most are under way beside CPU and not waited for."""
SLOWER_S = 0.1
"""The same for what takes little CPU."""
ROUNDS = 3
"""How often each is measured; the shortest counts."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Requests of one hotel beside originals and renditions (listings are priced as writes), and rounds of waiting."""

    reads: float
    writes: float
    rounds: float


class Counted(SlowStore):
    """A slow store that counts reads and writes."""

    def __init__(self, store: Any, seconds: float) -> None:
        super().__init__(store, seconds)
        self.reads = self.writes = 0

    def __getattr__(self, name: str) -> Any:
        """A method of the store, slower and counted."""
        called = super().__getattr__(name)

        def asked(*args: Any, **conditions: Any) -> Any:
            if name in ("put", "put_file", "list", "folders"):
                self.writes += 1
            elif name != "delete":  # S3 asks nothing for it
                self.reads += 1
            return called(*args, **conditions)

        return asked


Run = tuple[float, HotelReport, list[Counted]]
"""Seconds, what became of the hotel, and its stores."""


def measured_hotel(folder: Path, corpus: Path | None, given: Assumptions) -> dict[str, Asked]:
    """What a real hotel of three partners asks: `new`, `unchanged`, `changed` by one image, after `other weights`."""
    folder.mkdir(parents=True)
    photographs = inputs_of(corpus).images
    another = photographs[PICTURES].read_bytes()
    write_hotel(folder / "photos" / HOTEL, photographs[:PICTURES], IMAGES)
    found = {}
    for kind, settings in _kinds():
        slow_s = SLOW_S.get(kind, SLOWER_S)
        runs = [
            min(_runs(folder, kind, settings, seconds, another), key=lambda run: run[0]) for seconds in (0.0, slow_s)
        ]
        (fast_wall_s, _, _), (slow_wall_s, report, stores) = runs
        renditions = report.work.renditions_written
        reads = sum(store.reads for store in stores) - renditions / given.renditions
        writes = sum(store.writes for store in stores) - report.work.downloads - renditions
        found[kind] = Asked(reads, writes, max(1.0, (slow_wall_s - fast_wall_s) / slow_s))
    return found


def _kinds() -> Iterator[tuple[str, Settings]]:
    yield "new", Settings()
    yield "unchanged", Settings()
    yield "changed", Settings()
    weights = {"prioritising": {"weights": {"size": 0.5, "partner": 0.3, "category": 0.2}}}
    yield "other weights", Settings.model_validate(weights)


def _runs(folder: Path, kind: str, settings: Settings, seconds: float, another: bytes) -> Iterator[Run]:
    for _ in range(ROUNDS):
        (folder / "photos" / HOTEL / PARTNERS[0] / "another.jpg").unlink(missing_ok=True)
        workspace = workspace_of(folder / "work", folder / "photos")
        ports = workspace.ports()
        if kind != "new":
            process_hotel(Nudge(HOTEL, "benchmark"), ports)
        if kind == "changed":
            (folder / "photos" / HOTEL / PARTNERS[0] / "another.jpg").write_bytes(another)
            hand_in(workspace, folder / "photos", None, None)
            apply_inbox(workspace)
        yield _run(replace(ports, settings=settings), seconds)


def _run(ports: Ports, seconds: float) -> Run:
    stores = [Counted(store, seconds) for store in (ports.stores.inbox, ports.stores.state, ports.stores.published)]
    slow = Stores(*stores, together=SideBySide(8))
    began = time.perf_counter()
    report = process_hotel(Nudge(HOTEL, "benchmark"), replace(ports, stores=slow))
    return time.perf_counter() - began, report, stores
