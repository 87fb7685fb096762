"""Update a workspace: process every hotel that may need it, then complete the release and write the gallery's index.

The order matters (invariant 9): a release is in force before its hotels are nudged, and it is completed
only after all of its hotels, and those that departed, were processed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from image_release.feed import Cause
from image_release.feed.pruning import prune
from image_release.feed.snapshots import write_snapshot
from image_release.gallery import write_index
from image_release.hotel import DEPARTED, SWEEP
from image_release.ingest import Current, complete_release, departed_from_shard, read_current, shard_hotels
from image_release.one_machine.endings import RunProblems, Unmatched, find_unmatched
from image_release.one_machine.intake import Intake, problem_of, told
from image_release.one_machine.workers import HotelResult, Totals, run_nudges
from image_release.one_machine.workspace import Workspace
from image_release.problems import Problem
from image_release.retention import retain
from image_release.state import DueMarker, markers_until
from image_release.storage import Store
from image_release.store_keys import (
    CURRENT_RELEASE,
    DUE,
    FEED,
    GALLERY_INDEX,
    PROBLEMS,
    STALE_GALLERY,
    rows_key,
    run_key,
)
from image_release.values import Nudge

STRAY = "is no due-marker; those are due/<day>/<kind>/<hotel>"


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did. `problems_csv` is the key of the list of what it could not do, None if that is nothing."""

    totals: Totals
    unmatched: Unmatched
    problems_csv: str | None


def report_run(
    workspace: Workspace,
    workers: int,
    intake: Intake,
    problems: Sequence[Problem],
    observe: Callable[[HotelResult], None],
) -> RunReport:
    """Update a workspace and list what could not be done. `problems` are those that are known before."""
    started = datetime.now(UTC)
    lines = RunProblems()
    try:
        lines.add_problems(problems)

        def add(result: HotelResult) -> None:
            lines.add_hotel(result.nudge.hotel_id, result.ending, result.error)
            observe(result)

        totals = update_workspace(workspace, workers, intake, add)
        reads, writes = workspace.counter.reads, workspace.counter.writes
        for partner_id, images in totals.partners_down.items():
            lines.add("", partner_id, "", "partner_down", f"none of its {images} images could be fetched")
        unmatched = Unmatched()
        if CURRENT_RELEASE not in {problem.file for problem in totals.problems}:
            with told(totals.problems, CURRENT_RELEASE):
                unmatched = find_unmatched(workspace.state, lines, totals.problems)
        lines.add_problems(totals.problems)
        key = None
        with told(totals.problems, PROBLEMS):
            key = lines.store(workspace.state, started)
        totals.work["store_reads"] += workspace.counter.reads - reads
        totals.work["store_writes"] += workspace.counter.writes - writes
        return RunReport(totals, unmatched, key)
    finally:
        lines.close()


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
    Returns the totals over all hotels; their reads and writes include those of this process. What cannot be read is a
    problem of the totals: the hotels that it is about keep what they had, the others are processed.
    """
    started = datetime.now(UTC)
    totals = Totals()
    current = None if sweep_only else release_in_force(workspace.state, totals.problems)
    switching = current is not None and not current.is_completed
    index = _GalleryIndex(workspace)
    sweeps = due_sweeps(workspace.state, started.date(), totals.problems)

    def add(result: HotelResult) -> None:
        totals.add(result)
        if result.status == "processed":
            index.mark_stale()
        if result.nudge.reason == SWEEP and result.status != "failed":
            for marker in sweeps[result.nudge.hotel_id]:
                with told(totals.problems, marker.key):
                    workspace.state.delete(marker.key)
        observe(result)

    if intake.applied or switching:
        index.mark_stale()
    nudges = Nudges(workspace.state, current, sweeps, totals.problems)
    run_nudges(workspace, nudges, workers, add, Cause.of("run", started))
    with told(totals.problems, GALLERY_INDEX):
        index.write_if_stale()
    if current and switching and not totals.hotels["failed"] and not nudges.has_unread:
        with told(totals.problems, CURRENT_RELEASE):
            complete_release(workspace.state, current)
    if totals.hotels["processed"] or intake.applied:
        _write_history(workspace, started, intake, totals)
    totals.work["store_reads"] += workspace.counter.reads
    totals.work["store_writes"] += workspace.counter.writes
    return totals


def write_feed(workspace: Workspace, problems: list[Problem], advance: Callable[[], object]) -> None:
    """Write a snapshot of all hotels if one changed, and delete what is too old, of the feed and of other work.

    `advance` is called for each hotel while the first snapshot is made. What goes wrong is added to the problems. While
    the release in force cannot be read, the latest snapshot stays.
    """
    if CURRENT_RELEASE in {problem.file for problem in problems}:
        return
    now = datetime.now(UTC)
    with told(problems, FEED):
        write_snapshot(workspace.stores, now, advance)
        prune(workspace.stores, now)
    with told(problems, "old objects"):
        retain(workspace.stores, now, timedelta(days=workspace.settings.publishing.grace_days), lambda: True)


def hotels_in_force(workspace: Workspace) -> int | None:
    """Number of hotels in the release in force; None where there is none, or none that can be read."""
    current = release_in_force(workspace.state, [])
    return current.hotels if current else None


def release_in_force(state: Store, problems: list[Problem]) -> Current | None:
    """The release in force, None if there is none; one that cannot be read is added to the problems."""
    try:
        return read_current(state)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it, due sweeps are done and the rest is told
        problems.append(problem_of(CURRENT_RELEASE, error))
        return None


def due_sweeps(state: Store, today: date, problems: list[Problem]) -> dict[str, list[DueMarker]]:
    """Hotel -> its sweep markers up to today, a day in UTC. They are served when the hotel was processed.

    What lies among the markers and is none, or cannot be listed, is added to the problems.
    """
    sweeps: dict[str, list[DueMarker]] = {}
    with told(problems, DUE):
        for marker in markers_until(state, today, stray=lambda key: problems.append(Problem(key, 0, key, STRAY))):
            if marker.kind == SWEEP:
                sweeps.setdefault(marker.hotel_id, []).append(marker)
    return sweeps


class Nudges:
    """Every hotel that may need something, once each: due to be swept, departed, or in the release in force.

    Without a release in force (`current` is None) only hotels to sweep are given. The hotels of a shard that cannot be
    read keep what they had: `has_unread` is true afterwards, and the shard is a problem.
    """

    def __init__(self, state: Store, current: Current | None, sweeps: Collection[str], problems: list[Problem]) -> None:
        self._state = state
        self._current = current
        self._sweeps = sweeps
        self._problems = problems
        self.has_unread = False

    def __iter__(self) -> Iterator[Nudge]:
        for hotel_id in self._sweeps:
            yield Nudge(hotel_id, SWEEP)
        for reason, hotels_of in ((DEPARTED, departed_from_shard), ("release", shard_hotels)):
            for shard in range(2**self._current.shard_bits if self._current else 0):
                for hotel_id in self._read(hotels_of, shard):
                    if hotel_id not in self._sweeps:
                        yield Nudge(hotel_id, reason)

    def _read(self, hotels_of: Callable[[Store, Current, int], Iterator[str]], shard: int) -> list[str]:
        assert self._current is not None
        hotels: list[str] = []
        faults: list[Problem] = []
        with told(faults, rows_key(self._current.folder, shard)):
            hotels = list(hotels_of(self._state, self._current, shard))
        self.has_unread = self.has_unread or bool(faults)
        self._problems += [fault for fault in faults if fault not in self._problems]
        return hotels


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
            write_index(self._workspace.stores)
            self._workspace.state.delete(STALE_GALLERY)


def _write_history(workspace: Workspace, started: datetime, intake: Intake, totals: Totals) -> None:
    """Write a document about a run that changed something; `status` shows the latest ones."""
    document = {
        "started_at": started.isoformat(),
        "applied": intake.applied,
        "problems": len(intake.problems) + len(totals.problems),
        "hotels": totals.hotels,
        "images": totals.images,
        "work": totals.work,
    }
    workspace.state.put(run_key(started), json.dumps(document, sort_keys=True).encode())
