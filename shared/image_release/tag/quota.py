"""The account's quota: what all workers together may send to a paid tagger in a minute and in a day.

Vision's quota and the money belong to the account, not to a worker. Every call reserves its images from counters that
all workers share; what was reserved counts as spent, whatever becomes of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class Counters(Protocol):
    """Counts that many workers take from at once."""

    def take(self, window: str, wanted: int, limit: int) -> int:
        """Add up to `wanted` to a window's count, never beyond `limit`; answers how many that were."""

    def taken(self, window: str) -> int:
        """The count of a window; 0 before the first take."""


class CountersUnreachableError(Exception):
    """The counters could not answer."""


class MemoryCounters:
    """Counters of one process; threads may share them."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._lock = threading.Lock()

    def take(self, window: str, wanted: int, limit: int) -> int:
        """Take what is left."""
        with self._lock:
            before = self._counts.get(window, 0)
            granted = max(0, min(wanted, limit - before))
            self._counts[window] = before + granted
            return granted

    def taken(self, window: str) -> int:
        """The count of a window."""
        return self._counts.get(window, 0)


@dataclass(frozen=True, slots=True)
class QuotaAllowance:
    """Images of the present minute and of the present day, UTC. Counters that cannot be reached grant nothing."""

    counters: Counters
    images_a_minute: int
    images_a_day: int
    now: Callable[[], datetime]

    def reserve(self, images: int) -> int:
        """Take from the minute, then from the day: what the day refuses is lost to the minute, and costs nothing."""
        now = self.now()
        try:
            granted = self.counters.take(minute_of(now), images, self.images_a_minute)
            return self.counters.take(day_of(now), granted, self.images_a_day) if granted else 0
        except CountersUnreachableError:
            return 0  # as good as a refusal: the hotel is published without labels and comes back

    def left(self) -> int:
        """How many images could be reserved now."""
        now = self.now()
        in_minute = self.images_a_minute - self.counters.taken(minute_of(now))
        return max(0, min(in_minute, self.images_a_day - self.counters.taken(day_of(now))))


def minute_of(moment: datetime) -> str:
    """The window of a minute."""
    return moment.strftime("minute#%Y-%m-%dT%H:%M")


def day_of(moment: datetime) -> str:
    """The window of a day."""
    return moment.strftime("day#%Y-%m-%d")
