"""Due-markers: what is owed to a hotel on a day, kept in the state store and nowhere else.

    due/<day>/<kind>/<hotel>

A marker is written before the manifest that owes it, so that a kill in between leaves a marker too many and never one
too few. Its bytes are of one manifest only: whoever served it swaps in `SERVED` against the bytes that it saw before it
looked, and fails if another manifest owed anew meanwhile. Nobody writes a marker for a day in the past, so a marker of
the day before yesterday that was served is deleted without a question.
"""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

from image_release.publish import Manifest, renditions_prefix
from image_release.state import due_key
from image_release.storage import ConditionFailedError, Store

SERVED = b"served"
"""A marker's bytes once it was served: no other marker has as many."""


def remind(state: Store, before: Manifest | None, manifest: Manifest) -> None:
    """Leave a marker for everything that a manifest about to be published owes and the one before it did not."""
    known = _owed(before, manifest.published_at) if before else set()
    for day, kind in sorted(_owed(manifest, manifest.published_at) - known):
        body = json.dumps({"seq": manifest.seq, "at": manifest.published_at.isoformat()})
        state.put(due_key(day, kind, manifest.hotel_id), body.encode())


def seen(state: Store, hotel_id: str, kind: str, day: date) -> str | None:
    """The ETag of a marker, to be read before the hotel is looked at; None if there is no marker."""
    stored = state.get(due_key(day, kind, hotel_id))
    return stored.etag if stored else None


def settle(state: Store, hotel_id: str, kind: str, day: date, etag: str | None, manifest: Manifest | None) -> bool:
    """Say that a marker was served, unless the hotel still owes it or owed it anew; whether that was so."""
    still_owed = manifest is not None and any(
        entry.kind == kind and entry.not_before.date() <= day for entry in manifest.pending
    )
    if etag is None or still_owed:
        return False
    try:
        state.put(due_key(day, kind, hotel_id), SERVED, if_match=etag)
    except ConditionFailedError:
        return False
    return True


def sweep_again(state: Store, published: Store, manifest: Manifest, now: datetime, grace: timedelta) -> bool:
    """Leave a marker for another sweep where this one had to leave something; whether that was so.

    What a writer that failed put under the number of the next manifest may not go before there is one.
    """
    named = manifest.named_keys()
    if all(listed.key in named for listed in published.list(renditions_prefix(manifest.hotel_id))):
        return False
    day = (now + grace + timedelta(days=1)).date()
    state.put(due_key(day, "sweep", manifest.hotel_id), b"")
    return True


def _owed(manifest: Manifest, now: datetime) -> set[tuple[date, str]]:
    """Days and kinds; what is owed at once is owed today."""
    return {(max(entry.not_before, now).date(), entry.kind) for entry in manifest.pending}
