"""The account's quota: how many images all workers together may send to a paid tagger in a minute and in a day.

Vision's quota and the money belong to the account, not to a worker. Every call reserves its images from counters that
all workers share. Reserved images count as spent, even if they are never sent.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from image_release.tag.port import TaggerUnavailableError


class Counters(Protocol):
    """Counts per window of time (a minute or a day); many workers may take from them at the same time."""

    def take(self, window: str, wanted: int, limit: int) -> int:
        """Add up to `wanted` to the count of a window, never beyond `limit`; returns how many were added.

        Raises CountersUnreachableError.
        """

    def taken(self, window: str) -> int:
        """The count of a window; 0 before the first take. Raises CountersUnreachableError."""


class CountersUnreachableError(TaggerUnavailableError):
    """The counters could not answer. Nobody knows how many images may be sent, so none are."""


class MemoryCounters:
    """Counters in memory, for one process; threads may share them."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._lock = threading.Lock()

    def take(self, window: str, wanted: int, limit: int) -> int:
        """Take up to `wanted` of what is left; returns how many."""
        with self._lock:
            before = self._counts.get(window, 0)
            granted = max(0, min(wanted, limit - before))
            self._counts[window] = before + granted
            return granted

    def taken(self, window: str) -> int:
        """The count of a window; 0 before the first take."""
        return self._counts.get(window, 0)


@dataclass(frozen=True, slots=True)
class AccountQuota:
    """An allowance for the current minute and the current day (UTC)."""

    counters: Counters
    images_a_minute: int
    images_a_day: int
    now: Callable[[], datetime]

    def reserve(self, images: int) -> int:
        """Reserve up to `images` images of the minute, then of the day; returns how many.

        Images that the day refuses stay counted in the minute; they cost no money. Raises CountersUnreachableError.
        """
        now = self.now()
        granted = self.counters.take(minute_of(now), images, self.images_a_minute)
        return self.counters.take(day_of(now), granted, self.images_a_day) if granted else 0

    def taken_today(self) -> int:
        """How many images were reserved on this day. Raises CountersUnreachableError."""
        return self.counters.taken(day_of(self.now()))

    def left(self) -> int:
        """How many images can be reserved now. Raises CountersUnreachableError."""
        now = self.now()
        in_minute = self.images_a_minute - self.counters.taken(minute_of(now))
        return max(0, min(in_minute, self.images_a_day - self.counters.taken(day_of(now))))


def minute_of(moment: datetime) -> str:
    """The name of the window of a minute, as in `minute#2026-11-25T23:59`."""
    return moment.strftime("minute#%Y-%m-%dT%H:%M")


def day_of(moment: datetime) -> str:
    """The name of the window of a day, as in `day#2026-11-25`."""
    return moment.strftime("day#%Y-%m-%d")
