"""Runs one task per hotel in worker processes."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TypeVar

from image_release.lifeline import Lifeline, WorkerStart

T = TypeVar("T")
R = TypeVar("R")


class WorkerDiedError(Exception):
    """A worker process died: an image crashed its decoder, or the memory ran out."""


def map_over_processes(function: Callable[[T], R], tasks: Sequence[T], workers: int) -> Iterator[R]:
    """Yield the results in the order of the tasks. Raises WorkerDiedError, and what `function` raises."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # one thread per process; numpy reads it when a child imports it
    processes = max(1, min(workers, len(tasks)))
    with ProcessPoolExecutor(
        processes, get_context("spawn"), initializer=WorkerStart(Lifeline(), _start_worker)
    ) as pool:
        try:
            yield from pool.map(function, tasks)
        except BrokenProcessPool as error:
            raise WorkerDiedError(
                "a worker process died: an image crashed its decoder, or the memory ran out; use fewer --workers"
            ) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _start_worker() -> None:
    """Ignore Ctrl-C, which parent and children receive alike: the parent ends the work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
