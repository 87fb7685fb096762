"""The composition root of the functions: builds the adapters from the environment, once for each process.

What is heavy is imported where it is needed: no function but `process_hotel` loads what decodes pictures, and none
loads Google's client before an image is sent.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from functions.environment import Environment, read_environment
from image_release.queueing import Queue, SqsQueue
from image_release.settings import Settings, SettingsError, parse_settings
from image_release.storage import S3Address, S3Store, Stores
from image_release.suite.ports import Suite
from image_release.tag import AccountQuota, DynamoCounters

if TYPE_CHECKING:
    from image_release.hotel import Caller, Ports
    from image_release.tag import Tagger


THREADS = 32
"""Of one catalogue: a put of S3 takes some 20 ms, so half a million accommodations take minutes and not hours."""


def now() -> datetime:
    """The time, aware and UTC."""
    return datetime.now(UTC)


@cache
def environment() -> Environment:
    """The environment, read once."""
    return read_environment()


@cache
def suite() -> Suite:
    """The outside world of every function. It connects nowhere before it is used."""
    found = environment()
    inbox = S3Store(S3Address.parse(found.inbox))
    settings = _settings(inbox, found.settings)
    counters = DynamoCounters(found.quota_table)
    return Suite(
        inbox=inbox,
        state=S3Store(S3Address.parse(found.state)),
        published=S3Store(S3Address.parse(found.published)),
        urgent=SqsQueue(found.urgent_queue),
        bulk=SqsQueue(found.bulk_queue),
        shards=SqsQueue(found.shard_queue),
        quota=AccountQuota(counters, settings.tagging.images_a_minute, settings.tagging.images_a_day, now),
        settings=settings,
        now=now,
        threads=THREADS,
    )


@cache
def hotel_ports() -> Ports:
    """The outside world of a hotel. Its fetcher keeps connections from one event to the next."""
    from image_release.fetch import UrlFetcher
    from image_release.hotel import Context, Ports

    world = suite()
    return Ports(
        stores=Stores(world.inbox, world.state, world.published),
        fetcher=UrlFetcher(world.settings.download),
        tagger=_tagger(world),
        settings=world.settings,
        context=Context(now=now, monotonic=time.monotonic),
    )


def queue_of(arn: str) -> Queue:
    """The queue of `process_hotel` that a message came from."""
    urgent = environment().urgent_queue.rsplit("/", 1)[-1] == arn.rsplit(":", 1)[-1]
    return suite().urgent if urgent else suite().bulk


@cache
def isolated() -> Caller:
    """Calls in a child process that may die; the child starts at the first call."""
    from image_release.isolation import IsolatedCaller

    return IsolatedCaller()


def _settings(inbox: S3Store, key: str) -> Settings:
    if not key:
        return Settings()
    stored = inbox.get(key)
    if stored is None:
        raise SettingsError(f"{key}: IMAGE_RELEASE_SETTINGS names it, and the inbox has no such object")
    return parse_settings(stored.data, key)


def _tagger(world: Suite) -> Tagger:
    from image_release.tag import NoTagger

    if environment().tagger == "none":
        return NoTagger()
    from functions.google_credentials import vision_client
    from image_release.tag import GoogleTagger

    secret = environment().google_secret
    return GoogleTagger(world.settings.tagging, world.quota, connect=lambda: vision_client(secret))
