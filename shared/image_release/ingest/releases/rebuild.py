"""Making `releases/current.json` again from the releases that lie in the state store, where it cannot be read."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

from image_release.ingest.releases.current import Current, Release, current_of, open_index, shard_rows
from image_release.ingest.releases.index import ReleaseIndex, is_whole_index, shard_of, write_shards
from image_release.state import StateUnreadableError, parsed_json, swap, write_json
from image_release.storage import Store
from image_release.store_keys import CURRENT_RELEASE, RELEASES, release_digest_key, release_index_key

_SHARD = re.compile(r"(?P<folder>releases/[^/]+)/rows/(?P<shard>[0-9]+)\.jsonl\.gz")


def rebuild_current(state: Store, now: datetime) -> Current | None:
    """Put the newest whole release into force again; None if there is none, or if the document can be read.

    The other releases count as unfinished, so hotels that left since are found. Raises DocumentContendedError.
    """
    releases = sorted(_whole_releases(state), key=lambda release: release.release_id)
    if not releases:
        return None
    newest = Current(**asdict(releases[-1]), unfinished=tuple(releases[:-1]))
    written = False

    def change(data: bytes | None) -> bytes | None:
        nonlocal written
        written = data is not None and not _is_readable(data)
        return write_json({**asdict(newest), "applied_at": now.isoformat()}) if written else None

    swap(state, CURRENT_RELEASE, change)
    return newest if written else None


def _is_readable(data: bytes) -> bool:
    try:
        current_of(parsed_json(CURRENT_RELEASE, data))
    except StateUnreadableError:
        return False
    return True


def _whole_releases(state: Store) -> Iterable[Release]:
    """The releases whose rows can all be read."""
    shards: dict[str, int] = {}
    for listed in state.list(RELEASES):
        if match := _SHARD.fullmatch(listed.key):
            shards[match["folder"]] = max(int(match["shard"]), shards.get(match["folder"], 0))
    for folder, last in sorted(shards.items()):
        digest = state.get(release_digest_key(folder))
        if digest is None:
            continue
        name = folder.removeprefix(RELEASES).partition("+")[0]
        bits = last.bit_length()
        release = Release(unquote(name), digest.data.decode("ascii", "replace"), folder, bits, hotels=1)
        hotels = _hotels(state, release)
        if hotels is not None:
            yield replace(release, hotels=hotels)


def _hotels(state: Store, release: Release) -> int | None:
    """Number of hotels in the shards of a release; None if a shard is lost or cannot be read."""
    hotels = 0
    for shard in range(2**release.shard_bits):
        try:
            rows = shard_rows(state, release, shard)
        except StateUnreadableError:
            return None
        if any(shard_of(hotel_id, release.shard_bits) != shard for hotel_id in rows):
            return None  # there were more shards
        hotels += len(rows)
    return hotels


def unreadable_shards(state: Store, release: Release) -> tuple[str, ...]:
    """Keys of the row shards of a release that are lost or cannot be read."""
    unreadable = []
    for shard in range(2**release.shard_bits if release.hotels else 0):
        try:
            shard_rows(state, release, shard)
        except StateUnreadableError as error:
            unreadable.append(error.key)
    return tuple(unreadable)


def has_whole_index(state: Store, release: Release) -> bool:
    """Whether the index of a release can be read."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.sqlite"
        return state.fetch_file(release_index_key(release.folder), path) and is_whole_index(path, release.hotels)


def rebuild_rows(state: Store, release: Release) -> bool:
    """Write the row shards of a release again from its index; False if that is lost, too."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.sqlite"
        if not (state.fetch_file(release_index_key(release.folder), path) and is_whole_index(path, release.hotels)):
            return False
        with ReleaseIndex(path) as index:
            write_shards(index, state, release.folder, release.shard_bits)
    return True


def rebuild_index(state: Store, release: Release) -> bool:
    """Write the index of a release again from its row shards. Raises StateUnreadableError if those are lost, too."""
    with tempfile.TemporaryDirectory() as folder, open_index(state, release, Path(folder) / "index.sqlite"):
        return True
