"""What the feed does not tell: where hotels are, what is held, when the last run was, and decisions made by others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from image_release.desk.index.file import IndexFile, add_todo, meta, set_meta
from image_release.desk.index.rows import hold_partners, mark_changed, move_hotels, write_places
from image_release.feed import changed_lists
from image_release.ingest import Current, Waiting, all_waiting, hotel_rows, read_current
from image_release.state import StateUnreadableError
from image_release.storage import Stores
from image_release.store_keys import OVERRIDES, overridden_hotel

ROWS_AT_ONCE = 10_000
"""Rows of the release that are written in one transaction."""
OVERLAP = timedelta(minutes=10)
"""Decisions that were stored so long before the last look are looked at again: clocks differ."""


def look_around(file: IndexFile, stores: Stores, now: datetime) -> None:
    """Bring up to date what the feed does not tell. What cannot be read stays as it was known."""
    current = _current(stores)
    if current:
        _learn_places(file, stores, current)
    waiting = _waiting(stores)
    since = _last_run(file, stores)
    with file.reading() as db:
        looked = meta(db, "looked_at")
    decided = list(_decided_since(stores, datetime.fromisoformat(looked) - OVERLAP)) if looked else []
    with file.writing() as db:
        if waiting is not None:
            hold_partners(db, {found.names[0] for found in waiting if found.what == "catalogue"})
            releases = [found.names[0] for found in waiting if found.what == "release"]
            set_meta(db, held_release=max(releases, default=None))
        mark_changed(db, since)
        add_todo(db, decided)
        set_meta(db, looked_at=now.isoformat())


def _current(stores: Stores) -> Current | None:
    try:
        return read_current(stores.state)
    except StateUnreadableError:
        return None


def _learn_places(file: IndexFile, stores: Stores, current: Current) -> None:
    """Read the rows of a release that is new to the index. Places of departed hotels stay known."""
    with file.reading() as db:
        if meta(db, "release") == [current.folder, current.digest]:
            return
    rows = hotel_rows(stores.state, current, skip_unreadable=True)
    count = ROWS_AT_ONCE
    while count == ROWS_AT_ONCE:
        with file.writing() as db:
            count = write_places(db, rows, ROWS_AT_ONCE)
    with file.writing() as db:
        move_hotels(db)
        set_meta(db, release=[current.folder, current.digest])


def _waiting(stores: Stores) -> list[Waiting] | None:
    """What waits for a person and was not accepted yet; None where that cannot be read."""
    try:
        return [found for found in all_waiting(stores.inbox, stores.state) if not found.is_accepted]
    except StateUnreadableError:
        return None


def _last_run(file: IndexFile, stores: Stores) -> datetime | None:
    """When the last run or request began; where functions publish, the day of the latest manifest."""
    causes = [made.cause for made in changed_lists(stores.state) if made.cause.kind in ("run", "request")]
    if causes:
        return max(cause.started for cause in causes)
    with file.reading() as db:
        (latest,) = db.execute("SELECT max(published_at) FROM hotels").fetchone()
    if latest is None:
        return None
    return datetime.fromtimestamp(latest, UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _decided_since(stores: Stores, moment: datetime) -> Iterator[str]:
    """Hotels about which somebody decided something since a moment."""
    for listed in stores.inbox.list(OVERRIDES):
        hotel_id = overridden_hotel(listed.key)
        if hotel_id is not None and listed.modified >= moment:
            yield hotel_id
