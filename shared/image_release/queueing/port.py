"""The queue port: what the suite needs from a queue. Messages arrive at least once, in any order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


class QueueError(Exception):
    """The queue could not take everything, or did not answer; another attempt may succeed."""


class MessageRefusedError(ValueError):
    """A message that no queue takes (`rules.entry_fault` says why)."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message to send. Messages of one `group` (a request) do not delay those of another (SQS fair queues).

    A group may be any text: each queue makes a name of it that it takes. The message can be received after `delay_s`
    seconds, at most `rules.MAX_DELAY_S`. Only a dead letter has a `reason`: why it failed. It stands beside the body,
    so that a dead letter that is moved back to its queue is what it was before.
    """

    body: str
    group: str | None = None
    delay_s: int = 0
    reason: str | None = None


class Queue(Protocol):
    """A queue that messages are sent to. Its methods raise QueueError when the queue cannot answer."""

    def send(self, messages: Iterable[Message]) -> int:
        """Send all messages, in batches, while they are iterated; returns how many were sent.

        Raises MessageRefusedError. If it raises, some messages may have been sent already; the caller may send all of
        them again.
        """

    def return_after(self, receipt: str, seconds: int) -> None:
        """Let a message that could not be processed be received again after `seconds`."""
