"""Which due-markers a hotel needs: those of its manifest's `pending`, and one for a sweep that had to leave files.

`state.due_markers` says what a marker is, and why it is written before the manifest.
"""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

from image_release.publish import Manifest
from image_release.state import leave_marker, mark_served
from image_release.storage import Store
from image_release.store_keys import renditions_folder


def leave_due_markers(state: Store, before: Manifest | None, manifest: Manifest) -> None:
    """Leave a marker for each (day, kind) in the new manifest's `pending` that `before` did not have."""
    known = _due(before, manifest.published_at) if before else set()
    body = json.dumps({"seq": manifest.seq, "at": manifest.published_at.isoformat()}).encode()
    for day, kind in sorted(_due(manifest, manifest.published_at) - known):
        leave_marker(state, day, kind, manifest.hotel_id, body)


def settle_marker(
    state: Store, hotel_id: str, kind: str, day: date, etag: str | None, manifest: Manifest | None
) -> bool:
    """Say that a marker was served; False if the hotel is still due, or the marker was written anew.

    `etag` is the marker's from before the hotel was processed, None if there was no marker.
    """
    still_due = manifest is not None and any(
        entry.kind == kind and entry.not_before.date() <= day for entry in manifest.pending
    )
    return etag is not None and not still_due and mark_served(state, day, kind, hotel_id, etag)


def mark_next_sweep(state: Store, published: Store, manifest: Manifest, now: datetime, grace: timedelta) -> bool:
    """Leave a marker for another sweep if renditions remain that the manifest does not name; returns whether any do.

    What a failed writer put under the next manifest's `seq` must not be deleted before that manifest exists.
    """
    named = manifest.named_keys()
    if all(listed.key in named for listed in published.list(renditions_folder(manifest.hotel_id))):
        return False
    leave_marker(state, (now + grace + timedelta(days=1)).date(), "sweep", manifest.hotel_id)
    return True


def _due(manifest: Manifest, now: datetime) -> set[tuple[date, str]]:
    """Days and kinds of what a manifest puts off; what is due at once is due today."""
    return {(max(entry.not_before, now).date(), entry.kind) for entry in manifest.pending}
