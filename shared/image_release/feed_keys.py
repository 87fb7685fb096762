"""Keys of what the suite notes and keeps for the feed: what is published when, and lines for the next snapshot.

Architecture, Keys. All of them lie in the state.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import unquote

from image_release.values import key_part

NOTED = "noted/"
"""Notes of what functions were about to publish, by the time of the manifest."""
SLOT = timedelta(minutes=10)
"""Notes of so long a time lie in one folder."""
LINES = "feed/lines/"
"""Lines of hotels that were read for the next snapshot."""
PLACES = "feed/places/"
"""City and country of each hotel of a release."""
FEED_PROGRESS = "feed/progress.json"
"""How far the next snapshot came."""
_TIME = "%Y-%m-%dT%H%M%S.%fZ"


def slot_of(moment: datetime) -> datetime:
    """The beginning of the slot of a moment."""
    return moment.replace(minute=moment.minute // 10 * 10, second=0, microsecond=0)


def slot_folder(slot: datetime) -> str:
    """Folder of the notes of a slot."""
    return f"{day_folder(slot.date())}{slot:%H%M}/"


def day_folder(day: date) -> str:
    """Folder of the notes of a day."""
    return f"{NOTED}{day.isoformat()}/"


def note_folders(since: datetime, until: datetime) -> Iterator[str]:
    """Folders that hold all notes between two moments: slots, and whole days between the first and the last one."""
    slot = slot_of(since)
    while slot <= until:
        if slot.time() == time() and since.date() < slot.date() < until.date():
            yield day_folder(slot.date())
            slot += timedelta(days=1)
        else:
            yield slot_folder(slot)
            slot += SLOT


def note_key(moment: datetime, hotel_id: str, seq: int) -> str:
    """The note that the manifest of this number, made at this moment, is about to be published."""
    return f"{slot_folder(slot_of(moment.astimezone(UTC)))}{seq}/{key_part(hotel_id)}"


def noted(key: str) -> tuple[str, int] | None:
    """The hotel and the number of a note; None where the key is no note's."""
    match = re.fullmatch(rf"{NOTED}[0-9-]+/[0-9]+/([1-9][0-9]*)/([^/]+)", key)
    return (unquote(match[2]), int(match[1])) if match else None


def lines_key(kind: str, made: datetime, name: str) -> str:
    """A part of lines for the next snapshot; `kind` says where its hotels were found."""
    return f"{LINES}{kind}-{made.strftime(_TIME)}-{name}.jsonl.gz"


def lines_made(key: str) -> tuple[str, datetime] | None:
    """Kind of a part of lines, and when it was made; None where the key is no part's."""
    match = re.fullmatch(rf"{LINES}([a-z]+)-([^/]+)-[0-9a-f]+\.jsonl\.gz", key)
    try:
        return (match[1], datetime.strptime(match[2], _TIME).replace(tzinfo=UTC)) if match else None
    except ValueError:
        return None


def places_folder(release: str) -> str:
    """Folder of the places of a release; `release` is the folder of its rows."""
    return f"{PLACES}{release.rpartition('/')[2]}/"


def places_key(release: str, part: int) -> str:
    """A part of the places of a release."""
    return f"{places_folder(release)}{part}.jsonl.gz"


def places_done_key(release: str) -> str:
    """The mark that all places of a release were written."""
    return f"{places_folder(release)}done"
