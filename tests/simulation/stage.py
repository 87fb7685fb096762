"""The suite in memory: stores, queues, the real logic of the functions, and deliveries that go wrong."""

from __future__ import annotations

import json
from collections.abc import Callable

from image_release.hotel import Context, Ports
from image_release.publish import Manifest
from image_release.queueing import MemoryQueue, Message, Received
from image_release.serverless.detect_changes import detect_changes
from image_release.serverless.fan_out import fan_out, fan_out_shard
from image_release.serverless.messages import NudgeMessage, read_nudge, read_shard_message
from image_release.serverless.ports import Suite
from image_release.serverless.process_hotel import Attempt, ComeBackError, serve
from image_release.serverless.reprocess import reprocess, request_at
from image_release.serverless.tick import tick
from image_release.settings import Settings
from image_release.storage import MemoryStore, Stores
from image_release.tag import AccountQuota, MemoryCounters
from tests.simulation.outside import AskedCounters, AskedFetcher, AskedQueue, AskedStore, AskedTagger
from tests.simulation.photographs import call_once
from tests.simulation.scheduling import BEGIN, Invocation, Scheduler

QUEUES = ("catalogues", "releases", "requests", "shards", "urgent", "bulk")
MAX_RECEIVES = 5
LIMIT_S, BUDGET_S = 240.0, 120.0
"""Seconds after which an invocation of `process_hotel` is killed, and after which it must stop by itself."""
SETTINGS = Settings.model_validate(
    {
        "download": {"connections": 1},
        "renditions": [{"name": "large", "width": 400, "height": 267}, {"name": "small", "width": 120, "height": 80}],
        "brakes": {"max_deleted_share": 1, "max_withdrawn_share": 1, "max_gone_share": 1},
        "tagging": {"images_a_minute": 3, "images_a_day": 100_000},
    }
)


class BrokenPromiseError(BaseException):
    """An invariant did not hold. Not an Exception, so that the program cannot handle it."""


class PublishedStore(MemoryStore):
    """Checks at every write that what is published is complete (invariants 2 and 4)."""

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_match: str | None = None) -> None:
        before = self.get(key)
        super().put(key, data, if_absent=if_absent, if_match=if_match)
        if key.endswith("/manifest.json"):
            manifest = Manifest.from_bytes(data)
            missing = sorted(name for name in manifest.named_keys() if self.head(name) is None)
            if missing:
                raise BrokenPromiseError(f"{key} names {missing[0]}, which is not there")
            if before and Manifest.from_bytes(before.data).seq >= manifest.seq:
                raise BrokenPromiseError(f"{key}: seq {manifest.seq} is not after the one before it")
        elif before and before.data != data and "/renditions/" in key:
            raise BrokenPromiseError(f"{key} was written over")

    def delete(self, key: str, *, if_match: str | None = None) -> None:
        stored = self.get(key.split("/renditions/", maxsplit=1)[0] + "/manifest.json")
        if stored and key in Manifest.from_bytes(stored.data).named_keys():
            raise BrokenPromiseError(f"{key} is named and was deleted")
        super().delete(key, if_match=if_match)


class Stage:
    """Everything that outlives an invocation: stores, queues, the partners' servers, the quota."""

    def __init__(self, scheduler: Scheduler) -> None:
        self.scheduler = scheduler
        clock = scheduler.clock
        self.inbox, self.state = MemoryStore(clock), MemoryStore(clock)
        self.published = PublishedStore(clock)
        self.queues = {name: MemoryQueue(clock, max_receives=MAX_RECEIVES) for name in QUEUES}
        self.counters = MemoryCounters()
        self.files: dict[str, bytes] = {}
        self.sees: dict[str, int] = {}
        self.served: list[tuple[str, str]] = []
        """Hotels that were processed, with the status of each report."""

    def upload(self, key: str, data: bytes) -> None:
        """Put a file into the inbox. S3 notifies the queue of its folder."""
        self.inbox.put(key, data)
        self.queues[key.split("/", maxsplit=1)[0]].send([Message(key)])

    def deliver(self) -> bool:
        """Start an invocation for a waiting message, sometimes two. Returns whether a message waited."""
        dice = self.scheduler.dice
        waiting = [(name, receipt) for name in QUEUES for receipt in self.queues[name].visible()]
        if not waiting:
            return False
        name, receipt = dice.choice(waiting)
        received = self.queues[name].receive(receipt)
        if received is None:
            raise AssertionError("a visible message can be received")
        for _ in range(2 if self.scheduler.faults.fail and dice.random() < 0.1 else 1):
            self.scheduler.start(f"{name}:{receipt}", self._consumer(name, received), limit_s=LIMIT_S)
        return True

    def tick(self) -> None:
        """Start an invocation of `tick`."""
        self.scheduler.start("tick", lambda invocation: self._survive(lambda: tick(self.suite(invocation))), limit_s=60)

    def redrive(self) -> int:
        """Put the dead letters back into their queues, as an operator does. Returns their number."""
        count = 0
        for queue in self.queues.values():
            dead, queue.dead = queue.dead, []
            count += queue.send(dead)
        return count

    def suite(self, invocation: Invocation) -> Suite:
        """Return the stores, queues and settings of one invocation."""
        counters = AskedCounters(self.counters, invocation)
        tagging = SETTINGS.tagging
        return Suite(
            inbox=AskedStore("inbox", self.inbox, invocation),
            state=AskedStore("state", self.state, invocation),
            published=AskedStore("published", self.published, invocation),
            urgent=AskedQueue("urgent", self.queues["urgent"], invocation),
            bulk=AskedQueue("bulk", self.queues["bulk"], invocation),
            shards=AskedQueue("shards", self.queues["shards"], invocation),
            catalogues=AskedQueue("catalogues", self.queues["catalogues"], invocation),
            quota=AccountQuota(counters, tagging.images_a_minute, tagging.images_a_day, self.scheduler.clock),
            settings=SETTINGS,
            now=self.scheduler.clock,
            tagger="google",
        )

    def monotonic(self) -> float:
        """Return the seconds since the simulation began."""
        return (self.scheduler.now - BEGIN).total_seconds()

    def _consumer(self, name: str, received: Received) -> Callable[[Invocation], None]:
        queue = self.queues[name]

        def work(invocation: Invocation) -> None:
            suite = self.suite(invocation)
            try:
                self._handle(name, received, suite, invocation)
            except ComeBackError as error:
                self.scheduler.note(f"{invocation.name} {error}")
                target, seconds = AskedQueue(name, queue, invocation), error.seconds
                self._survive(lambda: target.return_after(received.receipt, seconds))
            except Exception as error:  # noqa: BLE001 - the message returns to its queue, as with Lambda
                self.scheduler.note(f"{invocation.name} failed: {type(error).__name__}: {error}")
                if not str(error).startswith("simulated") and not isinstance(error.__cause__, Exception):
                    self.unexpected(error)
            else:
                invocation.ask(f"delete {name}", lambda: queue.delete(received.receipt))

        return work

    def unexpected(self, error: Exception) -> None:
        """Raise an error that was neither simulated nor caused by contention: it is a bug."""
        if type(error).__name__ not in {"DocumentContendedError", "NoReleaseError"}:
            raise error

    def _handle(self, name: str, received: Received, suite: Suite, invocation: Invocation) -> None:
        if name == "catalogues":
            detect_changes(received.body, suite)
        elif name == "releases":
            fan_out(received.body, suite)
        elif name == "shards":
            fan_out_shard(read_shard_message(received.body), suite)
        elif name == "requests":
            reprocess(request_at(received.body, suite), suite)
        else:
            self._serve(read_nudge(received.body), received.receives, suite, invocation)

    def _serve(self, order: NudgeMessage, receives: int, suite: Suite, invocation: Invocation) -> None:
        ports = Ports(
            stores=Stores(suite.inbox, suite.state, suite.published),
            fetcher=AskedFetcher(self.files, invocation, self.monotonic),
            tagger=AskedTagger(self.sees, suite.quota, invocation),
            settings=SETTINGS,
            context=Context(now=self.scheduler.clock, monotonic=self.monotonic),
            call=call_once,
            threads=1,
        )
        attempt = Attempt(receives, MAX_RECEIVES)
        report = serve(order, ports, attempt, isolated=call_once, deadline_s=self.monotonic() + BUDGET_S)
        self.served.append((order.hotel_id, report.status))

    def _survive(self, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception as error:
            if not str(error).startswith("simulated"):
                raise


def documents(lines: list[dict]) -> bytes:
    """Return the documents as JSON lines."""
    return "\n".join(map(json.dumps, lines)).encode()
