"""The composition root of the functions: builds the adapters from the environment, once for each process.

Settings are no adapters: each invocation works with one version of them (`begin`, image_release.serverless.in_force).
Heavy packages are imported where they are needed. Only `process_hotel` loads what decodes images, and Google's client
is loaded only when an image is sent.
"""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from functions.environment import Environment, read_environment
from functions.observing import count, logger
from image_release.problems import printable
from image_release.queueing import Queue, SqsQueue
from image_release.serverless.in_force import InForce, InForceReader
from image_release.serverless.ports import Suite
from image_release.settings import Settings
from image_release.storage import S3Address, S3Store, SideBySide, Stores
from image_release.tag import AccountQuota, DynamoCounters, MemoryCounters, what_it_gives

if TYPE_CHECKING:
    from image_release.hotel import Caller, Ports
    from image_release.ingest import EverywhereDecisions
    from image_release.serverless.tagger_reports import TaggerReports
    from image_release.tag import Tagger


NETWORK = "efficientnet-lite0.onnx"
"""Name of the file with the local model's network (layers/recipe.py)."""
CATALOGUE_THREADS = 32
"""Threads that write the listings of one catalogue. An S3 put takes about 20 ms: one thread would take hours."""
READ_THREADS = 8
"""Small reads of one hotel that are made at once. An S3 get takes about 20 ms, and the function pays for waiting."""
QUEUE_THREADS = 8
"""Batches of messages that are sent at once. SQS takes about 10 ms for one, and our processor 2 ms."""


def now() -> datetime:
    """Return the present time in UTC, with its time zone."""
    return datetime.now(UTC)


@cache
def environment() -> Environment:
    """Return the environment variables, read and checked once. Raises ValidationError when one is wrong."""
    return read_environment()


@dataclass(slots=True)
class _Process:
    """What this process keeps from one event to the next. It has one event at a time."""

    seconds_left: Callable[[], float] = lambda: math.inf
    in_force: InForce | None = None
    """What the invocation works with; None until it asks."""
    ports: Ports | None = None
    """Those for the settings that were in force last."""
    asked_with: Settings | None = None
    """The settings that `ports` were built for."""


_process = _Process()


def begin(context: Any) -> None:
    """Begin an invocation: what is in force may be read anew, once. `context` is Lambda's."""
    _process.seconds_left = lambda: context.get_remaining_time_in_millis() / 1000
    _process.in_force = None


def suite(*, again: bool = False) -> Suite:
    """Return the stores, queues and settings that every function uses; `again` reads the settings anew.

    Nothing connects before it is used. Raises SettingsError when no settings could ever be read.
    """
    if again or _process.in_force is None:
        _process.in_force = _reader().read(again=again)
    found, adapters = _process.in_force, _adapters()
    a_minute, a_day = found.settings.tagging.images_a_minute, found.settings.tagging.images_a_day
    return replace(
        adapters,
        settings=found.settings,
        edition=found.edition,
        quota=replace(adapters.quota, images_a_minute=a_minute, images_a_day=a_day),
        seconds_left=_process.seconds_left,
    )


@cache
def _adapters() -> Suite:
    """The stores and queues, with the shipped settings."""
    found = environment()
    counters = DynamoCounters(found.quota_table) if found.asks_google else MemoryCounters()
    shipped = Settings()
    return Suite(
        inbox=S3Store(S3Address.parse(found.inbox)),
        state=S3Store(S3Address.parse(found.state)),
        published=S3Store(S3Address.parse(found.published)),
        urgent=SqsQueue(found.urgent_queue, threads=QUEUE_THREADS),
        bulk=SqsQueue(found.bulk_queue, threads=QUEUE_THREADS),
        shards=SqsQueue(found.shard_queue, threads=QUEUE_THREADS),
        catalogues=SqsQueue(found.catalogue_queue, threads=QUEUE_THREADS),
        comparing=SqsQueue(found.comparing_queue, threads=QUEUE_THREADS),
        quota=AccountQuota(counters, shipped.tagging.images_a_minute, shipped.tagging.images_a_day, now),
        settings=shipped,
        now=now,
        tagger=found.tagger,
        threads=CATALOGUE_THREADS,
        settings_key=found.settings,
    )


@cache
def _reader() -> InForceReader:
    adapters = _adapters()
    return InForceReader(adapters.inbox, adapters.state, adapters.settings_key, now, _tell_unreadable)


def _tell_unreadable(reason: str) -> None:
    """Tell that stored settings cannot be used, once a minute and process: an alarm follows the metric."""
    count("SettingsUnreadable")
    logger.error("stored settings cannot be used; the last ones stay in force", extra={"reason": printable(reason)})


def hotel_ports(*, again: bool = False) -> Ports:
    """Return what processing a hotel needs, for the settings in force; `again` reads them anew.

    The fetcher keeps its connections from one event to the next, until other settings are in force.
    """
    world = suite(again=again)
    if _process.ports is None or _process.asked_with is not world.settings:
        _process.ports, _process.asked_with = _ports(world), world.settings
    return replace(_process.ports, edition=world.edition, is_outdated=_is_outdated)


def writer_ports(*, again: bool = False) -> Ports:
    """Return the ports of a writer that knows its epoch; `again` reads anew what is in force."""
    ports = hotel_ports(again=again)
    return replace(ports, edition=replace(ports.edition, epoch=_reader().epoch(again=again)))


def _is_outdated() -> bool:
    """Whether other settings are stored now than those that this invocation works with."""
    return _reader().read(again=True) != _process.in_force


def _ports(world: Suite) -> Ports:
    from image_release.fetch import UrlFetcher
    from image_release.hotel import Context, Ports

    tagger = _tagger(world)
    return Ports(
        stores=Stores(world.inbox, world.state, world.published, together=_together()),
        fetcher=UrlFetcher(world.settings.download),
        tagger=tagger,
        settings=world.settings.resolved_for(what_it_gives(tagger)),
        context=Context(now=now, monotonic=time.monotonic),
        everywhere=_everywhere(),
    )


@cache
def _together() -> SideBySide:
    return SideBySide(READ_THREADS)


@cache
def _everywhere() -> EverywhereDecisions:
    """The decisions for every hotel, as this process knows them."""
    from image_release.ingest import EverywhereDecisions

    return EverywhereDecisions()


@cache
def queue_of(arn: str) -> Queue:
    """Return the queue that a message came from, by the ARN in its record. All queues lie beside each other."""
    beside, _, _ = environment().urgent_queue.rpartition("/")
    return SqsQueue(f"{beside}/{arn.rpartition(':')[2]}")


def dead_letters_of(arn: str) -> Queue:
    """Return the dead-letter queue of the queue with an ARN (deployment/names.js)."""
    return queue_of(f"{arn}-dead-letters")


@cache
def isolated_caller() -> Caller:
    """Return a caller that runs functions in a child process, which may crash. The child starts at the first call."""
    from image_release.child_process import IsolatedCaller

    return IsolatedCaller()


def _tagger(world: Suite) -> Tagger:
    from image_release.tag import NoTagger

    taggers: dict[str, Callable[[], Tagger]] = {
        "none": NoTagger,
        "google": lambda: _google_tagger(world),
        "local": _local_tagger,
    }
    first, *second = (taggers[name]() for name in environment().tagger.split("+"))
    if not second:
        return first
    from image_release.tag import BothTagger

    return BothTagger(first, *second)


def _google_tagger(world: Suite) -> Tagger:
    from functions.google_credentials import vision_client
    from image_release.tag import GoogleTagger

    secret = environment().google_secret
    report = _tagger_reports().report
    return GoogleTagger(world.settings.tagging, world.quota, connect=lambda: vision_client(secret), report=report)


@cache
def _local_tagger() -> Tagger:
    """The local model. Its network is a file of a layer, beside the packages, wherever the layer is mounted."""
    from image_release.tag.local import LocalTagger

    places = (Path(place) / NETWORK for place in sys.path)
    network = next((place for place in places if place.is_file()), None)
    if network is not None:
        os.environ.setdefault("IMAGE_RELEASE_MODEL", str(network))
    return LocalTagger(report=_tagger_reports().report)


@cache
def _tagger_reports() -> TaggerReports:
    from image_release.serverless.tagger_reports import TaggerReports

    return TaggerReports(_adapters().state, now, _tell_unusable_tagger)


def _tell_unusable_tagger(reason: str) -> None:
    """Tell that the tagger cannot be used: an alarm follows the metric."""
    count("TaggerUnavailable")
    logger.error("the tagger cannot be used; hotels are published without labels", extra={"reason": reason})
