"""Reads that do not wait for one another: one after the other, or side by side.

On S3 a small read takes some 20 ms, nearly all of it waiting, and a function pays for the time that it waits. In a
folder a thread would cost more than the read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol


class Together(Protocol):
    """Calls functions in whatever order, and returns what they returned in theirs."""

    def __call__(self, calls: Sequence[Callable[[], Any]], /) -> list[Any]:
        """Call them all. Raises what the first of them raises that fails."""


def one_after_another(calls: Sequence[Callable[[], Any]], /) -> list[Any]:
    """Call functions one after the other."""
    return [call() for call in calls]


class SideBySide:
    """Calls the first function in this thread, which may call others together, and the rest in threads of its own."""

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="together")

    def __call__(self, calls: Sequence[Callable[[], Any]], /) -> list[Any]:
        """Call them all. Raises what the first of them raises that fails."""
        others = [self._pool.submit(call) for call in calls[1:]]
        return [call() for call in calls[:1]] + [other.result() for other in others]
