"""City and country of every hotel of a release, sorted as a snapshot is: they are joined to its lines."""

from __future__ import annotations

import tempfile
from itertools import chain, count, islice
from pathlib import Path

from image_release.feed.merging import place_bytes, write_lines
from image_release.feed_keys import places_key
from image_release.ingest import Release, shard_rows
from image_release.side_by_side import side_by_side
from image_release.storage import Store
from image_release.store_keys import hotel_folder

AT_ONCE = 100_000
"""Number of hotels that are sorted at once: some 40 MB of memory."""


def write_places(state: Store, release: Release) -> None:
    """Write the places of a release, in sorted parts. Raises StateUnreadableError if rows are lost."""
    shards = side_by_side(lambda shard: list(shard_rows(state, release, shard).values()), range(2**release.shard_bits))
    rows = chain.from_iterable(shards)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "places"
        for number in count():
            ordered = sorted(islice(rows, AT_ONCE), key=lambda row: hotel_folder(row.hotel_id))
            if not ordered:
                return
            write_lines(path, (place_bytes(row.hotel_id, row.city, row.country) for row in ordered))
            state.put_file(places_key(release.folder, number), path)
