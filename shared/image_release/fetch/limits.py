"""What a fetch may use: the number of requests that run at once, per host and in all, and the time of each fetch."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from image_release.fetch.answers import FetchOutOfTimeError, RunEndedError


class AllBusyError(Exception):
    """No place became free in time."""


class ConnectionLimits:
    """Counts of the requests under way; who would be one too many waits."""

    def __init__(self, per_host: int, total: int) -> None:
        self._per_host = per_host
        self._total = total
        self._changed = threading.Condition()
        self._busy: Counter[str] = Counter()

    @contextmanager
    def slot(self, host: str, timeout_s: float | None) -> Iterator[None]:
        """Hold one of the host's places and one of all; both are taken together, so nobody waits holding one.

        Raises AllBusyError when there was none within `timeout_s` seconds (None: waits for ever).
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._free(host), timeout_s):
                raise AllBusyError(f"no free connection to {host}")
            self._busy[host] += 1
        try:
            yield
        finally:
            with self._changed:
                self._busy[host] -= 1
                if not self._busy[host]:
                    del self._busy[host]
                self._changed.notify_all()

    def _free(self, host: str) -> bool:
        return self._busy[host] < self._per_host and self._busy.total() < self._total


class TimeBudget:
    """The two ends of one fetch, on the monotonic clock: the image's total time, and the run's deadline if it has one.

    What can raise, raises RunEndedError or FetchOutOfTimeError.
    """

    def __init__(self, monotonic: Callable[[], float], total_s: float, run_until_s: float | None) -> None:
        self.monotonic = monotonic
        self._total_s = total_s
        self._image_until_s = monotonic() + total_s
        self._run_until_s = math.inf if run_until_s is None else run_until_s

    @property
    def run_ends_first(self) -> bool:
        """Whether it is the run's deadline that limits this fetch."""
        return self._run_until_s <= self._image_until_s

    def left_s(self) -> float:
        """Seconds until the nearer end; may be negative."""
        return min(self._image_until_s, self._run_until_s) - self.monotonic()

    def at_most_s(self, wished_s: float) -> float:
        """Cut a timeout to what is left. Raises when nothing is."""
        now_s = self.monotonic()
        if now_s >= self._run_until_s:
            raise RunEndedError
        if now_s >= self._image_until_s:
            raise FetchOutOfTimeError(self._total_s)
        return min(wished_s, self._image_until_s - now_s, self._run_until_s - now_s)

    def run_left_s(self) -> float | None:
        """Seconds until the run ends; None if it has no end. Raises when the time is up."""
        self.check()
        return None if math.isinf(self._run_until_s) else max(self._run_until_s - self.monotonic(), 0)

    def check(self) -> None:
        """Raise when the time is up."""
        self.at_most_s(0)

    def extend(self, seconds: float) -> None:
        """Give the image more time, for a wait that was not its fault."""
        self._image_until_s += seconds


class CurrentTimeBudget(threading.local):
    """The allowance of the fetch that this thread is at.

    A pooled connection outlives the fetch that opened it; whenever it waits, it asks here how long it may.
    """

    budget: TimeBudget
