"""What a run, a request or a release changed: its hotels, the worst first, and the totals.

The records of changes say it (`changes/` in the state). Their number is large after a settings change, so only as many
hotels are kept as are asked for; the totals count all.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain, groupby, islice
from typing import Literal

from image_release.feed.lists import Changed, ChangedList, ListUnreadableError, changed_lists, merged
from image_release.feed.net_change import WORDS, HotelChange, What, net_change
from image_release.feed.records import present_manifest, read_record, records_in_force
from image_release.ingest import progress, read_current, request_hotels
from image_release.publish import ChangeRecord
from image_release.side_by_side import side_by_side
from image_release.storage import Stores
from image_release.store_keys import CHANGES, TIME, recorded_change, run_key

LATEST = 5
"""Number of names that an error about an unknown one lists."""
Recorded = tuple[str, Sequence[ChangeRecord | None]]
"""A hotel's id and its records; None in place of one that is gone."""
Kind = Literal["run", "request", "hotel", "desk", "check", "release"]


class UnknownNameError(Exception):
    """Nothing of this name changed hotels; `latest` are names that did, the latest first."""

    def __init__(self, name: str | None, latest: list[str]) -> None:
        super().__init__(name or "")
        self.name = name
        self.latest = latest


@dataclass(slots=True)
class ChangeTotals:
    """Sums over all hotels that changed. `unrecorded` counts those whose record is gone or cannot be read."""

    hotels: int = 0
    gained: int = 0
    lost: int = 0
    other_first: int = 0
    unrecorded: int = 0
    what: Counter[What] = field(default_factory=Counter)

    def add(self, change: HotelChange) -> None:
        """Add a hotel."""
        self.hotels += 1
        self.gained += len(change.gained)
        self.lost += len(change.lost)
        self.other_first += change.has_other_first
        self.what[change.what] += 1

    def words(self) -> dict[str, int]:
        """Number of hotels by what happened, for people; the worst first."""
        return {WORDS[what]: self.what[what] for what in sorted(self.what)}


@dataclass(frozen=True, slots=True)
class WhatChanged:
    """What something changed. `hotels` are those asked for, the worst first; `started` is None for a release.

    `is_finished`: False while it is under way, and for ever where it was killed.
    """

    kind: Kind
    name: str
    started: datetime | None
    is_finished: bool
    totals: ChangeTotals
    hotels: tuple[HotelChange, ...]


@dataclass(frozen=True, slots=True)
class _Source:
    """Where changes are read. `hotels`: each hotel's id and its records, None in place of those that are gone."""

    kind: Kind
    name: str
    started: datetime | None
    is_finished: bool
    hotels: Iterator[Recorded]


def changes_of(
    stores: Stores,
    name: str | None = None,
    *,
    limit: int | None = None,
    offset: int = 0,
    with_records: bool = False,
) -> WhatChanged:
    """What a run, a request, a decision at the desk or a release changed; without a name the last one that changed any.

    Where nothing has a list, as beside a suite, that is the release in force.
    `name` is that of a run (its time, or the beginning of one), a request or a release. Of its hotels, the worst first,
    at most `limit` are given after the first `offset`. `with_records`: a suite publishes, too, and leaves records
    without lists. Raises UnknownNameError and ListUnreadableError.
    """
    source = _source(stores, name, with_records=with_records)
    totals = ChangeTotals()
    found = _net_changes(source, totals)
    end = None if limit is None else offset + limit
    worst = sorted(found, key=_rank) if end is None else heapq.nsmallest(end, found, key=_rank)
    named = tuple(side_by_side(lambda change: _with_name(stores, change), worst[offset:]))
    return WhatChanged(source.kind, source.name, source.started, source.is_finished, totals, named)


def latest_names(stores: Stores) -> list[str]:
    """Names of what changed hotels last, the latest first."""
    return [made.cause.name for made in islice(_that_changed_any(stores), LATEST)]


def _source(stores: Stores, name: str | None, *, with_records: bool) -> _Source:
    if name is None:
        for made in _that_changed_any(stores):
            return _of_list(stores, made)
        current = read_current(stores.state) if with_records else None
        if current is None:
            raise UnknownNameError(None, [])
        name = current.release_id
    lists = changed_lists(stores.state)
    if found := _named(lists, name):
        return _of_list(stores, found)
    if _is_request(stores, name):
        done = side_by_side(lambda hotel: (hotel, records_in_force(stores, hotel)), request_hotels(stores.state, name))
        return _Source("request", name, None, True, _only(done, lambda record: record.request_id == name))
    if run := _unchanging_run(stores, name):
        return _Source("run", name, run, True, iter(()))
    recorded = _all_records(stores, lists, with_records=with_records)
    released = _only(recorded, lambda record: record.release_id == name)
    first = next(released, None)
    if first is None and not _is_in_force(stores, name):
        raise UnknownNameError(name, latest_names(stores))
    return _Source("release", name, None, True, chain([first] if first else [], released))


def _that_changed_any(stores: Stores) -> Iterator[ChangedList]:
    """Lists that are not empty, the latest first: what was noted by a killed writer may never have been published."""
    return (made for made in reversed(changed_lists(stores.state)) if _has_any(stores, made))


def _has_any(stores: Stores, made: ChangedList) -> bool:
    """Whether a list names a hotel. One that cannot be read is passed over where nobody named it."""
    try:
        return next(made.read(stores), None) is not None
    except ListUnreadableError:
        return False


def _named(lists: list[ChangedList], name: str) -> ChangedList | None:
    """The list of this name, or the only one whose time begins so."""
    exact = [made for made in lists if made.cause.name == name]
    begun = [made for made in lists if name and made.cause.started.strftime(TIME).startswith(name)]
    if exact:
        return exact[-1]
    return begun[0] if len(begun) == 1 else None


def _of_list(stores: Stores, made: ChangedList) -> _Source:
    cause = made.cause
    hotels = _records_of(stores, made.read(stores))
    return _Source(cause.kind, cause.name, cause.started, made.finished is not None, hotels)


def _records_of(stores: Stores, changed: Iterator[Changed]) -> Iterator[Recorded]:
    """The records of each hotel of a sorted list."""
    by_hotel = ((hotel_id, list(items)) for hotel_id, items in groupby(changed, key=lambda item: item.hotel_id))
    return side_by_side(
        lambda item: (item[0], [read_record(stores, *changed) for changed in item[1]]),
        by_hotel,
    )


def _all_records(stores: Stores, lists: list[ChangedList], *, with_records: bool) -> Iterator[Recorded]:
    """The records of every hotel that changed within the time for which they are kept."""
    if not with_records:
        return _records_of(stores, merged(made.read(stores) for made in lists))
    known = (recorded_change(listed.key) for listed in stores.state.list(CHANGES))
    hotel_ids = (hotel_id for hotel_id, _ in groupby(item[0] for item in known if item))
    return side_by_side(lambda hotel_id: (hotel_id, records_in_force(stores, hotel_id)), hotel_ids)


def _only(hotels: Iterator[Recorded], counts: Callable[[ChangeRecord], bool]) -> Iterator[Recorded]:
    """The hotels with the records that count, without those that have none."""
    for hotel_id, records in hotels:
        if kept := [record for record in records if record and counts(record)]:
            yield hotel_id, kept


def _net_changes(source: _Source, totals: ChangeTotals) -> Iterator[HotelChange]:
    """What became of each hotel; adds to the totals on the way."""
    for _, records in source.hotels:
        if kept := [record for record in records if record]:
            change = net_change(kept)
            totals.add(change)
            yield change
        totals.unrecorded += len(kept) < len(records)


def _with_name(stores: Stores, change: HotelChange) -> HotelChange:
    manifest = present_manifest(stores, change.hotel_id)
    return replace(change, name=manifest.name) if manifest else change


def _rank(change: HotelChange) -> tuple[int, int, int, str]:
    return change.rank


def _unchanging_run(stores: Stores, name: str) -> datetime | None:
    """When the run of this name started; None if there was none."""
    try:
        started = datetime.strptime(name, TIME).replace(tzinfo=UTC)
    except ValueError:
        return None
    return started if stores.state.head(run_key(started)) else None


def _is_request(stores: Stores, name: str) -> bool:
    try:
        return progress(stores.state, name) is not None
    except ValueError:  # no request can have this name
        return False


def _is_in_force(stores: Stores, name: str) -> bool:
    current = read_current(stores.state)
    return current is not None and current.release_id == name
