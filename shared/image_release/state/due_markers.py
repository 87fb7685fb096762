"""Due-markers: what brings a hotel back on a day, one small object each, `due/<day>/<kind>/<hotel>` in the state store.

A marker is written before the manifest that it belongs to. A crash in between leaves a marker too many, never one too
few. Its bytes belong to one manifest: whoever served the marker swaps in `SERVED` against the ETag that was read before
the hotel was processed, and that swap fails if another manifest wrote the marker anew meanwhile. No new marker is
written for a past day, and `tick` rewrites only those not served: so a served marker can be deleted two days later
without a condition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import unquote

from image_release.storage import ConditionFailedError, Listed, Store
from image_release.store_keys import DUE, due_key

SERVED = b"served"
"""Bytes of a served marker. No other marker has this length, so a listing tells which ones were served."""
KEPT = timedelta(days=1)
"""A served marker is kept until the day after its own is over: until then somebody may write it again."""


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
    """Write a marker, over the one that may be there: a served one becomes due again."""
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


def marker_etag(state: Store, day: date, kind: str, hotel_id: str) -> str | None:
    """The ETag of a marker, to be read before the hotel is processed; None if there is no marker."""
    stored = state.get(due_key(day, kind, hotel_id))
    return stored.etag if stored else None


def mark_served(state: Store, day: date, kind: str, hotel_id: str, etag: str) -> bool:
    """Say that a marker was served; False if it was written anew since its ETag was read."""
    try:
        state.put(due_key(day, kind, hotel_id), SERVED, if_match=etag)
    except ConditionFailedError:
        return False
    return True


def _marker(listed: Listed) -> DueMarker | None:
    """The marker that a key is; None where no marker has that key: whoever served it would never find it."""
    try:
        _, day, kind, hotel = listed.key.split("/")
        marker = DueMarker(date.fromisoformat(day), kind, unquote(hotel), listed.size == len(SERVED), listed.modified)
    except ValueError:
        return None
    return marker if marker.key == listed.key else None
