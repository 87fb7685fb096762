"""Queues of messages: the port and its adapters (SQS, memory)."""

from image_release.queueing.memory import MemoryQueue, Received
from image_release.queueing.port import Message, MessageRefusedError, Queue, QueueError
from image_release.queueing.rules import MAX_DELAY_S
from image_release.queueing.sqs import SqsQueue

__all__ = [
    "MAX_DELAY_S",
    "MemoryQueue",
    "Message",
    "MessageRefusedError",
    "Queue",
    "QueueError",
    "Received",
    "SqsQueue",
]
