"""Calling a function in a child process that may die for it (invariant 10).

Decoders are C code fed with hostile bytes. An image that kills the process that decodes it is found out by decoding it
in a child: the child dies, the caller gets ChildCrashedError, and the image becomes `crashed`.
"""

from __future__ import annotations

import multiprocessing
import resource
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

DEFAULT_TIMEOUT_S = 60.0
"""Far more than the largest allowed picture takes to decode."""
DEFAULT_MEMORY_MB = 2_048
"""Address space of a child: a picture of max_pixels with room to spare."""


class ChildCrashedError(Exception):
    """The child process died, ran out of memory or out of time in the middle of a call."""


class IsolatedCaller:
    """Calls picklable functions in a child process; a dead child is replaced at the next call. One call at a time."""

    def __init__(self, timeout_s: float = DEFAULT_TIMEOUT_S, memory_mb: int = DEFAULT_MEMORY_MB) -> None:
        self._timeout_s = timeout_s
        self._memory_mb = memory_mb
        self._pool: ProcessPoolExecutor | None = None

    def __call__(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call and return the result, or raise what the function raised. Raises ChildCrashedError."""
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(1, context, initializer=_bound_memory, initargs=(self._memory_mb,))
        future = self._pool.submit(function, *args, **kwargs)
        try:
            return future.result(self._timeout_s)
        except BrokenProcessPool as error:
            self.close()
            raise ChildCrashedError("the child process died") from error
        except FutureTimeoutError as error:
            if future.done():
                raise  # the function's own
            self.close()
            raise ChildCrashedError(f"no answer within {self._timeout_s:g} s") from error
        except MemoryError as error:
            raise ChildCrashedError(f"more than {self._memory_mb} MB") from error

    def close(self) -> None:
        """End the child, whatever it is doing."""
        pool, self._pool = self._pool, None
        if pool is not None:
            for process in list(getattr(pool, "_processes", {}).values()):
                process.kill()
            pool.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Self:
        """Nothing to do: the child starts at the first call."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the child."""
        self.close()


def _bound_memory(memory_mb: int) -> None:
    limit = memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
