"""Process many hotels on one machine: each worker process takes one nudge at a time.

A hotel that fails does not stop the others. Nor does a worker that dies, because an image crashed it or memory ran out:
the hotels that were under way are processed again with decoding in a child process, so that the image becomes
`crashed`.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Literal

from image_release.feed import Cause, Collecting, Noting
from image_release.hotel import ImageReport, Ports, process_hotel
from image_release.lifeline import Lifeline, WorkerStart
from image_release.one_machine.endings import NOTHING_TO_TELL, HotelEnding, ending_of
from image_release.one_machine.workspace import Workspace
from image_release.problems import Problem, printable
from image_release.values import Nudge

log = logging.getLogger(__name__)

WORKER_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
}
"""Environment of a worker; read when a process starts.

One BLAS thread a worker, because the workers are already parallel. Two memory arenas, because with one arena for each
downloading thread a hotel of 500 images takes 860 MB instead of 500 MB."""
QUEUED_PER_WORKER = 3
"""Nudges in the pool for each worker: enough that no worker waits, few enough that memory does not grow."""
WORK = ("downloads", "decodes", "tagged", "renditions_written", "store_reads", "store_writes")
"""Names of the counters that `Totals.work` sums over hotels."""


@dataclass(frozen=True, slots=True)
class HotelResult:
    """What became of one nudge. It is small, because a run sends one between processes for each hotel."""

    nudge: Nudge
    status: Literal["processed", "unchanged", "absent", "failed"]
    outcomes: dict[str, int]
    work: dict[str, int]
    cpu_seconds: float
    error: str = ""
    images: tuple[ImageReport, ...] = ()
    """What became of each image; empty unless `run_nudges` was called with `with_images`."""
    ending: HotelEnding = NOTHING_TO_TELL
    """What the run has to tell of it."""
    tagged_by: dict[str, int] = field(default_factory=dict)
    """Tagger's identity -> number of images that it answered for."""
    untagged: str | None = None
    """Why the hotel has no labels yet; None if it has them or needs none."""
    seqs: tuple[int, ...] = ()
    """Numbers of the manifests that were published now: several where inputs changed meanwhile."""


@dataclass(slots=True)
class Totals:
    """Sums over the hotels of a run."""

    hotels: dict[str, int] = field(default_factory=lambda: {"processed": 0, "unchanged": 0, "failed": 0})
    images: dict[str, int] = field(default_factory=dict)
    work: dict[str, int] = field(default_factory=lambda: dict.fromkeys(WORK, 0))
    cpu_seconds: float = 0.0
    failures: list[tuple[str, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    """What else of the state or the published could not be read or written."""
    kept: int = 0
    """Number of images whose last good copy is shown, because they could not be fetched or decoded now."""
    without_pictures: int = 0
    """Number of published hotels that have no pictures."""
    partners: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Partner -> number of its images, and of those that could not be fetched."""
    tagged_by: dict[str, int] = field(default_factory=dict)
    """Tagger's identity -> number of images that it answered for."""
    untagged: dict[str, int] = field(default_factory=dict)
    """Reason why there are no labels yet -> number of hotels that were published without them."""

    def add(self, result: HotelResult) -> None:
        """Add a hotel. A hotel that is neither in the release nor published (`absent`) counts as unchanged."""
        status = "unchanged" if result.status == "absent" else result.status
        self.hotels[status] += 1
        for outcome, count in result.outcomes.items():
            self.images[outcome] = self.images.get(outcome, 0) + count
        for name, count in result.work.items():
            self.work[name] += count
        self.cpu_seconds += result.cpu_seconds
        self.kept += sum(image.is_shown for image in result.ending.failed)
        self.without_pictures += result.ending.has_no_pictures
        for partner_id, images, failed in result.ending.partners:
            before = self.partners.get(partner_id, (0, 0))
            self.partners[partner_id] = (before[0] + images, before[1] + failed)
        for identity, images in result.tagged_by.items():
            self.tagged_by[identity] = self.tagged_by.get(identity, 0) + images
        if result.untagged is not None:
            self.untagged[result.untagged] = self.untagged.get(result.untagged, 0) + 1
        if result.status == "failed":
            self.failures.append((result.nudge.hotel_id, result.error))

    @property
    def partners_down(self) -> dict[str, int]:
        """Partners of which no image could be fetched, and the number of their images."""
        return {name: images for name, (images, failed) in sorted(self.partners.items()) if images == failed}

    @property
    def total_images(self) -> int:
        """Number of images of all hotels, whatever became of them."""
        return sum(self.images.values())


def run_nudges(
    workspace: Workspace,
    nudges: Iterable[Nudge],
    workers: int,
    observe: Callable[[HotelResult], None],
    cause: Cause,
    *,
    with_images: bool = False,
) -> None:
    """Process every nudge; call `observe` with each result, in the order in which the hotels finish.

    The hotels that change are listed under `cause`. KeyboardInterrupt stops the workers at once. What is stored and
    published stays whole, and the next run continues.
    """
    work = Assignment(workspace, cause, with_images)
    pending = iter(nudges)
    with Collecting(workspace.stores, cause) as collecting:

        def add(result: HotelResult) -> None:
            collecting.add(result.nudge.hotel_id, result.seqs)
            observe(result)

        while suspects := _run_until_a_worker_dies(work, pending, workers, add):
            for nudge in suspects:
                add(process_isolated(work, nudge))


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a worker is told when it starts."""

    workspace: Workspace
    cause: Cause
    with_images: bool


def _run_until_a_worker_dies(
    work: Assignment, pending: Iterator[Nudge], workers: int, observe: Callable[[HotelResult], None]
) -> list[Nudge]:
    """Process `pending`; returns the nudges that were under way when a worker died, or an empty list at the end."""
    under_way: dict[Future[HotelResult], Nudge] = {}
    waiting = deque(islice(pending, QUEUED_PER_WORKER * workers))
    if not waiting:
        return []
    pool = pool_of(work, min(workers, len(waiting)), isolated=False)
    try:
        while waiting or under_way:
            while waiting:  # popped only after the pool has it, so that none is lost if the pool breaks here
                under_way[submit(pool, waiting[0])] = waiting[0]
                waiting.popleft()
            ended, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in ended:
                result = future.result()
                del under_way[future]
                observe(result)
            waiting.extend(islice(pending, len(ended)))
    except BrokenProcessPool:
        finished = [future for future in under_way if future.done() and not future.exception()]
        for future in finished:
            del under_way[future]
            observe(future.result())
        return [*under_way.values(), *waiting]
    except BaseException:
        terminate(pool)
        raise
    pool.shutdown()
    return []


def process_isolated(work: Assignment, nudge: Nudge) -> HotelResult:
    """Process one hotel whose worker died: in a new worker, with decoding in a child process."""
    pool = pool_of(work, 1, isolated=True)
    try:
        return submit(pool, nudge).result()
    except BrokenProcessPool:
        return HotelResult(nudge, "failed", {}, {}, 0.0, "the worker died twice, though decoding was isolated")
    finally:
        terminate(pool)


def pool_of(work: Assignment, workers: int, *, isolated: bool) -> ProcessPoolExecutor:
    """A pool of worker processes; each starts when it is needed."""
    for name, value in WORKER_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(
        workers, context, initializer=WorkerStart(Lifeline(), _start_worker), initargs=(work, isolated)
    )


def submit(pool: ProcessPoolExecutor, nudge: Nudge) -> Future[HotelResult]:
    """Hand a nudge to the pool, which may start a worker for it."""
    with _signals_blocked():
        return pool.submit(_process_nudge, nudge)


def start_worker(pool: ProcessPoolExecutor) -> Future[bool]:
    """Start a worker of the pool before there is work for it; the result is there when it has started."""
    with _signals_blocked():
        return pool.submit(_is_ready)


def _is_ready() -> bool:
    """True: a worker that answers has started."""
    return True


@contextmanager
def _signals_blocked() -> Iterator[None]:
    """Block signals that end the command while a worker may start, so that none is left half started.

    Workers inherit that: Ctrl-C goes to the whole process group, but only the parent should handle it.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def terminate(pool: ProcessPoolExecutor) -> None:
    """Kill a pool's workers at once. Stores change in whole objects, so the next run finds nothing half-written."""
    for process in list((getattr(pool, "_processes", None) or {}).values()):
        process.kill()
    pool.shutdown(wait=False, cancel_futures=True)


class _WorkerState:
    """What one worker process keeps for as long as it runs."""

    work: Assignment
    ports: Ports


def _start_worker(work: Assignment, isolated: bool) -> None:  # noqa: FBT001 - called by the pool
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    _WorkerState.work = work
    noting = Noting(work.workspace.state, work.cause)
    _WorkerState.ports = replace(work.workspace.ports(isolated=isolated), leave_markers=noting)


def _process_nudge(nudge: Nudge) -> HotelResult:
    counter = _WorkerState.work.workspace.counter
    reads, writes, started = counter.reads, counter.writes, time.process_time()
    try:
        report = process_hotel(nudge, _WorkerState.ports)
    except Exception as error:  # one hotel's failure must not stop the others
        log.debug("hotel %s failed", printable(nudge.hotel_id), exc_info=True)
        reason = printable(f"{type(error).__name__}: {error}", 300)
        return HotelResult(nudge, "failed", {}, {}, time.process_time() - started, reason)
    work = {
        "downloads": report.work.downloads,
        "decodes": report.work.decodes,
        "tagged": report.work.tagged,
        "renditions_written": report.work.renditions_written,
        "store_reads": counter.reads - reads,
        "store_writes": counter.writes - writes,
    }
    outcomes = {str(outcome): count for outcome, count in report.outcomes.items()}
    cpu = time.process_time() - started
    pending = report.manifest.pending if report.manifest else ()
    untagged = [entry.reason or "" for entry in pending if entry.kind == "tag"]
    return HotelResult(
        nudge,
        report.status,
        outcomes,
        work,
        cpu,
        images=report.images if _WorkerState.work.with_images else (),
        ending=ending_of(report.manifest),
        tagged_by=report.work.tagged_by,
        untagged=untagged[0] if untagged else None,
        seqs=report.seqs,
    )
