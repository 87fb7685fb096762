"""Due-markers: what brings a hotel back on a day, one small object each, `due/<day>/<kind>/<hotel>` in the state store.

A marker is written before the manifest that it belongs to. A crash in between leaves a marker too many, never one too
few. Its bytes belong to one manifest: whoever served the marker removes it under the ETag that was read before the
hotel was processed, and that fails if another manifest wrote the marker anew meanwhile. So what was served is not
listed any more.

Versions up to 0.2.0 wrote `served` into a served marker instead. No new marker is written for a past day: such a marker
can be deleted without a condition when its day is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import unquote

from image_release.storage import ConditionFailedError, Listed, Store
from image_release.store_keys import DUE, due_key

SERVED = b"served"
"""Bytes of a marker that an earlier version served. No other has this length: a listing tells which these are."""
KEPT = timedelta(days=1)
"""Such a marker is kept until the day after its own is over: until then somebody may write it again."""


@dataclass(frozen=True, slots=True)
class DueMarker:
    """A marker as it is listed: the day on which the hotel is due, why (`kind`), and when the marker was written."""

    day: date
    kind: str
    hotel_id: str
    is_served: bool
    modified: datetime

    @property
    def key(self) -> str:
        """Where the marker lies."""
        return due_key(self.day, self.kind, self.hotel_id)


def leave_marker(state: Store, day: date, kind: str, hotel_id: str, body: bytes = b"") -> None:
    """Write a marker, over the one that may be there."""
    state.put(due_key(day, kind, hotel_id), body)


def markers_until(state: Store, day: date, *, stray: Callable[[str], object] | None = None) -> Iterator[DueMarker]:
    """Markers of all days up to and including `day`, oldest day first.

    Keys that are no markers are passed over. If `stray` is given, it is called with each, and all days are listed.
    """
    end = f"{DUE}{(day + timedelta(days=1)).isoformat()}"
    for listed in state.list(DUE):
        marker = _marker(listed)
        if listed.key >= end and stray is None:
            return
        if marker is None and stray is not None:
            stray(listed.key)
        if marker is not None and marker.day <= day:
            yield marker


def markers_of(state: Store, kind: str, until: date, *, after: str = "") -> Iterator[DueMarker]:
    """Markers of one kind up to and including a day, oldest day first, whose keys come after `after`.

    Those of other kinds and of later days are not listed, but for one page a day.
    """
    for day in _days(state, until, after):
        for listed in state.list(f"{DUE}{day.isoformat()}/{kind}/", after=after):
            if (marker := _marker(listed)) is not None:
                yield marker


def marker_etag(state: Store, day: date, kind: str, hotel_id: str) -> str | None:
    """The ETag of a marker, to be read before the hotel is processed; None if there is no marker."""
    stored = state.get(due_key(day, kind, hotel_id))
    return stored.etag if stored else None


def remove_marker(state: Store, day: date, kind: str, hotel_id: str, etag: str) -> bool:
    """Remove a marker that was served; False if it was written anew since its ETag was read, or is gone."""
    try:
        state.delete(due_key(day, kind, hotel_id), if_match=etag)
    except ConditionFailedError:
        return False
    return True


def _days(state: Store, until: date, after: str) -> Iterator[date]:
    """Days up to `until` of which there is any object after a key, oldest first."""
    end = f"{DUE}{(until + timedelta(days=1)).isoformat()}"
    while (first := next(iter(state.list(DUE, after=after)), None)) is not None and first.key < end:
        name = first.key.removeprefix(DUE).partition("/")[0]
        if (day := _day(name)) is None:
            after = first.key  # no marker: the next key may be one
            continue
        yield day
        after = f"{DUE}{name}0"  # comes after all keys of the day, because `0` comes after `/`


def _day(name: str) -> date | None:
    try:
        day = date.fromisoformat(name)
    except ValueError:
        return None
    return day if day.isoformat() == name else None


def _marker(listed: Listed) -> DueMarker | None:
    """The marker that a key is; None where no marker has that key: whoever served it would never find it."""
    try:
        _, day, kind, hotel = listed.key.split("/")
        marker = DueMarker(date.fromisoformat(day), kind, unquote(hotel), listed.size == len(SERVED), listed.modified)
    except ValueError:
        return None
    return marker if marker.key == listed.key else None
