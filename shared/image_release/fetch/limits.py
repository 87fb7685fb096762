"""What a fetch may use: a place among the requests that run at once, and time.

`ConnectionLimits` keeps us from flooding a partner's server. `TimeBudget` ends a fetch in time, whatever a server does.
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from image_release.fetch.answers import FetchOutOfTimeError, RunEndedError


class AllBusyError(Exception):
    """No place for another request became free in time."""


class ConnectionLimits:
    """Limits the requests that run at once, to `per_host` for one host and to `total` for all; more have to wait."""

    def __init__(self, per_host: int, total: int) -> None:
        self._per_host = per_host
        self._total = total
        self._changed = threading.Condition()
        self._busy: Counter[str] = Counter()

    @contextmanager
    def slot(self, host: str, timeout_s: float | None) -> Iterator[None]:
        """Hold a place for a request to `host`.

        The place of the host and the place in the total are taken together: no request waits for one while it holds
        the other. Raises AllBusyError when none became free within `timeout_s` seconds (None: waits for ever).
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
    """The time that one fetch has: until the image's total time is used up, or the run's deadline, if there is one.

    All times are seconds of the monotonic clock. The methods that say so raise RunEndedError or FetchOutOfTimeError.
    """

    def __init__(self, monotonic: Callable[[], float], total_s: float, run_until_s: float | None) -> None:
        self.monotonic = monotonic
        self._total_s = total_s
        self._image_until_s = monotonic() + total_s
        self._run_until_s = math.inf if run_until_s is None else run_until_s

    @property
    def run_ends_first(self) -> bool:
        """Whether the run's deadline comes before the end of the image's total time."""
        return self._run_until_s <= self._image_until_s

    def left_s(self) -> float:
        """Seconds until the fetch must end; negative afterwards."""
        return min(self._image_until_s, self._run_until_s) - self.monotonic()

    def at_most_s(self, wished_s: float) -> float:
        """Cut a timeout to the time that is left. Raises RunEndedError or FetchOutOfTimeError when no time is left."""
        now_s = self.monotonic()
        if now_s >= self._run_until_s:
            raise RunEndedError
        if now_s >= self._image_until_s:
            raise FetchOutOfTimeError(self._total_s)
        return min(wished_s, self._image_until_s - now_s, self._run_until_s - now_s)

    def run_left_s(self) -> float | None:
        """Seconds until the run's deadline, None without one. Raises RunEndedError or FetchOutOfTimeError."""
        self.check()
        return None if math.isinf(self._run_until_s) else max(self._run_until_s - self.monotonic(), 0)

    def check(self) -> None:
        """Raise RunEndedError or FetchOutOfTimeError when no time is left."""
        self.at_most_s(0)

    def extend(self, seconds: float) -> None:
        """Give the image more time, for a wait that its server did not cause."""
        self._image_until_s += seconds


class CurrentRequest(threading.local):
    """The request that this thread is working on: the time budget of its fetch, and the path and query to ask for.

    A pooled connection outlives the fetch that opened it. Before each wait it reads here how long it may wait.
    """

    budget: TimeBudget
    target: str
