"""Dated snapshots of all hotels in the published store: a line for each hotel, so that nobody lists every hotel.

    feed/<time>/hotels.jsonl.gz   sorted by the hotel's folder
    feed/latest.json              which one is the latest, of which release, and how far it followed the changes

A snapshot is the one before, merged as a stream with the hotels that changed since. The first one lists `hotels/`. Two
writers at once do no harm: each merges all that it finds, and the later time wins.
"""

from __future__ import annotations

import gzip
import json
import logging
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from itertools import chain, groupby
from pathlib import Path

from image_release.feed.following import Position, changed_since
from image_release.feed.hotel_line import HotelLine, line_of
from image_release.feed.lists import ListUnreadableError
from image_release.feed.pointer import Pointer, read_pointer, release_name
from image_release.feed.records import hotels_after, present_manifest
from image_release.ingest import Current, find_row, open_index, read_current
from image_release.side_by_side import side_by_side
from image_release.state import swap, write_json
from image_release.storage import Store, Stores
from image_release.store_keys import (
    FEED,
    LATEST_SNAPSHOT,
    hotel_folder,
    snapshot_key,
    snapshot_time,
)
from image_release.values import HotelRow

log = logging.getLogger(__name__)

KEPT = timedelta(days=7)
"""How long a snapshot is kept that is not the latest one."""

Rows = Callable[[str], HotelRow | None]


def latest_snapshot(published: Store) -> str | None:
    """Key of the latest snapshot; None if there is none that can be found."""
    latest = read_pointer(published)
    return latest.snapshot if latest else None


def read_snapshot(published: Store, key: str | None = None) -> Iterator[HotelLine]:
    """The hotels of a snapshot, of the latest one if no key is given; nothing if there is none.

    Raises ListUnreadableError while it is iterated.
    """
    key = key or latest_snapshot(published)
    file = published.open(key) if key else None
    if file is None:
        return
    try:
        with file, gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield HotelLine.model_validate_json(line)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise ListUnreadableError(f"published/{key}") from error


def write_snapshot(stores: Stores, now: datetime, advance: Callable[[], object] = lambda: None) -> str | None:
    """Write a snapshot if a hotel, or the release's rows, changed since the latest one; returns its key, if any.

    `advance` is called for each hotel that is read while the first snapshot is made. If the latest one, or a list of
    what changed, is damaged, all hotels are listed again.
    """
    latest = read_pointer(stores.published)
    if latest and latest.is_ahead(now):
        log.warning("%s does not follow the present clock: all hotels are listed again", latest.snapshot)
        latest = None
    try:
        return _write_next(stores, latest, now) if latest else _write_first(stores, now, advance)
    except (ListUnreadableError, ValueError) as error:
        log.warning("%s: all hotels are listed again", error)
        return _write_first(stores, now, advance)


def _write_first(stores: Stores, now: datetime, advance: Callable[[], object]) -> str:
    """Write a snapshot of all that `hotels/` has."""
    position = changed_since(stores.state, Position.now()).position
    current = read_current(stores.state)
    key = snapshot_key(now)
    with tempfile.TemporaryDirectory() as name, ExitStack() as opened:
        path = Path(name) / "hotels"
        rows = _all_rows(stores, current, path, opened)
        hotels, _ = _write(path, ((line, True) for line in _first_lines(stores, rows, advance)))
        stores.published.put_file(key, path)
    _point_to(
        stores.published,
        Pointer(snapshot=key, release=release_name(current), hotels=hotels, position=position.to_text()),
        now,
    )
    return key


def _write_next(stores: Stores, latest: Pointer, now: datetime) -> str | None:
    """Write a snapshot of the latest one and what changed since; only its position moves if no line differs."""
    since = changed_since(stores.state, Position.from_text(latest.position))
    current = read_current(stores.state)
    is_same_release = latest.release == release_name(current)
    changed = groupby(since.changed, key=lambda item: item.hotel_id)
    first = next(changed, None)
    if first is None and is_same_release:
        return None
    hotel_ids = (hotel_id for hotel_id, _ in chain([first] if first else [], changed))
    key = snapshot_key(now)
    with tempfile.TemporaryDirectory() as name, ExitStack() as opened:
        path = Path(name) / "hotels"
        rows = _rows_one_by_one(stores, current) if is_same_release else _all_rows(stores, current, path, opened)
        before = read_snapshot(stores.published, latest.snapshot)
        hotels, is_other = _write(path, _merged(stores, before, hotel_ids, rows, again=not is_same_release))
        if is_other:
            stores.published.put_file(key, path)
    named = key if is_other else latest.snapshot
    position = since.position.to_text()
    _point_to(
        stores.published, Pointer(snapshot=named, release=release_name(current), hotels=hotels, position=position), now
    )
    return key if is_other else None


def prune_snapshots(published: Store, now: datetime) -> None:
    """Delete snapshots that are older than a week, but for the latest one."""
    latest = latest_snapshot(published)
    for listed in published.list(FEED):
        made = snapshot_time(listed.key)
        if made and now - made > KEPT and listed.key != latest:
            published.delete(listed.key)


def _point_to(published: Store, wanted: Pointer, now: datetime) -> None:
    """Make a snapshot the latest one, unless a later one is there (but for one of a clock that was set back)."""

    def change(data: bytes | None) -> bytes | None:
        present = Pointer.parsed(data) if data is not None else None
        is_later = present is not None and present.snapshot > wanted.snapshot and not present.is_ahead(now)
        return None if is_later else write_json(wanted.model_dump())

    swap(published, LATEST_SNAPSHOT, change)


def _first_lines(stores: Stores, rows: Rows, advance: Callable[[], object]) -> Iterator[HotelLine]:
    """The lines of all published hotels, in the order of their listing."""
    for hotel_id, manifest in side_by_side(
        lambda hotel_id: (hotel_id, present_manifest(stores, hotel_id)), hotels_after(stores.published)
    ):
        advance()
        if manifest:
            yield line_of(manifest, rows(hotel_id))


def _merged(
    stores: Stores, before: Iterator[HotelLine], changed: Iterator[str], rows: Rows, *, again: bool
) -> Iterator[tuple[HotelLine, bool]]:
    """The lines of the snapshot before and of the hotels that changed, and whether each differs.

    `again`: every line gets what the release says now.
    """
    old = next(before, None)
    for hotel_id in changed:
        place = hotel_folder(hotel_id)
        while old and hotel_folder(old.hotel_id) < place:
            yield _with_row(old, rows) if again else (old, False)
            old = next(before, None)
        known = old if old and old.hotel_id == hotel_id else None
        if known:
            old = next(before, None)
        manifest = present_manifest(stores, hotel_id)
        line = line_of(manifest, rows(hotel_id), known) if manifest else known
        if line:
            yield line, line != known
    while old:
        yield _with_row(old, rows) if again else (old, False)
        old = next(before, None)


def _with_row(line: HotelLine, rows: Rows) -> tuple[HotelLine, bool]:
    """A line with what the release says of the hotel now, and whether it differs."""
    row = rows(line.hotel_id)
    placed = line.model_copy(update={"city": row.city, "country": row.country}) if row else line
    return placed, placed != line


def _rows_one_by_one(stores: Stores, current: Current | None) -> Rows:
    return lambda hotel_id: find_row(stores.state, current, hotel_id) if current else None


def _all_rows(stores: Stores, current: Current | None, path: Path, opened: ExitStack) -> Rows:
    """The rows of the release in force, from a copy of its index."""
    if current is None:
        return lambda _hotel_id: None
    return opened.enter_context(open_index(stores.state, current, path.with_name("index"))).row


def _write(path: Path, lines: Iterable[tuple[HotelLine, bool]]) -> tuple[int, bool]:
    """Write lines; returns their number, and whether one differs from what was there."""
    hotels, is_other = 0, False
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=3) as file:
        for line, differs in lines:
            file.write(json.dumps(line.model_dump(mode="json"), ensure_ascii=False) + "\n")
            hotels, is_other = hotels + 1, is_other or differs
    return hotels, is_other
