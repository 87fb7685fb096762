"""Snapshots of a suite, made by `tick` in steps: read what changed, and once an hour merge it into the next snapshot.

A step is claimed by a swap of `feed/progress.json`, and the latest snapshot is replaced only if it is still the one
that was there at the beginning. So two ticks at once never lose a hotel: one of them stops, and what it read stays.
"""

from __future__ import annotations

import logging
import secrets
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from image_release.feed.following import Position, lists_since
from image_release.feed.gathering import FeedProgress, Gathering, is_needed, parts
from image_release.feed.lists import ListUnreadableError
from image_release.feed.merging import NEW, OLD, PLACE, Source, write_merged
from image_release.feed.noting import OVERLAP
from image_release.feed.places import write_places
from image_release.feed.pointer import Pointer, release_name
from image_release.feed.snapshots import prune_snapshots
from image_release.feed_keys import FEED_PROGRESS, LINES, PLACES, places_done_key, places_folder
from image_release.ingest import Current, read_current
from image_release.state import write_json
from image_release.storage import ConditionFailedError, Store, Stored, Stores
from image_release.store_keys import LATEST_SNAPSHOT, snapshot_key, snapshot_time

log = logging.getLogger(__name__)

EVERY = timedelta(hours=1)
"""Time between two snapshots of a suite."""


class FeedContendedError(Exception):
    """Another tick works on the snapshot; what this one read is not lost."""


def keep_snapshots(stores: Stores, now: datetime, may_read: Callable[[], bool]) -> dict[str, int]:
    """Do some of the work on the next snapshot; returns how many hotels were read, and how many a new snapshot has.

    Hotels are read as long as `may_read` says so; a snapshot that is due is written in any case.
    Where something of it is damaged or lost, all hotels are listed again. Raises FeedContendedError and
    StateUnreadableError.
    """
    keeping = _Keeping(stores, now)
    gathering = Gathering(stores, keeping.progress, now, may_read)
    try:
        gathering.run()
        keeping.claim(gathering.progress)
        hotels = keeping.merge()
    except ListUnreadableError as error:
        log.warning("%s: all hotels are listed again", error)
        keeping.begin_again()
        return {"read": gathering.hotels}
    return {"read": gathering.hotels, "hotels": hotels} if hotels else {"read": gathering.hotels}


class _Keeping:
    """One step of the work: what was there when it began, and what is put in its place."""

    def __init__(self, stores: Stores, now: datetime) -> None:
        self._stores = stores
        self._now = now
        self._pointed = stores.published.get(LATEST_SNAPSHOT)
        self._latest = Pointer.parsed(self._pointed.data) if self._pointed else None
        self._stored = stores.state.get(FEED_PROGRESS)
        self.progress = self._usable() or FeedProgress.beginning(now)

    def claim(self, progress: FeedProgress) -> None:
        """Remember how far the work came, if no other tick did so meanwhile. Raises FeedContendedError."""
        present = {key for key, *_ in parts(self._stores.state)}
        merged = tuple(key for key in progress.merged if key in present)
        wanted = progress.model_copy(update={"claim": secrets.token_hex(8), "merged": merged})
        data = write_json(wanted.model_dump(mode="json"))
        _swap(self._stores.state, FEED_PROGRESS, data, self._stored)
        self._stored = self._stores.state.get(FEED_PROGRESS)
        if self._stored is None or self._stored.data != data:
            raise FeedContendedError(FEED_PROGRESS)
        self.progress = wanted

    def merge(self) -> int:
        """Write the next snapshot if one is due; returns its number of hotels, 0 if it was not due."""
        current = read_current(self._stores.state)
        is_other_release = self._latest is None or self._latest.release != release_name(current)
        found = [key for key, *_ in parts(self._stores.state)]
        new = [key for key in found if key not in self.progress.merged]
        if self.progress.listed is not None or not (new or is_other_release) or not self._is_time():
            self._tidy()
            return 0
        if not self._has_places(current):
            return 0  # it takes as long as to merge: the next tick does that
        hotels, key = self._merge(new, current, again=is_other_release)
        pointer = Pointer(snapshot=key, release=release_name(current), hotels=hotels, position=self._position())
        try:
            _swap(self._stores.published, LATEST_SNAPSHOT, write_json(pointer.model_dump()), self._pointed)
        except FeedContendedError:
            if key != self.progress.snapshot:
                self._stores.published.delete(key)
            raise
        self.claim(self.progress.model_copy(update={"snapshot": key, "merged": tuple(found)}))
        self._tidy()
        prune_snapshots(self._stores.published, self._now)
        return hotels

    def begin_again(self) -> None:
        """Forget what was read: the next step lists all hotels. Raises FeedContendedError."""
        lists = tuple(sorted(lists_since(self._stores.state, self._now - OVERLAP, frozenset())[2]))
        self.claim(FeedProgress.beginning(self._now).model_copy(update={"lists": lists}))
        for listed in self._stores.state.list(LINES):
            self._stores.state.delete(listed.key)

    def _usable(self) -> FeedProgress | None:
        """How far the work came; None where it has to begin: first, after damage, or by a clock set back."""
        try:
            progress = FeedProgress.model_validate_json(self._stored.data) if self._stored else None
        except ValueError:
            return None
        if progress is None or Position(progress.followed).is_ahead(self._now):
            return None
        if progress.snapshot and (self._latest is None or not self._stores.published.head(self._latest.snapshot)):
            return None
        return progress

    def _is_time(self) -> bool:
        made = snapshot_time(self._latest.snapshot) if self._latest and self.progress.snapshot else None
        return made is None or abs(self._now - made) >= EVERY

    def _position(self) -> str:
        return Position(self.progress.followed, frozenset(self.progress.lists)).to_text()

    def _merge(self, new: list[str], current: Current | None, *, again: bool) -> tuple[int, str]:
        """Merge the latest snapshot and new parts; returns the number of hotels, and the key of the latest one then."""
        before = self._latest.snapshot if self._latest and self.progress.snapshot else None
        # two ticks never write one snapshot, whatever their clocks say
        key = snapshot_key(self._now.replace(microsecond=secrets.randbelow(1_000_000)))
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            sources = [*self._copied(self._stores.state, new, NEW, folder)]
            sources += self._copied(self._stores.state, self._places(current), PLACE, folder)
            if before:
                sources += self._copied(self._stores.published, [before], OLD, folder)
            hotels, is_other = write_merged(folder / "merged", sources, again=again)
            if before and not is_other:
                return hotels, before
            self._stores.published.put_file(key, folder / "merged")
        return hotels, key

    def _has_places(self, current: Current | None) -> bool:
        """Whether the places of the release in force are there. If not, they are written in place of all others."""
        if current is None:
            return True
        state, done = self._stores.state, places_done_key(current.folder)
        if state.head(done):
            return True
        for listed in state.list(PLACES):
            state.delete(listed.key)
        write_places(state, current)
        state.put(done, b"")
        return False

    def _places(self, current: Current | None) -> list[str]:
        """Keys of the places of the release in force."""
        if current is None:
            return []
        done = places_done_key(current.folder)
        return [listed.key for listed in self._stores.state.list(places_folder(current.folder)) if listed.key != done]

    def _copied(self, store: Store, keys: list[str], kind: int, folder: Path) -> Iterator[Source]:
        """Objects as local files. Raises ListUnreadableError where one is gone."""
        for number, key in enumerate(keys):
            path = folder / f"{kind}-{number}"
            if not store.fetch_file(key, path):
                raise ListUnreadableError(key)
            yield Source(path, kind, key)

    def _tidy(self) -> None:
        """Delete parts that the latest snapshot holds and that nothing needs any more."""
        for key, kind, made in list(parts(self._stores.state)):
            if key in self.progress.merged and not is_needed(kind, made, self._now):
                self._stores.state.delete(key)


def _swap(store: Store, key: str, data: bytes, before: Stored | None) -> None:
    """Put a document in the place of the one that was read. Raises FeedContendedError if that is another one now."""
    try:
        store.put(key, data, if_absent=before is None, if_match=before.etag if before else None)
    except ConditionFailedError as error:
        raise FeedContendedError(key) from error
