"""The outside world of one invocation: stores, queues, counters, fetcher and tagger. All requests go through `ask`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from image_release.fetch import Fetched, FetchFailed, NotModified, Validators
from image_release.outcomes import Outcome, Rejection
from image_release.queueing import MemoryQueue, Message, QueueError
from image_release.storage import Listed, MemoryStore, StorageError, Stored
from image_release.tag import (
    AccountQuota,
    CountersUnreachableError,
    MemoryCounters,
    NotTagged,
    Tagged,
    TagRequest,
)
from image_release.values import Label, sha256_hex
from tests.simulation.scheduling import Invocation


class AskedStore:
    """A store in memory. Every request may fail."""

    def __init__(self, name: str, store: MemoryStore, invocation: Invocation) -> None:
        self._name, self._store, self._invocation = name, store, invocation

    def _ask(self, verb: str, key: str, effect: Callable[[], Any]) -> Any:
        return self._invocation.ask(f"{verb} {self._name}/{key}", effect, StorageError)

    def get(self, key: str) -> Stored | None:
        return self._ask("get", key, lambda: self._store.get(key))

    def open(self, key: str) -> BinaryIO | None:
        return self._ask("open", key, lambda: self._store.open(key))

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_match: str | None = None) -> None:
        self._ask("put", key, lambda: self._store.put(key, data, if_absent=if_absent, if_match=if_match))

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


class AskedQueue:
    """A queue in memory. A batch that fails may have been sent in part or as a whole."""

    def __init__(self, name: str, queue: MemoryQueue, invocation: Invocation) -> None:
        self._name, self._queue, self._invocation = name, queue, invocation

    def send(self, messages: Iterable[Message]) -> int:
        count = 0
        for message in messages:
            self._invocation.ask(f"send {self._name}", lambda message=message: self._queue.send([message]), QueueError)
            count += 1
        return count

    def return_after(self, receipt: str, seconds: int) -> None:
        self._invocation.ask(f"return {self._name}", lambda: self._queue.return_after(receipt, seconds), QueueError)


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

    def __init__(self, files: Mapping[str, bytes], invocation: Invocation, monotonic: Callable[[], float]) -> None:
        self._files, self._invocation, self._monotonic = files, invocation, monotonic

    def fetch(
        self, url: str, validators: Validators | None = None, *, deadline_s: float | None = None
    ) -> Fetched | NotModified | FetchFailed:
        if deadline_s is not None and self._monotonic() >= deadline_s:
            return FetchFailed(Rejection(Outcome.DEFERRED, "out of time"))
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

    def __init__(self, sees: Mapping[str, int], quota: AccountQuota, invocation: Invocation) -> None:
        self._sees, self._quota, self._invocation = sees, quota, invocation

    def tag(
        self, requests: Sequence[TagRequest], *, deadline_s: float | None = None
    ) -> Mapping[str, Tagged | NotTagged]:
        answers: dict[str, Tagged | NotTagged] = {}
        for request in requests:
            try:
                granted = self._quota.reserve(1)
            except CountersUnreachableError as error:
                answers[request.sha256] = NotTagged(str(error), retry=True)
                continue
            if not granted:
                answers[request.sha256] = NotTagged("quota", retry=True)
                continue
            try:
                photo = self._invocation.ask(
                    f"tag {request.sha256[:8]}", lambda sha=request.sha256: self._sees[sha], ConnectionError
                )
            except ConnectionError as error:
                answers[request.sha256] = NotTagged(str(error), retry=True)
            else:
                answers[request.sha256] = Tagged((Label(f"Photograph {photo}", 0.9),))
        return answers
