"""The Data Release: read as a stream, written as an index and row shards, and switched over to."""

from image_release.ingest.releases.applying import ReleaseApplied, apply_release, release_id_of
from image_release.ingest.releases.current import (
    Current,
    Release,
    complete_release,
    departed,
    departed_from_shard,
    find_row,
    hotel_ids,
    open_index,
    read_current,
    shard_hotels,
)
from image_release.ingest.releases.index import ReleaseIndex
from image_release.ingest.releases.reading import COLUMNS, ReleaseUnreadableError

__all__ = [
    "COLUMNS",
    "Current",
    "Release",
    "ReleaseApplied",
    "ReleaseIndex",
    "ReleaseUnreadableError",
    "apply_release",
    "complete_release",
    "departed",
    "departed_from_shard",
    "find_row",
    "hotel_ids",
    "open_index",
    "read_current",
    "release_id_of",
    "shard_hotels",
]
