"""Notes of what functions publish: a small object by time, so that nobody lists the records of all hotels.

A note is left before the manifest is published, because a function may be killed at any moment. What is noted may never
have come into force: who follows reads the manifest, and looks at a note again for an hour.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from image_release.feed_keys import note_folders, note_key, noted
from image_release.publish import Manifest
from image_release.side_by_side import side_by_side
from image_release.storage import Store

OVERLAP = timedelta(hours=1)
"""How long before the last look it is looked again: longer than a publication takes, and clocks differ."""
AHEAD = timedelta(minutes=10)
"""How far another clock may be ahead of ours."""


def note(state: Store, manifest: Manifest) -> None:
    """Note that this manifest is about to be published."""
    state.put(note_key(manifest.published_at, manifest.hotel_id, manifest.seq), b"")


def notes_between(state: Store, since: datetime, until: datetime) -> dict[str, int]:
    """What was noted between two moments, and a little around: hotel -> the highest number that was noted."""
    folders = note_folders(since, until)
    return newest(found for notes in side_by_side(lambda folder: notes_in(state, folder), folders) for found in notes)


def notes_in(state: Store, folder: str) -> list[tuple[str, int]]:
    """The notes in a folder: hotels and numbers."""
    return [known for listed in state.list(folder) if (known := noted(listed.key))]


def newest(published: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Hotel -> the highest of its numbers."""
    found: dict[str, int] = {}
    for hotel_id, seq in published:
        found[hotel_id] = max(seq, found.get(hotel_id, 0))
    return found
