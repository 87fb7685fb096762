"""The composition root of the functions: builds the adapters from the environment, once for each process.

Heavy packages are imported where they are needed. Only `process_hotel` loads what decodes images, and Google's client
is loaded only when an image is sent.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from functions.environment import Environment, read_environment
from image_release.queueing import Queue, SqsQueue
from image_release.serverless.ports import Suite
from image_release.settings import Settings
from image_release.settings_files import SettingsError, parse_settings
from image_release.storage import S3Address, S3Store, Stores
from image_release.tag import AccountQuota, DynamoCounters, MemoryCounters, what_it_gives

if TYPE_CHECKING:
    from image_release.hotel import Caller, Ports
    from image_release.tag import Tagger


NETWORK = "efficientnet-lite0.onnx"
"""Name of the file with the local model's network (layers/recipe.py)."""
CATALOGUE_THREADS = 32
"""Threads that write the listings of one catalogue. An S3 put takes about 20 ms: one thread would take hours."""
QUEUE_THREADS = 8
"""Batches of messages that are sent at once. SQS takes about 10 ms for one, and our processor 2 ms."""


def now() -> datetime:
    """Return the present time in UTC, with its time zone."""
    return datetime.now(UTC)


@cache
def environment() -> Environment:
    """Return the environment variables, read and checked once. Raises ValidationError when one is wrong."""
    return read_environment()


@cache
def suite() -> Suite:
    """Return the stores, queues and settings that every function uses. Nothing connects before it is used.

    Raises SettingsError when the settings file is missing or wrong.
    """
    found = environment()
    inbox = S3Store(S3Address.parse(found.inbox))
    settings = _settings(inbox, found.settings)
    counters = DynamoCounters(found.quota_table) if found.asks_google else MemoryCounters()
    return Suite(
        inbox=inbox,
        state=S3Store(S3Address.parse(found.state)),
        published=S3Store(S3Address.parse(found.published)),
        urgent=SqsQueue(found.urgent_queue, threads=QUEUE_THREADS),
        bulk=SqsQueue(found.bulk_queue, threads=QUEUE_THREADS),
        shards=SqsQueue(found.shard_queue, threads=QUEUE_THREADS),
        catalogues=SqsQueue(found.catalogue_queue, threads=QUEUE_THREADS),
        quota=AccountQuota(counters, settings.tagging.images_a_minute, settings.tagging.images_a_day, now),
        settings=settings,
        now=now,
        tagger=found.tagger,
        threads=CATALOGUE_THREADS,
    )


@cache
def hotel_ports() -> Ports:
    """Return what processing a hotel needs. The fetcher keeps its connections from one event to the next."""
    from image_release.fetch import UrlFetcher
    from image_release.hotel import Context, Ports

    world = suite()
    tagger = _tagger(world)
    return Ports(
        stores=Stores(world.inbox, world.state, world.published),
        fetcher=UrlFetcher(world.settings.download),
        tagger=tagger,
        settings=world.settings.resolved_for(what_it_gives(tagger)),
        context=Context(now=now, monotonic=time.monotonic),
    )


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


def _settings(inbox: S3Store, key: str) -> Settings:
    if not key:
        return Settings()
    stored = inbox.get(key)
    if stored is None:
        raise SettingsError(f"{key}: IMAGE_RELEASE_SETTINGS names this key, but the inbox has no such object")
    return parse_settings(stored.data, key)


def _tagger(world: Suite) -> Tagger:
    from image_release.tag import NoTagger

    taggers = {"none": NoTagger, "google": lambda: _google_tagger(world), "local": _local_tagger}
    first, *second = (taggers[name]() for name in environment().tagger.split("+"))
    if not second:
        return first
    from image_release.tag import BothTagger

    return BothTagger(first, *second)


def _google_tagger(world: Suite) -> Tagger:
    from functions.google_credentials import vision_client
    from image_release.tag import GoogleTagger

    secret = environment().google_secret
    return GoogleTagger(world.settings.tagging, world.quota, connect=lambda: vision_client(secret))


def _local_tagger() -> Tagger:
    """The local model. Its network is a file of a layer, beside the packages, wherever the layer is mounted."""
    from image_release.tag.local import LocalTagger

    places = (Path(place) / NETWORK for place in sys.path)
    network = next((place for place in places if place.is_file()), None)
    if network is not None:
        os.environ.setdefault("IMAGE_RELEASE_MODEL", str(network))
    return LocalTagger()
