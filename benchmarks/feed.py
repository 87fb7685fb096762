"""Measure a step of a suite's feed: some hotels of many changed, and the next snapshot is due.

python -m benchmarks.feed --hotels 1000000 --changed 1000

`--new-release` puts another release into force: its places are sorted, and each line gets them.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.changes import PICTURES, made
from image_release.feed import Position, note
from image_release.feed.gathering import FeedProgress
from image_release.feed.hotel_line import line_of
from image_release.feed.merging import line_bytes, write_lines
from image_release.feed.pointer import Pointer
from image_release.feed.suite_snapshots import keep_snapshots
from image_release.feed_keys import FEED_PROGRESS
from image_release.ingest.releases.applying import apply_release
from image_release.settings import Settings
from image_release.state import write_json
from image_release.storage import CountingStore, FolderStore, StoreCounter, Stores
from image_release.store_keys import LATEST_SNAPSHOT, manifest_key, snapshot_key
from image_release.values import sha256_hex

STARTED = datetime(2026, 11, 1, tzinfo=UTC)


def prepare(stores: Stores, hotels: int, folder: Path) -> None:
    """A snapshot of many hotels, an hour old."""
    line = line_bytes(line_of(made("0000000", 1, PICTURES), None))
    first = sha256_hex(b"0000000/1").encode()

    def lines() -> Iterator[bytes]:
        for number in range(hotels):
            sha256 = sha256_hex(str(number).encode()).encode()
            named = line.replace(b"0000000", b"%07d" % number)
            yield named.replace(first, sha256).replace(first[:20], sha256[:20])

    path = folder / "snapshot"
    write_lines(path, lines())
    key = snapshot_key(STARTED)
    stores.published.put_file(key, path)
    pointer = Pointer(snapshot=key, release="", hotels=hotels, position=Position(STARTED).to_text())
    stores.published.put(LATEST_SNAPSHOT, write_json(pointer.model_dump()))
    progress = FeedProgress(claim="", followed=STARTED, listed=None, snapshot=key)
    stores.state.put(FEED_PROGRESS, write_json(progress.model_dump(mode="json")))
    print(f"a snapshot of {hotels:,} hotels has {path.stat().st_size / 1e6:.0f} MB")


def change(stores: Stores, hotels: int, changed: int) -> None:
    """Publish and note some hotels."""
    for number in range(0, hotels, max(1, hotels // changed)):
        manifest = made(f"{number:07}", 2, PICTURES - 1)
        manifest = manifest.model_copy(update={"published_at": STARTED + timedelta(minutes=30)})
        note(stores.state, manifest)
        stores.published.put(manifest_key(manifest.hotel_id), manifest.to_bytes())


def release(stores: Stores, hotels: int, folder: Path) -> None:
    """Put a release of all hotels into force."""
    path = folder / "release.csv"
    with path.open("w") as file:
        file.write("hotel_id,name,country,city,latitude,longitude,accommodations\n")
        file.writelines(f"{number:07},Hotel,ES,City {number % 9_000},,,p:{number}\n" for number in range(hotels))
    stores.inbox.put_file("releases/r1.csv", path)
    apply_release(stores.inbox, stores.state, "releases/r1.csv", Settings(), STARTED)


def main() -> int:
    """Make the snapshot, and measure the next one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hotels", type=int, default=1_000_000)
    parser.add_argument("--changed", type=int, default=1_000)
    parser.add_argument("--new-release", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, counter = Path(name), StoreCounter()
        plain = Stores(*(FolderStore(folder / store) for store in ("inbox", "state", "published")))
        prepare(plain, args.hotels, folder)
        change(plain, args.hotels, args.changed)
        if args.new_release:
            release(plain, args.hotels, folder)
        stores = Stores(*(CountingStore(store, counter) for store in (plain.inbox, plain.state, plain.published)))
        before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
        did: dict[str, int] = {}
        while "hotels" not in did:
            started, cpu = time.monotonic(), time.process_time()
            did = keep_snapshots(stores, STARTED + timedelta(minutes=65), lambda: True)
            wall_s, cpu_s = time.monotonic() - started, time.process_time() - cpu
            print(f"{did}: {wall_s:.1f} s wall, {cpu_s:.1f} s CPU, {counter.reads:,} reads, {counter.writes:,} writes")
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
        print(f"peak of memory {peak_mb:.0f} MB ({before_mb:.0f} MB before)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
