"""A queue in memory that behaves like SQS, with a clock of the caller: for tests and the simulation."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from image_release.queueing.port import Message
from image_release.queueing.rules import check


@dataclass(frozen=True, slots=True)
class Received:
    """A message that was received. `receives` counts how often, this time included: 1 is the first time."""

    body: str
    receipt: str
    receives: int


@dataclass(slots=True)
class _Held:
    message: Message
    receives: int
    visible_at: datetime


class MemoryQueue:
    """A queue with visibility timeouts, receive counts and a dead-letter list (`dead`). Threads may share it."""

    def __init__(
        self,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        visibility: timedelta = timedelta(minutes=30),
        max_receives: int = 5,
    ) -> None:
        self._clock = clock
        self._visibility = visibility
        self._max_receives = max_receives
        self._numbers = itertools.count(1)
        self._held: dict[str, _Held] = {}
        self._lock = threading.Lock()
        self.dead: list[Message] = []
        self.sent = 0

    def send(self, messages: Iterable[Message]) -> int:
        """Add all messages; returns how many. Raises MessageRefusedError where SQS would refuse one."""
        count = 0
        for message in messages:
            check(message)
            with self._lock:
                visible_at = self._clock() + timedelta(seconds=message.delay_s)
                self._held[str(next(self._numbers))] = _Held(message, 0, visible_at)
                self.sent += 1
            count += 1
        return count

    def return_after(self, receipt: str, seconds: int) -> None:
        """Let a received message be received again after `seconds`."""
        with self._lock:
            if held := self._held.get(receipt):
                held.visible_at = self._clock() + timedelta(seconds=seconds)

    def visible(self) -> list[str]:
        """Receipts of the messages that can be received now; those received too often become dead letters first."""
        with self._lock:
            now = self._clock()
            ready = [name for name, held in self._held.items() if held.visible_at <= now]
            for name in [name for name in ready if self._held[name].receives >= self._max_receives]:
                self.dead.append(self._held.pop(name).message)
                ready.remove(name)
            return ready

    def receive(self, receipt: str | None = None) -> Received | None:
        """Receive the oldest visible message, or the one with `receipt`; None if it is not visible.

        The message is hidden until it is deleted or its visibility timeout is over.
        """
        ready = self.visible()
        name = receipt or (ready[0] if ready else None)
        if name is None or name not in ready:
            return None
        with self._lock:
            held = self._held[name]
            held.receives += 1
            held.visible_at = self._clock() + self._visibility
            return Received(held.message.body, name, held.receives)

    def delete(self, receipt: str) -> None:
        """Remove a message that was processed."""
        with self._lock:
            self._held.pop(receipt, None)

    def __len__(self) -> int:
        return len(self._held)
