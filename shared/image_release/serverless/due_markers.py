"""Which due-markers a hotel needs: those of its manifest's `pending`, and one for a sweep that had to leave files.

`state.due_markers` says what a marker is, and why it is written before the manifest.
"""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

from image_release.publish import Manifest
from image_release.state import leave_marker, remove_marker
from image_release.storage import Store
from image_release.store_keys import renditions_folder

NOT_DUE = -1
"""Stands for the images of what a manifest does not put off."""


def leave_due_markers(state: Store, before: Manifest | None, manifest: Manifest) -> None:
    """Leave a marker for each (day, kind) in the new manifest's `pending` that `before` did not have.

    A marker for labels says how many images wait, and is written again when they are more or fewer.
    """
    known = _due(before, manifest.published_at) if before else {}
    for (day, kind), images in sorted(_due(manifest, manifest.published_at).items()):
        if known.get((day, kind), NOT_DUE) == images:
            continue
        body: dict[str, object] = {"seq": manifest.seq, "at": manifest.published_at.isoformat()}
        if images is not None:
            body["images"] = images
        leave_marker(state, day, kind, manifest.hotel_id, json.dumps(body).encode())


def settle_marker(
    state: Store, hotel_id: str, kind: str, day: date, etag: str | None, manifest: Manifest | None
) -> bool:
    """Remove a marker that was served; False if the hotel is still due, or the marker was written anew.

    `etag` is the marker's from before the hotel was processed, None if there was no marker.
    """
    still_due = manifest is not None and any(
        entry.kind == kind and entry.not_before.date() <= day for entry in manifest.pending
    )
    return etag is not None and not still_due and remove_marker(state, day, kind, hotel_id, etag)


def mark_next_sweep(state: Store, published: Store, manifest: Manifest, now: datetime, grace: timedelta) -> bool:
    """Leave a marker for another sweep if renditions remain that the manifest does not name; returns whether any do.

    What a failed writer put under the next manifest's `seq` must not be deleted before that manifest exists.
    """
    named = manifest.named_keys()
    if all(listed.key in named for listed in published.list(renditions_folder(manifest.hotel_id))):
        return False
    leave_marker(state, (now + grace + timedelta(days=1)).date(), "sweep", manifest.hotel_id)
    return True


def _due(manifest: Manifest, now: datetime) -> dict[tuple[date, str], int | None]:
    """Days and kinds of what a manifest puts off, and how many images wait; what is due at once is due today."""
    return {(max(entry.not_before, now).date(), entry.kind): entry.images for entry in manifest.pending}
