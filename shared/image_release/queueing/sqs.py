"""SQS behind the queue port, by boto3: batches of ten, what was refused is sent again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

from image_release.problems import printable
from image_release.queueing.port import (
    MAX_BATCH,
    MAX_MESSAGE_BYTES,
    MAX_VISIBILITY_S,
    Message,
    MessageTooLargeError,
    QueueError,
)

ATTEMPTS = 6
"""Of the entries of one batch that SQS refused for a reason that may pass."""
FIRST_WAIT_S = 0.1


class SqsQueue:
    """One queue by its URL. It connects (and imports boto3) at the first message; threads may share it."""

    def __init__(
        self, url: str, *, connect: Callable[[], Any] | None = None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.url = url
        self._connect = connect or sqs_client
        self._sleep = sleep

    @cached_property
    def _client(self) -> Any:
        return self._connect()

    def send(self, messages: Iterable[Message]) -> int:
        """Send them all; raises QueueError when SQS keeps refusing some."""
        count = 0
        for batch in batches(messages):
            self._send_batch(batch)
            count += len(batch)
        return count

    def return_after(self, receipt: str, seconds: int) -> None:
        """Shorten (or lengthen) how long a received message stays hidden."""
        from botocore.exceptions import BotoCoreError, ClientError

        timeout = max(0, min(seconds, MAX_VISIBILITY_S))
        try:
            self._client.change_message_visibility(QueueUrl=self.url, ReceiptHandle=receipt, VisibilityTimeout=timeout)
        except (BotoCoreError, ClientError) as error:
            raise QueueError(printable(str(error), 300)) from error

    def _send_batch(self, batch: Sequence[Message]) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        waiting = {str(number): message for number, message in enumerate(batch)}
        refused: dict[str, str] = {}
        for attempt in range(ATTEMPTS):
            if attempt:
                self._sleep(FIRST_WAIT_S * 2**attempt * random.uniform(0.5, 1))  # noqa: S311 - jitter
            entries = [_entry(name, message) for name, message in waiting.items()]
            try:
                answer = self._client.send_message_batch(QueueUrl=self.url, Entries=entries)
            except (BotoCoreError, ClientError) as error:
                raise QueueError(printable(str(error), 300)) from error
            failed = answer.get("Failed", [])
            refused = {entry["Id"]: f"{entry.get('Code')}: {entry.get('Message', '')}" for entry in failed}
            if any(entry.get("SenderFault") for entry in failed):
                break  # our own mistake: it will not pass
            waiting = {name: waiting[name] for name in refused}
            if not waiting:
                return
        raise QueueError(f"{len(refused)} messages refused: {printable(next(iter(refused.values())), 200)}")


def sqs_client() -> Any:
    """The client with the environment's credentials, region and endpoint."""
    import boto3
    from botocore.config import Config

    return boto3.client("sqs", config=Config(retries={"mode": "standard", "max_attempts": ATTEMPTS}))


def batches(messages: Iterable[Message]) -> Iterator[list[Message]]:
    """Cut a stream of messages into batches that SQS takes. Raises MessageTooLargeError."""
    batch: list[Message] = []
    size = 0
    for message in messages:
        length = len(message.body.encode())
        if length > MAX_MESSAGE_BYTES:
            raise MessageTooLargeError(f"a message of {length} bytes, more than {MAX_MESSAGE_BYTES}")
        if batch and (len(batch) == MAX_BATCH or size + length > MAX_MESSAGE_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(message)
        size += length
    if batch:
        yield batch


def _entry(name: str, message: Message) -> dict[str, str]:
    entry = {"Id": name, "MessageBody": message.body}
    return entry if message.group is None else {**entry, "MessageGroupId": message.group}
