"""Measure what one hotel asks of the stores: requests, and the rounds that it waits for them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.capacity import Assumptions
from benchmarks.hotels import HOTEL, workspace_of
from benchmarks.inputs import PARTNERS, inputs_of, write_hotel
from benchmarks.latencies import SlowStore
from image_release.hotel import HotelReport, process_hotel
from image_release.one_machine.intake import apply_inbox, hand_in
from image_release.settings import Settings
from image_release.storage import SideBySide, Stores
from image_release.values import Nudge

PICTURES, IMAGES = 12, 36
CHANGED = 2
"""Accommodations of the changed hotel that have a new image."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Requests of one hotel beside originals and renditions (listings are priced as writes), and rounds of waiting.

    A round is a request of the first thread: what other threads ask meanwhile is not waited for, or is beside CPU.
    """

    reads: float
    writes: float
    rounds: float


class Counted(SlowStore):
    """A store that counts reads, writes, and the requests of the thread that made it."""

    def __init__(self, store: Any) -> None:
        super().__init__(store, 0.0)
        self.reads = self.writes = self.rounds = 0
        self._first = threading.get_ident()

    def __getattr__(self, name: str) -> Any:
        """A method of the store, counted."""
        called = super().__getattr__(name)

        def asked(*args: Any, **conditions: Any) -> Any:
            self.rounds += threading.get_ident() == self._first
            if name in ("put", "put_file", "list", "folders"):
                self.writes += 1
            elif name != "delete":  # S3 asks nothing for it
                self.reads += 1
            return called(*args, **conditions)

        return asked


def measured_hotel(folder: Path, corpus: Path | None, given: Assumptions) -> dict[str, Asked]:
    """What a real hotel asks: `new`, `unchanged`, after `other weights`, and `changed` in two accommodations."""
    folder.mkdir(parents=True)
    photographs = inputs_of(corpus).images
    another = photographs[PICTURES].read_bytes()
    write_hotel(folder / "photos" / HOTEL, photographs[:PICTURES], IMAGES)
    found = {}
    for kind, settings in _kinds():
        report, stores = _run(folder, kind, settings, another)
        renditions = report.work.renditions_written
        reads = sum(store.reads for store in stores) - renditions / given.renditions
        writes = sum(store.writes for store in stores) - report.work.downloads - renditions
        found[kind] = Asked(reads, writes, sum(store.rounds for store in stores))
    return found


def _kinds() -> Iterator[tuple[str, Settings]]:
    yield "new", Settings()
    yield "unchanged", Settings()
    weights = {"prioritising": {"weights": {"size": 0.5, "partner": 0.3, "category": 0.2}}}
    yield "other weights", Settings.model_validate(weights)
    yield "changed", Settings()


def _run(folder: Path, kind: str, settings: Settings, another: bytes) -> tuple[HotelReport, list[Counted]]:
    workspace = workspace_of(folder / "work", folder / "photos")
    ports = workspace.ports()
    if kind != "new":
        process_hotel(Nudge(HOTEL, "benchmark"), ports)
    if kind == "changed":
        for partner in PARTNERS[:CHANGED]:
            (folder / "photos" / HOTEL / partner / "another.jpg").write_bytes(another)
        hand_in(workspace, folder / "photos", None, None)
        apply_inbox(workspace)
    stores = [Counted(store) for store in (ports.stores.inbox, ports.stores.state, ports.stores.published)]
    counted = replace(ports, settings=settings, stores=Stores(*stores, together=SideBySide(8)))
    return process_hotel(Nudge(HOTEL, "benchmark"), counted), stores
