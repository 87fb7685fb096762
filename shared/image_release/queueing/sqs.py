"""SQS as a queue, through boto3: messages are sent in batches, and refused entries are sent again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

from image_release.problems import printable
from image_release.queueing.port import (
    MAX_BATCH,
    MAX_DELAY_S,
    MAX_MESSAGE_BYTES,
    MAX_VISIBILITY_S,
    Message,
    MessageTooLargeError,
    QueueError,
)
from image_release.service_names import message_group

ATTEMPTS = 6
"""Maximum number of times that an entry is sent while SQS refuses it for a transient reason."""
FIRST_WAIT_S = 0.1
"""Shortest wait before the first retry. The waits double, and jitter makes each up to twice as long."""


class _RefusedForNowError(QueueError):
    """SQS refused some entries of a batch for a transient reason."""


class SqsQueue:
    """The SQS queue at `url`. It connects (and imports boto3) at the first message. Threads may share it."""

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
        """Send all messages; returns how many.

        Raises QueueError if SQS keeps refusing some, and MessageTooLargeError.
        """
        count = 0
        for batch in batches(messages):
            self._send_batch(batch)
            count += len(batch)
        return count

    def return_after(self, receipt: str, seconds: int) -> None:
        """Hide a received message for `seconds` from now, at most MAX_VISIBILITY_S. Raises QueueError."""
        from botocore.exceptions import BotoCoreError, ClientError

        timeout = max(0, min(seconds, MAX_VISIBILITY_S))
        try:
            self._client.change_message_visibility(QueueUrl=self.url, ReceiptHandle=receipt, VisibilityTimeout=timeout)
        except (BotoCoreError, ClientError) as error:
            raise QueueError(printable(str(error), 300)) from error

    def _send_batch(self, batch: Sequence[Message]) -> None:
        """Send a batch; send again the entries that SQS refuses for a transient reason, and only those."""
        from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

        waiting = {str(number): message for number, message in enumerate(batch)}

        def wait_s(state: RetryCallState) -> float:
            doubled_s: float = FIRST_WAIT_S * 2 ** (state.attempt_number - 1)
            return doubled_s * random.uniform(1, 2)  # noqa: S311 - jitter

        retrying = Retrying(
            retry=retry_if_exception_type(_RefusedForNowError),
            wait=wait_s,
            stop=stop_after_attempt(ATTEMPTS),
            sleep=self._sleep,
            reraise=True,
        )
        retrying(self._send_waiting, waiting)

    def _send_waiting(self, waiting: dict[str, Message]) -> None:
        """Send the waiting entries in one request and remove from `waiting` those that SQS took.

        Raises QueueError: _RefusedForNowError if some are left that may be sent again.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        entries = [_entry(name, message) for name, message in waiting.items()]
        try:
            answer = self._client.send_message_batch(QueueUrl=self.url, Entries=entries)
        except (BotoCoreError, ClientError) as error:
            raise QueueError(printable(str(error), 300)) from error
        failed = answer.get("Failed", [])
        if not failed:
            return
        reason = printable(f"{failed[0].get('Code')}: {failed[0].get('Message', '')}", 200)
        message = f"{len(failed)} messages refused: {reason}"
        if any(entry.get("SenderFault") for entry in failed):
            raise QueueError(message)  # our own mistake: sending it again does not help
        for taken in waiting.keys() - {entry["Id"] for entry in failed}:
            del waiting[taken]
        raise _RefusedForNowError(message)


def sqs_client() -> Any:
    """A boto3 client with the credentials, region and endpoint of the environment."""
    import boto3
    from botocore.config import Config

    return boto3.client("sqs", config=Config(retries={"mode": "standard", "max_attempts": ATTEMPTS}))


def batches(messages: Iterable[Message]) -> Iterator[list[Message]]:
    """Cut a stream of messages into batches that SQS takes: at most MAX_BATCH messages and MAX_MESSAGE_BYTES.

    Raises MessageTooLargeError.
    """
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


def _entry(name: str, message: Message) -> dict[str, Any]:
    entry: dict[str, Any] = {"Id": name, "MessageBody": message.body}
    if message.group is not None:
        entry["MessageGroupId"] = message_group(message.group)
    if message.delay_s:
        entry["DelaySeconds"] = min(message.delay_s, MAX_DELAY_S)
    if message.reason is not None:
        entry["MessageAttributes"] = {"reason": {"DataType": "String", "StringValue": message.reason}}
    return entry
