"""How many requests run at once: per host, so that no partner is flooded, and in all."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


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
