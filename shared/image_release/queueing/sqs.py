"""SQS as a queue, through boto3: messages are sent in batches, and refused entries are sent again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import cached_property
from itertools import chain, islice
from typing import Any

from image_release.problems import printable
from image_release.queueing.port import Message, QueueError
from image_release.queueing.rules import MAX_BATCH, MAX_MESSAGE_BYTES, MAX_VISIBILITY_S, check
from image_release.service_names import message_group

ATTEMPTS = 6
"""Maximum number of times that an entry is sent while SQS refuses it for a transient reason."""
FIRST_WAIT_S = 0.1
"""Shortest wait before the first retry. The waits double, and jitter makes each up to twice as long."""

CONNECTIONS = 10
"""Connections that a client keeps open, if it has no more threads: botocore's default."""


class _RefusedForNowError(QueueError):
    """SQS refused some entries of a batch for a transient reason."""


class SqsQueue:
    """The SQS queue at `url`. It connects (and imports boto3) at the first message. Threads may share it.

    `threads` batches are under way at once, so the messages of one call arrive in any order.
    """

    def __init__(
        self,
        url: str,
        *,
        threads: int = 1,
        connect: Callable[[], Any] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = url
        self._threads = threads
        self._connect = connect or (lambda: sqs_client(threads))
        self._sleep = sleep

    @cached_property
    def _client(self) -> Any:
        return self._connect()

    def send(self, messages: Iterable[Message]) -> int:
        """Send all messages; returns how many.

        Raises QueueError if SQS keeps refusing some, and MessageRefusedError. The first error is raised when the
        batches that were under way have ended; no batch is begun after it.
        """
        cut = batches(messages)
        first = list(islice(cut, self._threads))
        if len(first) < self._threads or self._threads == 1:  # few: no thread is worth its start
            return sum(self._send_batch(batch) for batch in chain(first, cut))
        self._client  # noqa: B018 - connects once, before the threads
        return self._send_at_once(chain(first, cut))

    def _send_at_once(self, cut: Iterator[list[Message]]) -> int:
        """Send batches in threads. No more batches are made than are under way, however many there are."""
        count = 0
        under_way: set[Future[int]] = set()
        with ThreadPoolExecutor(self._threads) as pool:
            for batch in cut:
                if len(under_way) == self._threads:
                    done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                    count += sum(future.result() for future in done)
                under_way.add(pool.submit(self._send_batch, batch))
            return count + sum(future.result() for future in under_way)

    def return_after(self, receipt: str, seconds: int) -> None:
        """Hide a received message for `seconds` from now, at most MAX_VISIBILITY_S. Raises QueueError."""
        from botocore.exceptions import BotoCoreError, ClientError

        timeout = max(0, min(seconds, MAX_VISIBILITY_S))
        try:
            self._client.change_message_visibility(QueueUrl=self.url, ReceiptHandle=receipt, VisibilityTimeout=timeout)
        except (BotoCoreError, ClientError) as error:
            raise QueueError(printable(str(error), 300)) from error

    def _send_batch(self, batch: Sequence[Message]) -> int:
        """Send a batch; send again the entries that SQS refuses for a transient reason, and only those.

        Returns the number of messages.
        """
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
        return len(batch)

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


def sqs_client(threads: int = 1) -> Any:
    """A boto3 client with the credentials, region and endpoint of the environment, for as many threads."""
    import boto3
    from botocore.config import Config

    retries = {"mode": "standard", "max_attempts": ATTEMPTS}
    return boto3.client("sqs", config=Config(retries=retries, max_pool_connections=max(CONNECTIONS, threads)))


def batches(messages: Iterable[Message]) -> Iterator[list[Message]]:
    """Cut a stream of messages into batches that SQS takes: at most MAX_BATCH messages and MAX_MESSAGE_BYTES.

    Raises MessageRefusedError.
    """
    batch: list[Message] = []
    size = 0
    for message in messages:
        check(message)
        length = len(message.body.encode())
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
        entry["DelaySeconds"] = message.delay_s
    if message.reason is not None:
        entry["MessageAttributes"] = {"reason": {"DataType": "String", "StringValue": message.reason}}
    return entry
