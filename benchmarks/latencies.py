"""Stores and queues that answer as slowly as AWS does, and count what they are asked."""

from __future__ import annotations

import io
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from image_release.storage import Listed, Store

S3_S = 0.020
"""Time of a request to S3."""
SQS_S = 0.010
"""Time of a request to SQS with a batch of messages."""
LISTED_AT_ONCE = 1_000
"""Keys that S3 lists in one request."""
MEMORY_OF_A_PROCESSOR_MB = 1_769
"""A Lambda with this much memory has one whole processor, and one with less its share of it."""


class SlowStore:
    """A store whose requests take `seconds` each; `requests` counts them."""

    def __init__(self, store: Store, seconds: float = S3_S) -> None:
        self._store, self._seconds = store, seconds
        self._numbers = itertools.count(1)
        self.requests = 0

    def __getattr__(self, name: str) -> Any:
        """A method of the store, slower."""
        method = getattr(self._store, name)
        return self._listed(method) if name == "list" else self._slower(method)

    def wait(self) -> None:
        """Take the time of one request."""
        self.requests = next(self._numbers)
        time.sleep(self._seconds)

    def _slower(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def asked(*args: Any, **conditions: Any) -> Any:
            self.wait()
            return method(*args, **conditions)

        return asked

    def _listed(self, method: Callable[..., Iterator[Listed]]) -> Callable[..., Iterator[Listed]]:
        def asked(*args: Any, **conditions: Any) -> Iterator[Listed]:
            self.wait()
            for number, listed in enumerate(method(*args, **conditions), 1):
                if number % LISTED_AT_ONCE == 0:
                    self.wait()
                yield listed

        return asked


class _Body(io.BytesIO):
    """The body of an answer, as botocore reads it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        """Read the body whole."""
        yield self.read()


class SlowSqs:
    """SQS behind a real boto3 client: all but the network is real, and each request takes `seconds`.

    One entry of every `refused_every`-th request is refused for a transient reason (0: none). `requests`, `messages`
    and `refused` count; `taken` is called with the bodies that were taken.
    """

    def __init__(
        self,
        seconds: float = SQS_S,
        *,
        refused_every: int = 0,
        taken: Callable[[list[str]], object] = len,
    ) -> None:
        self._seconds, self._refused_every, self._taken = seconds, refused_every, taken
        self._lock = threading.Lock()
        self.requests = self.messages = self.refused = 0

    def client(self) -> Any:
        """A client whose requests are answered here."""
        import boto3

        keys = {"aws_access_key_id": "none", "aws_secret_access_key": "none"}
        client = boto3.client("sqs", region_name="eu-west-1", **keys)
        client.meta.events.register("before-send.sqs.SendMessageBatch", self._answer)
        return client

    def _answer(self, request: Any, **_: Any) -> Any:
        from botocore.awsrequest import AWSResponse

        time.sleep(self._seconds)
        entries = json.loads(request.body)["Entries"]
        with self._lock:
            self.requests += 1
            refuses = self._refused_every and self.requests % self._refused_every == 0
            refused, taken = (entries[:1], entries[1:]) if refuses else ([], entries)
            self.refused += len(refused)
            self.messages += len(taken)
            self._taken([entry["MessageBody"] for entry in taken])
        document = {
            "Successful": [{"Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": "m"} for entry in taken],
            "Failed": [{"Id": entry["Id"], "SenderFault": False, "Code": "InternalError"} for entry in refused],
        }
        body = _Body(json.dumps(document).encode())
        return AWSResponse(request.url, 200, {"Content-Type": "application/x-amz-json-1.0"}, body)
