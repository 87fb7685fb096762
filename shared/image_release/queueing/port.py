"""The queue port: what the suite asks of a queue. Delivery is at least once and in no order; nothing relies on more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

MAX_MESSAGE_BYTES = 1024 * 1024
"""Of one message, and of one batch: SQS's limit."""
MAX_BATCH = 10
"""Messages in one request: SQS's limit."""
MAX_VISIBILITY_S = 12 * 3600


class QueueError(Exception):
    """The queue could not take everything: a fault that another attempt may cure."""


class MessageTooLargeError(ValueError):
    """A message that no queue takes."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent. Messages of one `group` (a request) do not delay those of another: fair queues."""

    body: str
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """What was received. `receives` counts this time: 1 is the first."""

    body: str
    receipt: str
    receives: int


class Queue(Protocol):
    """Where messages go. Raises QueueError."""

    def send(self, messages: Iterable[Message]) -> int:
        """Send them all, in batches, while they are iterated; answers how many there were.

        When it raises, some of them may have been sent: sending all of them again is right.
        """

    def return_after(self, receipt: str, seconds: int) -> None:
        """Let a message that was received, and is going to fail, be received again after so many seconds."""
