"""The suite in memory: stores, queues, the real logic of the functions, and deliveries that go wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from image_release.hotel import Context, Ports
from image_release.ingest import SplitSizes, asked_of, find_row, read_current
from image_release.publish import Manifest, read_before
from image_release.queueing import MemoryQueue, Message, Received
from image_release.serverless import compare_hotels, round_steps
from image_release.serverless.detect_changes import detect_changes, go_on
from image_release.serverless.failing import Attempt, ComeBackError, wait_s
from image_release.serverless.fan_out import fan_out, fan_out_shard
from image_release.serverless.messages import (
    NudgeMessage,
    ShardMessage,
    ShareMessage,
    read_go_on,
    read_nudge,
    read_shard_message,
)
from image_release.serverless.ports import Suite
from image_release.serverless.process_hotel import LeftError, serve
from image_release.serverless.reprocess import reprocess_at
from image_release.serverless.shares import WorkUnreadableError, do_share
from image_release.serverless.steps import STEPS
from image_release.serverless.tagger_reports import TaggerReports
from image_release.serverless.tick import tick
from image_release.state import read_json
from image_release.storage import MemoryStore, Stores
from image_release.store_keys import ACCEPTS, cached_images_key, rendition_seq, request_key, request_marker_key
from image_release.tag import AccountQuota, MemoryCounters
from tests.simulation.checked_stores import PublishedStore, StateStore
from tests.simulation.outside import (
    AskedCounters,
    AskedFetcher,
    AskedStore,
    AskedTagger,
    BrokenPromiseError,
    Did,
    asked_queue,
)
from tests.simulation.photographs import call_once
from tests.simulation.processes import SETTINGS, SETTINGS_KEY, Deployed, StillProcess
from tests.simulation.scheduling import BEGIN, Invocation, Scheduler

QUEUES = ("catalogues", "releases", "requests", "shards", "urgent", "bulk", "comparing")
CONTENDED = {
    "DocumentContendedError",
    "InputChangedError",
    "NoReleaseError",
    "NotDoneYetError",
    "SplitOutdatedError",
    "StateUnreadableError",
}
"""Errors by contention: another invocation was faster, or deletes shares of work that has ended."""
SIZES = SplitSizes(most_lines=2, share_lines=1)
"""Catalogues of three accommodations and more are split, with every second seed."""
STILL = StillProcess()
MAX_RECEIVES = 5
BUDGET_S = 120.0
"""Seconds after which `process_hotel` must stop by itself."""
LIMITS_S = {"urgent": 240.0, "bulk": 240.0, "shards": 40.0, "tick": 60.0, "comparing": 240.0}
"""Seconds after which an invocation is killed, by its queue."""
LIMIT_S = 120.0
"""The same for the other queues. All are shorter than on AWS, so that slow requests end an invocation."""


class Stage:
    """Everything that outlives an invocation: stores, queues, the partners' servers, the quota."""

    def __init__(self, scheduler: Scheduler) -> None:
        self.scheduler = scheduler
        clock = scheduler.clock
        self.inbox, self.state = MemoryStore(clock), StateStore(clock)
        self.published = PublishedStore(self.state, clock)
        self.queues = {name: MemoryQueue(clock, max_receives=MAX_RECEIVES) for name in QUEUES}
        self.counters = MemoryCounters()
        self.deployed = Deployed(scheduler, self.inbox, self.state)
        self.files: dict[str, bytes] = {}
        self.sees: dict[str, int] = {}
        self.served: list[tuple[str, str]] = []
        """Hotels that were processed, with the status of each report."""
        self.did: dict[str, list[Did]] = {}
        """What all invocations did for each hotel: what a request forces may be done by several of them."""
        self.done_at: dict[str, dict[str, int]] = {}
        """For each file that was uploaded, how many invocations there were before for each hotel."""

    def upload(self, key: str, data: bytes) -> None:
        """Put a file into the inbox. S3 notifies the queue of its folder."""
        self.inbox.put(key, data)
        self.done_at[key] = {hotel_id: len(did) for hotel_id, did in self.did.items()}
        self.notify(key)

    def notify(self, key: str) -> None:
        """Tell the queue of its folder that a file is in the inbox."""
        self.queues[key.removeprefix(ACCEPTS).split("/", maxsplit=1)[0]].send([Message(key)])

    def deliver(self) -> bool:
        """Start an invocation for a waiting message, sometimes two. Returns whether a message waited."""
        dice = self.scheduler.dice
        waiting = {name: receipts for name in QUEUES if (receipts := self.queues[name].visible())}
        if not waiting:
            return False
        name = dice.choice(list(waiting))
        receipt = dice.choice(waiting[name])
        received = self.queues[name].receive(receipt)
        if received is None:
            raise AssertionError("a visible message can be received")
        for _ in range(2 if self.scheduler.faults.fail and dice.random() < 0.2 else 1):
            self.scheduler.start(f"{name}:{receipt}", self._consumer(name, received), limit_s=_limit_s(name))
        return True

    def tick(self) -> None:
        """Start an invocation of `tick`. A job may fail only because a request of it failed."""

        def work(invocation: Invocation) -> None:
            process = self.deployed.take(invocation, in_force=True)
            try:
                suite = self.suite(invocation, process=process)
            except Exception as error:  # noqa: BLE001 - the next tick tries again
                self._expected(error)
                return
            for name, reason in tick(suite).failed.items():
                self.scheduler.note(f"{invocation.name} {name} failed: {reason}")
                if "simulated" not in reason and "ContendedError" not in reason and not self._unreadable(reason):
                    raise BrokenPromiseError(f"tick: {name} failed: {reason}")
            self.deployed.give_back(process)

        self.scheduler.start("tick", work, limit_s=_limit_s("tick"))

    def redrive(self) -> int:
        """Put the dead letters back into their queues, as an operator does. Returns their number."""
        count = 0
        for queue in self.queues.values():
            dead, queue.dead = queue.dead, []
            count += queue.send(dead)
        return count

    def suite(self, invocation: Invocation, did: Did | None = None, process: StillProcess = STILL) -> Suite:
        """Return the stores, queues and settings of one invocation."""
        in_force = process.in_force()
        queues = {name: asked_queue(name, queue, invocation) for name, queue in self.queues.items()}
        counters = AskedCounters(self.counters, invocation)
        tagging = SETTINGS.tagging
        return Suite(
            inbox=AskedStore("inbox", self.inbox, invocation),
            state=AskedStore("state", self.state, invocation, did),
            published=AskedStore("published", self.published, invocation),
            urgent=queues["urgent"],
            bulk=queues["bulk"],
            shards=queues["shards"],
            catalogues=queues["catalogues"],
            comparing=queues["comparing"],
            quota=AccountQuota(counters, tagging.images_a_minute, tagging.images_a_day, self.scheduler.clock),
            settings=in_force.settings,
            edition=in_force.edition,
            settings_key=SETTINGS_KEY if self.deployed.changes else "",
            now=self.scheduler.clock,
            hotels_a_share=1,
            split_sizes=SIZES if self.scheduler.seed % 2 else SplitSizes(),
            seconds_left=invocation.seconds_left,
            tagger="google",
        )

    def monotonic(self) -> float:
        """Return the seconds since the simulation began."""
        return (self.scheduler.now - BEGIN).total_seconds()

    def _consumer(self, name: str, received: Received) -> Callable[[Invocation], None]:
        queue = self.queues[name]

        def work(invocation: Invocation) -> None:
            did, process = Did(), self.deployed.take(invocation)
            try:
                suite = self.suite(invocation, did, process)
                self._handle(name, received, suite, invocation, did, process)
            except Exception as error:  # noqa: BLE001 - the message returns to its queue, as in `functions.batches`
                self.scheduler.note(f"{invocation.name} failed: {type(error).__name__}: {error}")
                if not isinstance(error, ComeBackError):
                    self._expected(error)
                target, seconds = asked_queue(name, queue, invocation), wait_s(error, received.body, received.receives)
                self._survive(lambda: target.return_after(received.receipt, seconds))
            else:
                invocation.ask(f"delete {name}", lambda: queue.delete(received.receipt))
            self.deployed.give_back(process)

        return work

    def _expected(self, error: Exception) -> None:
        """Raise an error that was neither simulated nor caused by contention: it is a bug."""
        simulated = "simulated" in str(error) or isinstance(error.__cause__, Exception)
        if not simulated and type(error).__name__ not in CONTENDED and not self._unreadable(type(error).__name__):
            if isinstance(error, WorkUnreadableError) and "shared/" in str(error):
                return  # the round has ended; one that has not is never calm
            raise error

    def _unreadable(self, reason: str) -> bool:
        return "SettingsError" in reason and self.deployed.was_unreadable

    def _handle(
        self, name: str, received: Received, suite: Suite, invocation: Invocation, did: Did, process: StillProcess
    ) -> None:
        if name == "catalogues":
            order = read_go_on(received.body)
            if order is None:
                detect_changes(received.body, suite)
            else:
                go_on(order, suite)
        elif name == "releases":
            fan_out(received.body, suite)
        elif name == "shards":
            self._work_on(read_shard_message(received.body), suite)
        elif name == "requests":
            reprocess_at(received.body, suite)
        elif name == "comparing":
            self._compare(received.body, suite)
        else:
            try:
                self._serve(read_nudge(received.body), received.receives, suite, invocation, did, process)
            except LeftError as error:
                self.scheduler.note(f"{invocation.name} {error}")
                (suite.urgent if name == "urgent" else suite.bulk).send([error.again])

    def _compare(self, body: str, suite: Suite) -> None:
        order = read_go_on(body)
        if order:
            compare_hotels.go_on(order, suite)
        else:
            do_share(ShareMessage.model_validate_json(body), suite, round_steps.STEPS)

    def _work_on(self, order: ShardMessage | ShareMessage, suite: Suite) -> None:
        if isinstance(order, ShareMessage):
            do_share(order, suite, STEPS)
        else:
            fan_out_shard(order, suite)

    def _serve(
        self,
        order: NudgeMessage,
        receives: int,
        suite: Suite,
        invocation: Invocation,
        did: Did,
        process: StillProcess,
    ) -> None:
        reports = TaggerReports(suite.state, self.scheduler.clock, self.scheduler.note)
        ports = Ports(
            stores=Stores(suite.inbox, suite.state, suite.published),
            fetcher=AskedFetcher(self.files, invocation, self.monotonic, did),
            tagger=AskedTagger(self._till(order), suite.quota, invocation, did, reports.report),
            settings=process.in_force().settings,
            context=Context(now=self.scheduler.clock, monotonic=self.monotonic),
            call=call_once,
            threads=1,
            edition=process.edition(),
            is_outdated=process.is_outdated,
        )

        def renewed() -> Ports:
            settings = process.in_force(again=True).settings
            return replace(ports, settings=settings, edition=process.edition(again=True))

        attempt = Attempt(receives, MAX_RECEIVES)
        self.did.setdefault(order.hotel_id, []).append(did)
        deadline_s = self.monotonic() + BUDGET_S
        report = serve(order, ports, attempt, isolated=call_once, deadline_s=deadline_s, renewed=renewed)
        self.served.append((order.hotel_id, report.status))
        if did.lost:
            raise BrokenPromiseError(f"{order.hotel_id} is done, but {min(did.lost)} lacks what it learned")
        if report.manifest and not report.manifest.withdrawn:
            for request_id in did.marked:
                self._hold_force(request_id, report.manifest, did)
            if order.request_id in did.marked:
                self._hold_settings(order, report.manifest)

    def _hold_force(self, request_id: str, manifest: Manifest, did: Did) -> None:
        """Check that what a request forces is done: by this invocation, or in parts if some was put off."""
        waited = self.state.head(request_marker_key(request_id, "waiting", manifest.hotel_id)) is not None
        before = self.done_at.get(f"requests/{request_id}.json", {}).get(manifest.hotel_id, 0)
        parts = self.did[manifest.hotel_id][before:] if waited else [did]
        hold_force(self._force(request_id), manifest, parts)

    def _force(self, request_id: str | None) -> str:
        """What a request forces."""
        document = request_id and read_json(self.state, request_key(request_id, "request.json"))
        return document["force"] if document else "none"

    @staticmethod
    def _waits(manifest: Manifest | None, sha256: str) -> bool:
        """Whether a request that waits forces to ask again about an image: it was put off, or came since."""
        put_off = (
            {name for entry in manifest.pending if entry.kind == "tag" for name in entry.again} if manifest else ()
        )
        if not manifest or not put_off:
            return False
        return sha256 in put_off or sha256 not in {picture.best.sha256 for picture in manifest.pictures}

    def _hold_settings(self, order: NudgeMessage, manifest: Manifest) -> None:
        """Check that a hotel of a request is done under settings that are as new as the request."""
        stored_at = asked_of(self.state, order.nudge()).stored_at
        allowed = self.deployed.digests_since(stored_at)
        if self.deployed.changes and manifest.settings and manifest.settings.digest not in allowed:
            raise BrokenPromiseError(f"{order.hotel_id} counts as done under settings older than {stored_at}")

    def _till(self, order: NudgeMessage) -> Callable[[str], int]:
        """Return what is called when labels are paid for. It breaks a promise if they were kept before it was made."""
        began, in_force = self.scheduler.now, read_current(self.state)
        waited = partial(self._waits, read_before(self.published, order.hotel_id).manifest)

        def pay(sha256: str) -> int:
            current = read_current(self.state)
            now = read_before(self.published, order.hotel_id).manifest
            again = self._force(order.request_id) == "retag" or waited(sha256) or self._waits(now, sha256)
            if current and in_force and current.folder == in_force.folder and not again:
                row = find_row(self.state, current, order.hotel_id)
                for accommodation in row.accommodations if row else ():
                    if self.state.paid.get((cached_images_key(accommodation), sha256), began) < began:
                        raise BrokenPromiseError(f"{order.hotel_id}: labels of {sha256[:8]} were paid for twice")
            return self.sees[sha256]

        return pay

    def _survive(self, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception as error:
            if "simulated" not in str(error):
                raise


def hold_force(force: str, manifest: Manifest, parts: Sequence[Did]) -> None:
    """Check that what was forced was done, when it is said first that a hotel of a request is done."""
    downloaded = {url for did in parts for url in did.downloaded}
    asked = {sha256 for did in parts for sha256 in did.asked}
    images = [image for picture in manifest.pictures for image in (picture.best, *picture.merged)]
    keys = [rendition.key for picture in manifest.pictures for rendition in picture.renditions]
    done = {
        "redownload": all(image.url in downloaded for image in images),
        "retag": all(picture.best.sha256 in asked for picture in manifest.pictures),
        "rerender": all(rendition_seq(key) == manifest.seq for key in keys),
    }
    if not done.get(force, True):
        raise BrokenPromiseError(f"{manifest.hotel_id} counts as done, and {force} was not done")


def _limit_s(queue: str) -> float:
    return LIMITS_S.get(queue, LIMIT_S)


def documents(lines: list[dict]) -> bytes:
    """Return the documents as JSON lines."""
    return "\n".join(map(json.dumps, lines)).encode()
