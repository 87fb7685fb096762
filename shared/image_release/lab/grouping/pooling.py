"""One task a hotel, over worker processes."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


class WorkerDiedError(Exception):
    """A worker process died: a picture killed its decoder, or the memory ran out."""


def over_processes(function: Callable[[T], R], tasks: Sequence[T], workers: int) -> Iterator[R]:
    """The results in the order of the tasks. Raises WorkerDiedError."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # the processes are the parallelism; read when a child imports numpy
    processes = max(1, min(workers, len(tasks)))
    with ProcessPoolExecutor(processes, get_context("spawn"), initializer=_leave_interrupts) as pool:
        try:
            yield from pool.map(function, tasks)
        except BrokenProcessPool as error:
            raise WorkerDiedError(
                "a worker process died: a picture killed its decoder, or the memory ran out; fewer --workers need less"
            ) from error
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _leave_interrupts() -> None:
    """Ctrl-C reaches parent and children alike; the parent decides."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
