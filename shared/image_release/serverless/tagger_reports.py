"""Reports that the tagger cannot be used: once, and not for each hotel.

A container tells it again after some minutes, as long as it lasts. It also leaves the report in the state, where `tick`
sees that it is of no use to nudge hotels for labels.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from image_release.problems import printable
from image_release.state import write_json
from image_release.storage import Store
from image_release.upkeep_keys import TAGGER_UNAVAILABLE

EVERY = timedelta(minutes=5)
"""Time between two reports of one container."""
MOST_CHARS = 500
"""Maximum length of a reported reason."""


class TaggerReports:
    """The reports of one container; `tell` logs and counts one."""

    def __init__(self, state: Store, now: Callable[[], datetime], tell: Callable[[str], object]) -> None:
        self._state = state
        self._now = now
        self._tell = tell
        self._next: datetime | None = None

    def report(self, reason: str) -> None:
        """Report a reason, unless something was reported within the last minutes. Raises StorageError."""
        now = self._now()
        if self._next is not None and now < self._next:
            return
        self._next = now + EVERY
        shown = printable(reason, MOST_CHARS)
        self._tell(shown)
        self._state.put(TAGGER_UNAVAILABLE, write_json({"at": now.isoformat(), "reason": shown}))
