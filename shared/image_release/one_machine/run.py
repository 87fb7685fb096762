"""Update a workspace: process every hotel that may need it, then complete the release and write the gallery's index.

The order matters (invariant 9): a release is in force before its hotels are nudged, and it is completed
only after all of its hotels, and those that departed, were processed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, date, datetime

from image_release.gallery import write_index
from image_release.hotel import DEPARTED, SWEEP
from image_release.ingest import Current, complete_release, departed, hotel_ids, read_current
from image_release.one_machine.intake import Intake
from image_release.one_machine.workers import HotelResult, Totals, run_nudges
from image_release.one_machine.workspace import Workspace
from image_release.state import DueMarker, markers_until
from image_release.storage import Store
from image_release.store_keys import STALE_GALLERY, run_key
from image_release.values import Nudge


def update_workspace(
    workspace: Workspace,
    workers: int,
    intake: Intake,
    observe: Callable[[HotelResult], None],
    *,
    sweep_only: bool = False,
) -> Totals:
    """Process every hotel that may need it, complete the release, and write the gallery's index and the history.

    `observe` is called with the result of each hotel. With `sweep_only` only hotels with a due-marker are processed.
    Returns the totals over all hotels; their reads and writes include those of this process.
    """
    started = datetime.now(UTC)
    current = None if sweep_only else read_current(workspace.state)
    switching = current is not None and not current.is_completed
    index = _GalleryIndex(workspace)
    sweeps = due_sweeps(workspace.state, started.date())
    totals = Totals()

    def add(result: HotelResult) -> None:
        totals.add(result)
        if result.status == "processed":
            index.mark_stale()
        if result.nudge.reason == SWEEP and result.status != "failed":
            for marker in sweeps[result.nudge.hotel_id]:
                workspace.state.delete(marker.key)
        observe(result)

    if intake.applied or switching:
        index.mark_stale()
    run_nudges(workspace, pending_nudges(workspace.state, current, sweeps), workers, add)
    index.write_if_stale()
    if current and switching and not totals.hotels["failed"]:
        complete_release(workspace.state, current)
    if totals.hotels["processed"] or intake.applied:
        _write_history(workspace, started, intake, totals)
    totals.work["store_reads"] += workspace.counter.reads
    totals.work["store_writes"] += workspace.counter.writes
    return totals


def due_sweeps(state: Store, today: date) -> dict[str, list[DueMarker]]:
    """Hotel -> its sweep markers up to today, a day in UTC. They are served when the hotel was processed."""
    sweeps: dict[str, list[DueMarker]] = {}
    for marker in markers_until(state, today):
        if marker.kind == SWEEP:
            sweeps.setdefault(marker.hotel_id, []).append(marker)
    return sweeps


def pending_nudges(state: Store, current: Current | None, sweeps: Collection[str]) -> Iterator[Nudge]:
    """Every hotel that may need something, once each: due to be swept, departed, or in the release in force.

    Without a release in force (`current` is None) only hotels to sweep are given.
    """
    for hotel_id in sweeps:
        yield Nudge(hotel_id, SWEEP)
    if current is None:
        return
    for hotel_id in departed(state, current):
        if hotel_id not in sweeps:
            yield Nudge(hotel_id, DEPARTED)
    for hotel_id in hotel_ids(state, current):
        if hotel_id not in sweeps:
            yield Nudge(hotel_id, "release")


class _GalleryIndex:
    """The gallery's index: marked as stale before it may be so, and written at the end of the run."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._is_stale = workspace.state.head(STALE_GALLERY) is not None

    def mark_stale(self) -> None:
        if not self._is_stale:
            self._workspace.state.put(STALE_GALLERY, b"")
            self._is_stale = True

    def write_if_stale(self) -> None:
        if self._is_stale:
            write_index(self._workspace.published)
            self._workspace.state.delete(STALE_GALLERY)


def _write_history(workspace: Workspace, started: datetime, intake: Intake, totals: Totals) -> None:
    """Write a document about a run that changed something; `status` shows the latest ones."""
    document = {
        "started_at": started.isoformat(),
        "applied": intake.applied,
        "problems": len(intake.problems),
        "hotels": totals.hotels,
        "images": totals.images,
        "work": totals.work,
    }
    workspace.state.put(run_key(started), json.dumps(document, sort_keys=True).encode())
