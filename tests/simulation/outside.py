"""The outside world of one invocation: stores, queues, counters, fetcher and tagger. All requests go through `ask`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote

from botocore.exceptions import ClientError

from image_release.fetch import Fetched, FetchFailed, NotModified, Validators
from image_release.outcomes import Outcome, Rejection
from image_release.queueing import MemoryQueue, Message, SqsQueue
from image_release.service_names import message_group
from image_release.storage import ConditionFailedError, Listed, MemoryStore, StorageError, Stored
from image_release.store_keys import ACCOMMODATIONS, REQUESTS
from image_release.tag import (
    AccountQuota,
    CountersUnreachableError,
    MemoryCounters,
    NotTagged,
    Report,
    Tagged,
    TagRequest,
)
from image_release.values import Label, sha256_hex
from tests.simulation.scheduling import Invocation


class BrokenPromiseError(BaseException):
    """An invariant did not hold. Not an Exception, so that the program cannot handle it."""


@dataclass
class Did:
    """What an invocation of `process_hotel` did: URLs asked for without conditions, images that it got labels of.

    What was put off, because time or quota was up, was not done.
    """

    downloaded: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    marked: list[str] = field(default_factory=list)
    """Requests of which it was the first to say that its hotel is done."""
    lost: set[str] = field(default_factory=set)
    """Keys of accommodations where it lost a swap and has not read since what the winner wrote."""


class AskedStore:
    """A store in memory. Every request may fail."""

    def __init__(self, name: str, store: MemoryStore, invocation: Invocation, did: Did | None = None) -> None:
        self._name, self._store, self._did = name, store, did
        self.invocation = invocation

    def _ask(self, verb: str, key: str, effect: Callable[[], Any]) -> Any:
        return self.invocation.ask(f"{verb} {self._name}/{key}", effect, StorageError)

    def get(self, key: str) -> Stored | None:
        if self._did:
            self._did.lost.discard(key)
        return self._ask("get", key, lambda: self._store.get(key))

    def open(self, key: str) -> BinaryIO | None:
        return self._ask("open", key, lambda: self._store.open(key))

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_match: str | None = None) -> None:
        def effect() -> None:
            first = self._did and key.startswith(REQUESTS) and "/done/" in key and self._store.head(key) is None
            try:
                self._store.put(key, data, if_absent=if_absent, if_match=if_match)
            except ConditionFailedError:
                if self._did and key.startswith(ACCOMMODATIONS) and "/originals/" not in key:
                    self._did.lost.add(key)
                raise
            if self._did and first:
                self._did.marked.append(unquote(key.split("/")[1]))

        self._ask("put", key, effect)

    def put_file(self, key: str, path: Path) -> None:
        self._ask("put", key, lambda: self._store.put_file(key, path))

    def fetch_file(self, key: str, path: Path) -> bool:
        return self._ask("get", key, lambda: self._store.fetch_file(key, path))

    def head(self, key: str) -> Listed | None:
        return self._ask("head", key, lambda: self._store.head(key))

    def delete(self, key: str, *, if_match: str | None = None) -> None:
        self._ask("delete", key, lambda: self._store.delete(key, if_match=if_match))

    def list(self, prefix: str, *, after: str = "") -> Iterator[Listed]:
        return iter(self._ask("list", prefix, lambda: list(self._store.list(prefix, after=after))))

    def folders(self, prefix: str, after: str = "") -> Iterator[str]:
        return iter(self._ask("list", prefix, lambda: list(self._store.folders(prefix, after))))


class AskedSqs:
    """What SqsQueue asks of SQS. A batch may be taken in part; one that fails may have been sent as a whole."""

    def __init__(self, name: str, queue: MemoryQueue, invocation: Invocation) -> None:
        self._name, self._queue, self._invocation = name, queue, invocation

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        """Take the entries, or some of them."""
        scheduler, refused = self._invocation.scheduler, []

        def take() -> dict[str, Any]:
            for entry in request["Entries"]:
                if scheduler.dice.random() < scheduler.faults.refuse:
                    refused.append({"Id": entry["Id"], "Code": "simulated", "SenderFault": False})
                else:
                    group = entry.get("MessageGroupId")
                    if group is not None and message_group(group) != group:
                        raise BrokenPromiseError(f"SQS takes no such group: {group!r}")
                    self._queue.send([Message(entry["MessageBody"], group, entry.get("DelaySeconds", 0))])
            scheduler.note(f"{self._invocation.name} {self._name} refuses {len(refused)}")
            return {"Failed": refused}

        return self._invocation.ask(f"send {self._name}", take, _client_error)

    def change_message_visibility(self, **request: Any) -> None:
        """Let a message come back."""
        effect = lambda: self._queue.return_after(request["ReceiptHandle"], request["VisibilityTimeout"])
        self._invocation.ask(f"return {self._name}", effect, _client_error)


def _client_error(what: str) -> ClientError:
    return ClientError({"Error": {"Code": "ServiceUnavailable", "Message": what}}, "request")


def asked_queue(name: str, queue: MemoryQueue, invocation: Invocation) -> SqsQueue:
    """Return the real adapter of SQS before a queue in memory."""
    client = AskedSqs(name, queue, invocation)
    return SqsQueue(f"https://sqs.example/{name}", connect=lambda: client, sleep=lambda _: None)


class AskedCounters:
    """Counters that may be unreachable. What was taken before a failure stays taken."""

    def __init__(self, counters: MemoryCounters, invocation: Invocation) -> None:
        self._counters, self._invocation = counters, invocation

    def take(self, window: str, wanted: int, limit: int) -> int:
        effect = lambda: self._counters.take(window, wanted, limit)
        return self._invocation.ask(f"take {window}", effect, CountersUnreachableError)

    def taken(self, window: str) -> int:
        return self._invocation.ask(f"taken {window}", lambda: self._counters.taken(window), CountersUnreachableError)


class AskedFetcher:
    """The partners' servers. A failed request gives `unavailable`; a request after the deadline gives `deferred`."""

    def __init__(
        self, files: Mapping[str, bytes], invocation: Invocation, monotonic: Callable[[], float], did: Did
    ) -> None:
        self._files, self._invocation, self._monotonic, self._did = files, invocation, monotonic, did

    def fetch(
        self, url: str, validators: Validators | None = None, *, deadline_s: float | None = None
    ) -> Fetched | NotModified | FetchFailed:
        if deadline_s is not None and self._monotonic() >= deadline_s:
            return FetchFailed(Rejection(Outcome.DEFERRED, "out of time"))
        if validators is None or validators == Validators():
            self._did.downloaded.add(url)
        try:
            data = self._invocation.ask(f"fetch {url}", lambda: self._files[url], ConnectionError)
        except ConnectionError as error:
            return FetchFailed(Rejection(Outcome.UNAVAILABLE, str(error)))
        etag = f'"{sha256_hex(data)[:12]}"'
        if validators and validators.etag == etag:
            return NotModified(Validators(etag))
        return Fetched(data, Validators(etag))


class AskedTagger:
    """A paid tagger with a quota. Its label says which photograph the image shows."""

    identity = "simulated-1"
    wants_views = False

    def __init__(
        self, pay: Callable[[str], int], quota: AccountQuota, invocation: Invocation, did: Did, report: Report
    ) -> None:
        self._pay, self._quota, self._invocation, self._did = pay, quota, invocation, did
        self._report = report

    def tag(
        self, requests: Sequence[TagRequest], *, deadline_s: float | None = None
    ) -> Mapping[str, Tagged | NotTagged]:
        answers: dict[str, Tagged | NotTagged] = {}
        for request in requests:
            try:
                granted = self._quota.reserve(1)
            except CountersUnreachableError as error:
                self._report(str(error))
                answers[request.sha256] = NotTagged(str(error), retry=True)
                continue
            if not granted:
                answers[request.sha256] = NotTagged("quota", retry=True)
                continue
            try:
                photo = self._invocation.ask(
                    f"tag {request.sha256[:8]}", lambda sha=request.sha256: self._pay(sha), ConnectionError
                )
            except ConnectionError as error:
                answers[request.sha256] = NotTagged(str(error), retry=True)
            else:
                self._did.asked.add(request.sha256)
                answers[request.sha256] = Tagged((Label(f"Photograph {photo}", 0.9),))
        return answers
