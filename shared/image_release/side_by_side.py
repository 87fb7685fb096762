"""Calls of one function side by side: a bucket answers each request after some milliseconds of waiting."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

THREADS = 8
AHEAD = 4
"""Items that are taken ahead for each thread: enough that none waits, few enough to hold in memory."""


def side_by_side(function: Callable[[T], R], items: Iterable[T], threads: int | None = None) -> Iterator[R]:
    """The function of each item, in the order of the items, with at most `threads` calls (THREADS) under way at once.

    Raises what the first of the calls raises that fails, after the calls that are under way have ended; no further call
    is begun then. The same happens when the caller takes no more results.
    """
    threads = THREADS if threads is None else threads
    if threads <= 1:
        yield from map(function, items)
        return
    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) >= AHEAD * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)
