"""Reads hotels for the index: many manifests at once, and people's decisions about the hotels that have any."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

from image_release.desk.index.facts import HotelFacts, NotIndexableError, facts_of, read_indexed
from image_release.feed import ListUnreadableError, Position
from image_release.feed.snapshots import read_snapshot
from image_release.ingest import read_overrides
from image_release.state import StateUnreadableError, read_json
from image_release.storage import Stores
from image_release.store_keys import (
    HOTELS,
    LATEST_SNAPSHOT,
    OVERRIDES,
    folder_of_hotel,
    manifest_key,
    overridden_hotel,
)

READERS = 8
"""Threads that read: a bucket answers many questions at once."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads hotels. `decided` are those with decisions; None: each hotel is asked."""

    stores: Stores
    never_first: frozenset[str]
    decided: frozenset[str] | None = None

    def read(self, hotel_ids: Iterable[str]) -> Iterator[tuple[str, HotelFacts | None]]:
        """Each hotel with its facts; None where nothing is published of it. Raises StorageError."""
        with ThreadPoolExecutor(READERS, thread_name_prefix="index") as pool:
            yield from pool.map(self._read, hotel_ids)

    def _read(self, hotel_id: str) -> tuple[str, HotelFacts | None]:
        stored = self.stores.published.get(manifest_key(hotel_id))
        if stored is None:
            return hotel_id, None
        asked = self.decided is None or hotel_id in self.decided
        decisions, _ = read_overrides(self.stores.inbox, hotel_id) if asked else ((), ())
        try:
            facts = facts_of(read_indexed(stored.data), decisions, self.never_first)
        except NotIndexableError:
            return hotel_id, HotelFacts(hotel_id, name=hotel_id, unreadable=True)
        return hotel_id, replace(facts, hotel_id=hotel_id)


def decided_hotels(stores: Stores) -> frozenset[str]:
    """The hotels that people decided something about."""
    named = (overridden_hotel(listed.key) for listed in stores.inbox.list(OVERRIDES))
    return frozenset(hotel_id for hotel_id in named if hotel_id is not None)


def known_hotels(stores: Stores, not_before: datetime) -> tuple[Iterator[str], Position]:
    """All published hotels, and from where on to follow the feed: by the latest snapshot, or else by a listing.

    A snapshot from before a moment does not count: the feed may have forgotten what changed since.
    """
    try:
        document = read_json(stores.published, LATEST_SNAPSHOT)
        position = Position.from_text(document["position"])
        if position.moment >= not_before and stores.published.head(document["snapshot"]):
            hotels = [line.hotel_id for line in read_snapshot(stores.published, document["snapshot"])]
            return iter(hotels), position
    except (ListUnreadableError, StateUnreadableError, ValueError, LookupError, TypeError):
        pass  # no snapshot, or a damaged one
    return listed_hotels(stores), Position.now()


def listed_hotels(stores: Stores) -> Iterator[str]:
    """All hotels that have a manifest, by a listing of everything that is published."""
    for listed in stores.published.list(HOTELS):
        hotel_id = folder_of_hotel(listed.key)
        if hotel_id is not None and listed.key == manifest_key(hotel_id):
            yield hotel_id
