"""Keeps the index up to date: the first build, what the feed says has changed, and what the desk just did.

The first build takes the hotels of the latest snapshot, and lists what is published only where there is none. After
that the feed names the hotels that changed. What is held, where the release says that hotels are, and decisions for
which no hotel was processed yet are looked up now and then.
"""

from __future__ import annotations

import math
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from image_release.desk.index.file import (
    IndexBusyError,
    IndexDamagedError,
    add_todo,
    end_todo,
    meta,
    next_todo,
    set_meta,
)
from image_release.desk.index.hotel_index import HotelIndex
from image_release.desk.index.looking_around import look_around
from image_release.desk.index.reading import Reader, decided_hotels, known_hotels, listed_hotels
from image_release.desk.index.rows import forget_hotels, write_hotels
from image_release.feed import Changed, ListUnreadableError, Position, changed_since
from image_release.settings import Settings
from image_release.storage import Stores

Progress = Callable[[str, int, int | None], None]
"""Called with what is done (`listing`, `reading`), how many hotels are done, and of how many (None: not known yet)."""
AT_ONCE = 200
"""Number of hotels that are read and written in one transaction; so many are read again after a kill."""
ASKED_ONE_BY_ONE = 1_000
"""If more hotels are to be read, those with decisions are listed first."""
LOOK_AROUND_EVERY = timedelta(minutes=1)
FOLLOWS_FOR = timedelta(days=60)
"""An index that is older is built anew: the feed forgets after 90 days."""
TOUCH_WAITS_S = 5.0
"""How long `touch` waits for another process; after that the next `catch_up` reads the hotels."""
TOLD_EVERY = 1_000
"""While hotels are listed, progress is told after so many."""


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """What was done: how many hotels were read again, and why the index was built anew, if it was."""

    hotels: int
    built_because: str | None


def no_progress(what: str, done: int, total: int | None) -> None:
    """Tell nobody."""
    del what, done, total


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


def catch_up(
    index: HotelIndex,
    stores: Stores,
    settings: Settings,
    progress: Progress = no_progress,
    now: Callable[[], datetime] = utc_now,
) -> CaughtUp:
    """Bring the index up to date, and build it first where that is needed. It may be killed: the next call goes on.

    Where another process is building, this waits for it. Raises StorageError.
    """
    because = _begin(index, stores, settings, progress, now())
    hotels = _finish_building(index, stores, settings, progress, now())
    has_changed, damaged = _follow_feed(index, stores)
    with index.reading() as db:
        looked = datetime.fromisoformat(meta(db, "looked_at"))
    if has_changed or not timedelta(0) <= now() - looked < LOOK_AROUND_EVERY:
        look_around(index.file, stores, now())
    hotels += _work_off(index, stores, settings, progress)
    return CaughtUp(hotels, because or damaged)


def touch(index: HotelIndex, stores: Stores, settings: Settings, hotel_ids: Iterable[str]) -> None:
    """Read some hotels and the decisions about them again, now: somebody just changed them.

    While the index is being built they are read with the others, and where it cannot be used it will be built.
    """
    with suppress(IndexDamagedError, IndexBusyError):
        with index.file.writing() as db:
            add_todo(db, frozenset(hotel_ids))
            is_built = meta(db, "phase") == "built"
        if is_built:
            _work_off(index, stores, settings, no_progress, wait_s=TOUCH_WAITS_S)


def _begin(index: HotelIndex, stores: Stores, settings: Settings, progress: Progress, now: datetime) -> str | None:
    """Make the index where it cannot be used, and list what is to be read; returns why it is built anew."""
    with index.file.locked(math.inf):
        because = index.file.fault() or _why_anew(index, settings, now)
        if because:
            index.file.make()
        with index.reading() as db:
            if meta(db, "phase") != "listing":
                return because
        known, position = known_hotels(stores, now - FOLLOWS_FOR)
        hotels = list(_told(known, progress))
        with index.file.writing() as db:
            add_todo(db, hotels)
            never_first = sorted(settings.prioritising.never_first)
            set_meta(db, phase="reading", position=position.to_text(), as_of=now.isoformat(), never_first=never_first)
    return because


def _finish_building(index: HotelIndex, stores: Stores, settings: Settings, progress: Progress, now: datetime) -> int:
    """Read the hotels that the first build has still to read; returns how many there were."""
    with index.reading() as db:
        if meta(db, "phase") == "built":
            return 0
    look_around(index.file, stores, now)
    hotels = _work_off(index, stores, settings, progress)
    with index.file.writing() as db:
        set_meta(db, phase="built")
    return hotels


def _told(hotels: Iterable[str], progress: Progress) -> Iterator[str]:
    for done, hotel_id in enumerate(hotels, start=1):
        if done % TOLD_EVERY == 0:
            progress("listing", done, None)
        yield hotel_id


def _why_anew(index: HotelIndex, settings: Settings, now: datetime) -> str | None:
    """Why an index that can be read has to be built anew."""
    with index.reading() as db:
        if meta(db, "phase") == "listing":
            return None
        try:
            followed = Position.from_text(str(meta(db, "position")))
        except ValueError:
            return "the index does not say how far it followed the feed"
        if followed.moment < now - FOLLOWS_FOR:
            return f"the index followed the feed until {followed.moment:%Y-%m-%d} only"
        if followed.is_ahead(now):
            return f"the index followed the feed until {followed.moment:%Y-%m-%d %H:%M} UTC, which is still to come"
        if meta(db, "never_first") != sorted(settings.prioritising.never_first):
            return "the settings name other kinds that never open a hotel"
    return None


def _follow_feed(index: HotelIndex, stores: Stores) -> tuple[bool, str | None]:
    """Put what the feed names on the list of hotels to read, and remember how far it was followed.

    A list of the feed that cannot be read may name any hotel, so all are read again, once. Returns whether there was
    anything new, and why all hotels are read again, if they are.
    """
    with index.reading() as db:
        position = Position.from_text(meta(db, "position"))
    since = changed_since(stores.state, position)
    because = None
    try:
        changed = set(since.changed)
        with index.reading() as db:
            newer = {item.hotel_id for item in changed if _is_newer(db, item)}
    except ListUnreadableError as error:
        because = str(error)
        newer = set(listed_hotels(stores))
    with index.file.writing() as db:
        add_todo(db, newer)
        set_meta(db, position=since.position.to_text(), as_of=since.position.moment.isoformat())
    return bool(newer), because


def _is_newer(db: sqlite3.Connection, item: Changed) -> bool:
    """Whether the index knows an older manifest of the hotel, or none."""
    found = db.execute("SELECT seq FROM hotels WHERE hotel_id = ?", (item.hotel_id,)).fetchone()
    return found is None or found[0] < item.seq


def _work_off(
    index: HotelIndex, stores: Stores, settings: Settings, progress: Progress, wait_s: float = math.inf
) -> int:
    """Read the hotels on the list, some at a time; returns how many there were."""
    with index.reading() as db:
        total = int(db.execute("SELECT count(*) FROM todo").fetchone()[0])
    decided = decided_hotels(stores) if total > ASKED_ONE_BY_ONE else None
    reader = Reader(stores, frozenset(settings.prioritising.never_first), decided)
    done = 0
    while True:
        with index.file.locked(wait_s):
            count = _read_some(index, reader)
        if not count:
            return done
        done += count
        progress("reading", done, max(total, done))


def _read_some(index: HotelIndex, reader: Reader) -> int:
    with index.reading() as db:
        todo = next_todo(db, AT_ONCE)
    if not todo:
        return 0
    read = list(reader.read([hotel_id for hotel_id, _ in todo]))
    with index.file.writing() as db:
        write_hotels(db, (facts for _, facts in read if facts))
        forget_hotels(db, [hotel_id for hotel_id, facts in read if not facts], secrets.token_hex(8))
        end_todo(db, todo)
    return len(todo)
