"""The release in force: `releases/current.json`, its rows shard by shard, and the hotels that departed since.

`current.json` names the folder of the release's index and shards, so a reader sees one whole release or another. It
also names the last *completed* release, so that the hotels that departed since are known until they were nudged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from image_release.ingest.releases.index import IndexBuilder, ReleaseIndex, is_whole_index, read_shard, shard_of
from image_release.state import StateUnreadableError, read_json, swap_json
from image_release.storage import Store
from image_release.store_keys import CURRENT_RELEASE, release_index_key
from image_release.values import HotelRow


@dataclass(frozen=True, slots=True)
class Release:
    """A release that was applied: where its index and shards are."""

    release_id: str
    digest: str
    folder: str
    shard_bits: int
    hotels: int


@dataclass(frozen=True, slots=True)
class Current(Release):
    """The release in force, and the last one whose hotels were all nudged (None before the first)."""

    completed: Release | None = None
    unfinished: tuple[Release, ...] = ()
    """Releases that came into force after it and were superseded: their hotels may be published too."""

    @property
    def is_completed(self) -> bool:
        """Whether all hotels of the release in force were nudged."""
        return self.completed is not None and self.completed.folder == self.folder

    def before(self) -> tuple[Release, ...]:
        """Releases whose hotels may be published, and depart with this one."""
        known = (*((self.completed,) if self.completed else ()), *self.unfinished)
        return tuple(release for release in known if release.folder != self.folder)

    def plain(self) -> Release:
        """The release without its history."""
        return Release(self.release_id, self.digest, self.folder, self.shard_bits, self.hotels)


def read_current(state: Store) -> Current | None:
    """The release in force. Raises StateUnreadableError."""
    document = read_json(state, CURRENT_RELEASE)
    return None if document is None else current_of(document)


def find_row(state: Store, current: Release, hotel_id: str) -> HotelRow | None:
    """A hotel's row in a release: one small read."""
    return shard_rows(state, current, shard_of(hotel_id, current.shard_bits)).get(hotel_id)


def find_rows(state: Store, current: Release, hotel_ids: Iterable[str]) -> dict[str, HotelRow]:
    """The rows of some hotels by id, each shard read once. Raises StateUnreadableError."""
    by_shard: dict[int, list[str]] = {}
    for hotel_id in hotel_ids:
        by_shard.setdefault(shard_of(hotel_id, current.shard_bits), []).append(hotel_id)
    found = {}
    for shard, wanted in by_shard.items():
        rows = shard_rows(state, current, shard)
        found.update({hotel_id: rows[hotel_id] for hotel_id in wanted if hotel_id in rows})
    return found


def shard_rows(state: Store, release: Release, shard: int) -> dict[str, HotelRow]:
    """All rows of a shard of a release by hotel id. Raises StateUnreadableError, also where the shard is lost.

    A release with hotels has rows in every shard: at least 125 on average, spread by a hash.
    """
    return read_shard(state, release.folder, shard, is_written=release.hotels > 0)


def hotel_ids(state: Store, release: Release) -> Iterator[str]:
    """All hotels of a release, shard by shard."""
    for shard in range(2**release.shard_bits):
        yield from shard_hotels(state, release, shard)


def hotel_rows(state: Store, release: Release, *, skip_unreadable: bool = False) -> Iterator[HotelRow]:
    """All rows of a release, shard by shard. Raises StateUnreadableError, unless such shards are to be skipped."""
    for shard in range(2**release.shard_bits):
        try:
            yield from shard_rows(state, release, shard).values()
        except StateUnreadableError:
            if not skip_unreadable:
                raise


def shard_hotels(state: Store, release: Release, shard: int) -> Iterator[str]:
    """The hotels of one shard."""
    yield from shard_rows(state, release, shard)


def departed_from_shard(state: Store, current: Current, shard: int) -> Iterator[str]:
    """Hotels of earlier releases that belong to this shard and that the release in force does not hold.

    Earlier releases are the last completed one and all that came after it.
    """
    befores = current.before()
    seen = set(shard_rows(state, current, shard)) if befores else set()
    for before in befores:
        finer = before.shard_bits - current.shard_bits
        olds = range(shard << finer, (shard + 1) << finer) if finer >= 0 else (shard >> -finer,)
        for old in olds:
            for hotel_id in shard_rows(state, before, old):
                if hotel_id not in seen and shard_of(hotel_id, current.shard_bits) == shard:
                    seen.add(hotel_id)
                    yield hotel_id


def departed(state: Store, current: Current) -> Iterator[str]:
    """Hotels of the last completed release, and of those after it, that the release in force does not hold."""
    for shard in range(2**current.shard_bits):
        yield from departed_from_shard(state, current, shard)


def complete_release(state: Store, current: Current) -> None:
    """Record that all hotels of a release, and those that departed, were nudged. Raises DocumentContendedError."""

    def change(document: Any) -> Any:
        present = current_of(document)
        same = present.plain() == current.plain()
        done = replace(present, completed=present.plain(), unfinished=())
        return {**document, **asdict(done)} if same and present != done else None

    swap_json(state, CURRENT_RELEASE, change)


def open_index(state: Store, release: Release, path: Path) -> ReleaseIndex:
    """Copy the index of a release into a local file and open it.

    An index that is lost or damaged is made again from the rows, and kept. Raises StateUnreadableError if those are
    lost, too.
    """
    key = release_index_key(release.folder)
    if state.fetch_file(key, path) and is_whole_index(path, release.hotels):
        return ReleaseIndex(path)
    path.unlink(missing_ok=True)
    builder = IndexBuilder(path, key)
    try:
        for row in hotel_rows(state, release):
            builder.add(row, 0)
        builder.finish()
    except BaseException:
        builder.close()
        raise
    state.put_file(key, path)
    return ReleaseIndex(path)


def current_of(document: dict[str, Any]) -> Current:
    """The release in force, as `current.json` has it. Raises StateUnreadableError."""
    try:
        completed = document.get("completed")
        return Current(
            **_fields(document),
            completed=Release(**_fields(completed)) if completed else None,
            unfinished=tuple(Release(**_fields(release)) for release in document.get("unfinished", ())),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise StateUnreadableError(CURRENT_RELEASE) from error


def _fields(document: dict[str, Any]) -> dict[str, Any]:
    return {name: document[name] for name in ("release_id", "digest", "folder", "shard_bits", "hotels")}
