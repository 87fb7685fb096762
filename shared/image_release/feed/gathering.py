"""Reads hotels for the next snapshot of a suite, some at a time: those that are noted, and at first all there are.

What was read becomes a part of lines in the state, before it is remembered how far the work came. So a tick that is
killed repeats at most its own reading, and a part may come twice: the highest number of a hotel counts.
"""

from __future__ import annotations

import gzip
import secrets
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import chain, islice
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from image_release.feed.following import lists_since
from image_release.feed.hotel_line import HotelLine, line_of
from image_release.feed.lists import ListUnreadableError
from image_release.feed.merging import hotel_and_seq, line_bytes, write_lines
from image_release.feed.noting import AHEAD, OVERLAP, newest, notes_in
from image_release.feed.records import hotels_after, present_manifest
from image_release.feed_keys import LINES, SLOT, lines_key, lines_made, slot_folder, slot_of
from image_release.side_by_side import side_by_side
from image_release.storage import Store, Stores
from image_release.store_keys import hotel_folder

AT_ONCE = 500
"""Number of hotels that are read before it is looked at the time."""
CHANGED, LISTED = "changed", "listed"
"""Kinds of parts: hotels that were noted, and hotels that the first listing found."""
KEPT = 2 * OVERLAP
"""How long a part of changed hotels is kept: what it holds is not read again, although it is noted."""

AGAIN_AFTER = OVERLAP
"""Time after which hotels are listed a second time: by then functions of an older version have ended."""


class FeedProgress(BaseModel):
    """How far the next snapshot came. `claim` makes each state of it another one, so that two ticks never share one."""

    model_config = ConfigDict(frozen=True)

    claim: str
    followed: datetime
    """All that was noted before was read."""
    lists: tuple[str, ...] = ()
    """Keys of lists of changes that were read."""
    listed: str | None = ""
    """The last hotel that the listing read; empty at its beginning, None at its end."""
    again_at: datetime | None = None
    """When the hotels are listed once more: functions of a version that left no notes may still have published."""
    merged: tuple[str, ...] = ()
    """Keys of parts that the latest snapshot holds."""
    snapshot: str = ""
    """The latest snapshot that these parts went into; empty before the first one."""

    @classmethod
    def beginning(cls, now: datetime) -> FeedProgress:
        """Of a suite whose hotels have to be listed."""
        return cls(claim="", followed=now, again_at=now + AGAIN_AFTER)


class Gathering:
    """Reads hotels while there is time; `progress` is how far it came."""

    def __init__(self, stores: Stores, progress: FeedProgress, now: datetime, may_go_on: Callable[[], bool]) -> None:
        self._stores = stores
        self._now = now
        self._may_go_on = may_go_on
        self.progress = progress
        self.hotels = 0

    def run(self) -> None:
        """Follow what changed, then list. Raises ListUnreadableError where a part or a list is damaged."""
        changed: list[HotelLine] = []
        if self._follow_lists(changed):
            self._follow_notes(changed)
        self._keep(CHANGED, changed)
        again_at = self.progress.again_at
        if self.progress.listed is None and again_at and again_at <= self._now:
            self._advance(listed="", again_at=None)
        listed: list[HotelLine] = []
        if self.progress.listed is not None:
            self._list(listed)
        self._keep(LISTED, listed)

    def _follow_lists(self, lines: list[HotelLine]) -> bool:
        """Read what commands on other machines changed; returns whether that came to its end."""
        since = self.progress.followed - OVERLAP
        told, streams, keys = lists_since(self._stores.state, since, frozenset(self.progress.lists))
        self._known = self._read_before()
        if not self._read_newer(newest(chain(told, *streams)), lines):
            return False
        self._advance(lists=tuple(sorted(keys)))
        return True

    def _follow_notes(self, lines: list[HotelLine]) -> None:
        """Read what functions noted, slot by slot."""
        slot = slot_of(self.progress.followed - OVERLAP)
        while slot <= self._now + AHEAD:
            noted = newest(notes_in(self._stores.state, slot_folder(slot)))
            if not self._may_go_on() or not self._read_newer(noted, lines):
                return
            slot += SLOT
            self._advance(followed=max(self.progress.followed, min(slot, self._now)))

    def _list(self, lines: list[HotelLine]) -> None:
        hotel_ids = hotels_after(self._stores.published, self.progress.listed or None)
        while self._may_go_on():
            some = list(islice(hotel_ids, AT_ONCE))
            self._read(some, lines)
            self._advance(listed=some[-1] if some else None)
            if not some:
                return

    def _read_newer(self, noted: dict[str, int], lines: list[HotelLine]) -> bool:
        """Read the hotels of which a higher number was noted than was read; returns whether that came to its end."""
        wanted = iter([hotel_id for hotel_id, seq in noted.items() if self._known.get(hotel_id, 0) < seq])
        while some := list(islice(wanted, AT_ONCE)):
            if not self._may_go_on():
                return False
            self._read(some, lines)
            self._known |= {line.hotel_id: line.seq for line in lines[-len(some) :]}
        return True

    def _read(self, hotel_ids: Iterable[str], lines: list[HotelLine]) -> None:
        manifests = side_by_side(lambda hotel_id: present_manifest(self._stores, hotel_id), hotel_ids)
        found = [line_of(manifest, None) for manifest in manifests if manifest]
        self.hotels += len(found)
        lines += found

    def _advance(self, **fields: object) -> None:
        self.progress = self.progress.model_copy(update=fields)

    def _keep(self, kind: str, lines: list[HotelLine]) -> None:
        if not lines:
            return
        lines.sort(key=lambda line: (hotel_folder(line.hotel_id), -line.seq))
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / "lines"
            write_lines(path, map(line_bytes, lines))
            self._stores.state.put_file(lines_key(kind, self._now, secrets.token_hex(4)), path)

    def _read_before(self) -> dict[str, int]:
        """The hotels that were read within the overlap, and their numbers."""
        known: dict[str, int] = {}
        for key, kind, made in parts(self._stores.state):
            if kind == CHANGED and made > self._now - KEPT:
                for hotel_id, seq in _numbers(self._stores.state, key):
                    known[hotel_id] = max(seq, known.get(hotel_id, 0))
        return known


def parts(state: Store) -> Iterator[tuple[str, str, datetime]]:
    """The parts of lines that there are: key, kind, and when each was made."""
    for listed in state.list(LINES):
        if made := lines_made(listed.key):
            yield listed.key, *made


def is_needed(kind: str, made: datetime, now: datetime) -> bool:
    """Whether a part is kept although the latest snapshot holds it."""
    return kind == CHANGED and abs(now - made) < KEPT + timedelta(minutes=1)


def _numbers(state: Store, key: str) -> Iterator[tuple[str, int]]:
    file = state.open(key)
    if file is None:
        return
    try:
        with file, gzip.open(file, "rb") as lines:
            for line in lines:
                yield hotel_and_seq(line)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise ListUnreadableError(f"state/{key}") from error
