"""Many hotels on one machine: nudges over worker processes, one hotel at a time in each.

A hotel that fails does not stop the others. A worker that dies, killed by an image or for its memory, does not either:
the hotels that were under way are done again with decoding in a child process, so that the image becomes `crashed`.
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
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from image_release.hotel import ImageReport, Ports, process_hotel
from image_release.one_machine.workspace import Workspace
from image_release.problems import printable
from image_release.values import Nudge

log = logging.getLogger(__name__)

WORKER_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
}
"""One BLAS thread a worker: the workers are the parallelism. And two arenas of memory: with one for each thread that
downloads, a hotel of 500 images takes 860 MB instead of 500. Both are read when a process begins."""
AHEAD = 3
"""Nudges that wait in the pool for each worker: enough that none idles, few enough that memory stays flat."""
WORK = ("downloads", "decodes", "tagged", "renditions_written", "store_reads", "store_writes")


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one nudge, small enough to be sent between processes by the million."""

    nudge: Nudge
    status: Literal["processed", "unchanged", "absent", "failed"]
    outcomes: dict[str, int]
    work: dict[str, int]
    cpu_seconds: float
    error: str = ""
    images: tuple[ImageReport, ...] = ()
    """What became of each image, where that was asked for."""
    untagged: str | None = None
    """Why the tagger still owes labels of this hotel, where it does."""


@dataclass(slots=True)
class Totals:
    """Sums over hotels."""

    hotels: dict[str, int] = field(default_factory=lambda: {"processed": 0, "unchanged": 0, "failed": 0})
    images: dict[str, int] = field(default_factory=dict)
    work: dict[str, int] = field(default_factory=lambda: dict.fromkeys(WORK, 0))
    cpu_seconds: float = 0.0
    failures: list[tuple[str, str]] = field(default_factory=list)
    untagged: dict[str, int] = field(default_factory=dict)
    """Why the tagger still owes labels -> number of hotels that were published without them."""

    def add(self, done: Done) -> None:
        """Add a hotel; one that is neither in the release nor published counts as unchanged."""
        status = "unchanged" if done.status == "absent" else done.status
        self.hotels[status] += 1
        for outcome, count in done.outcomes.items():
            self.images[outcome] = self.images.get(outcome, 0) + count
        for name, count in done.work.items():
            self.work[name] += count
        self.cpu_seconds += done.cpu_seconds
        if done.untagged is not None:
            self.untagged[done.untagged] = self.untagged.get(done.untagged, 0) + 1
        if done.status == "failed":
            self.failures.append((done.nudge.hotel_id, done.error))

    @property
    def total_images(self) -> int:
        """All images asked for."""
        return sum(self.images.values())


def run_nudges(
    workspace: Workspace,
    nudges: Iterable[Nudge],
    workers: int,
    observe: Callable[[Done], None],
    *,
    with_images: bool = False,
) -> None:
    """Process every nudge and tell `observe` what became of each, in the order in which they end.

    An interrupt stops the workers at once; state and what is published stay whole, and the next run goes on.
    """
    pending = iter(nudges)
    while suspects := _run_until_a_worker_dies(workspace, pending, workers, observe, with_images=with_images):
        for nudge in suspects:
            observe(_run_isolated(workspace, nudge, with_images=with_images))


def _run_until_a_worker_dies(
    workspace: Workspace,
    pending: Iterator[Nudge],
    workers: int,
    observe: Callable[[Done], None],
    *,
    with_images: bool,
) -> list[Nudge]:
    """Work through `pending`; the nudges that were under way when a worker died, or none at the end."""
    under_way: dict[Future[Done], Nudge] = {}
    waiting = deque(islice(pending, AHEAD * workers))
    if not waiting:
        return []
    pool = _pool(workspace, min(workers, len(waiting)), isolated=False)
    try:
        while waiting or under_way:
            while waiting:  # a nudge leaves the queue when the pool has it: none is lost if the pool breaks here
                under_way[_submit(pool, waiting[0], with_images=with_images)] = waiting[0]
                waiting.popleft()
            ended, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in ended:
                done = future.result()
                del under_way[future]
                observe(done)
            waiting.extend(islice(pending, len(ended)))
    except BrokenProcessPool:
        finished = [future for future in under_way if future.done() and not future.exception()]
        for future in finished:
            del under_way[future]
            observe(future.result())
        return [*under_way.values(), *waiting]
    except BaseException:
        _end(pool)
        raise
    pool.shutdown()
    return []


def _run_isolated(workspace: Workspace, nudge: Nudge, *, with_images: bool) -> Done:
    """Process one hotel whose worker died, decoding in a child of a worker of its own."""
    pool = _pool(workspace, 1, isolated=True)
    try:
        return _submit(pool, nudge, with_images=with_images).result()
    except BrokenProcessPool:
        return Done(nudge, "failed", {}, {}, 0.0, "the worker died twice, though decoding was isolated")
    finally:
        _end(pool)


def _pool(workspace: Workspace, workers: int, *, isolated: bool) -> ProcessPoolExecutor:
    for name, value in WORKER_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(workspace, isolated))


def _submit(pool: ProcessPoolExecutor, nudge: Nudge, *, with_images: bool) -> Future[Done]:
    """Hand a nudge to the pool, which may start a worker for it.

    A worker inherits that SIGINT is blocked: Ctrl-C goes to the whole process group, and is the parent's to answer.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return pool.submit(_work_on, nudge, with_images)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end(pool: ProcessPoolExecutor) -> None:
    """End the workers at once: what they were doing is found whole by the next run."""
    for process in list((getattr(pool, "_processes", None) or {}).values()):
        process.terminate()
    pool.shutdown(wait=False, cancel_futures=True)


class _Worker:
    """What one worker process holds for its life."""

    workspace: Workspace
    ports: Ports


def _begin(workspace: Workspace, isolated: bool) -> None:  # noqa: FBT001 - called by the pool
    _Worker.workspace = workspace
    _Worker.ports = workspace.ports(isolated=isolated)


def _work_on(nudge: Nudge, with_images: bool) -> Done:  # noqa: FBT001 - called by the pool
    counter = _Worker.workspace.counter
    reads, writes, started = counter.reads, counter.writes, time.process_time()
    try:
        report = process_hotel(nudge, _Worker.ports)
    except Exception as error:  # a hotel that fails must not stop the others
        log.debug("hotel %s failed", printable(nudge.hotel_id), exc_info=True)
        reason = printable(f"{type(error).__name__}: {error}", 300)
        return Done(nudge, "failed", {}, {}, time.process_time() - started, reason)
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
    owed = [entry.reason or "" for entry in (report.manifest.pending if report.manifest else ()) if entry.kind == "tag"]
    return Done(
        nudge,
        report.status,
        outcomes,
        work,
        cpu,
        images=report.images if with_images else (),
        untagged=owed[0] if owed else None,
    )
