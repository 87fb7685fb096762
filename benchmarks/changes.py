"""Measure the feed on made manifests: the first snapshot, the next one after some hotels changed, and `changes`.

python -m benchmarks.changes --hotels 100000 --changed 1000
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from image_release.feed import Cause, Collecting, Noting
from image_release.feed.changes import changes_of
from image_release.feed.snapshots import write_snapshot
from image_release.publish import (
    Manifest,
    PublishedImage,
    PublishedPicture,
    PublishedRendition,
    PublishedScore,
    change_of,
    publish,
    put_change,
    read_before,
)
from image_release.storage import FolderStore, Stores
from image_release.store_keys import manifest_key, rendition_key
from image_release.values import Nudge, sha256_hex

PICTURES = 12
SIZES = 14
ONE = "one-of-many"
"""Id of the hotel of which all are copies."""
STARTED = datetime(2026, 11, 1, tzinfo=UTC)


def made(hotel_id: str, seq: int, pictures: int) -> Manifest:
    """A manifest like that of an ordinary hotel."""
    shown = []
    for position in range(1, pictures + 1):
        sha256 = sha256_hex(f"{hotel_id}/{position}".encode())
        best = PublishedImage(url="u", partner_id="p", accommodation_id="a", sha256=sha256, width=1, height=1)
        renditions = tuple(
            PublishedRendition(
                name=f"w{width}",
                key=rendition_key(hotel_id, seq, sha256, f"w{width}", "jpg"),
                width=width,
                height=width,
                bytes=1,
                format="jpeg",
            )
            for width in range(80, 80 * (SIZES + 1), 80)
        )
        shown.append(
            PublishedPicture(
                position=position,
                best=best,
                margin=0,
                category="bedroom",
                labels=(),
                score=PublishedScore(total=0, parts={}),
                renditions=renditions,
                merged=(),
            )
        )
    return Manifest(
        seq=seq,
        hotel_id=hotel_id,
        name=f"Hotel {hotel_id}",
        release_id="r",
        inputs="",
        versions={},
        published_at=STARTED,
        pictures=tuple(shown),
    )


def change(stores: Stores, hotels: range) -> Cause:
    """Take a picture from some hotels, as a run does."""
    cause = Cause.of("run", STARTED)
    noting = Noting(stores.state, cause)
    with Collecting(stores, cause) as collecting:
        for number in hotels:
            before = read_before(stores.published, str(number))
            after = made(str(number), before.next_seq, PICTURES - 1)
            record = change_of(before.manifest, after, Nudge(str(number), "release"))
            put_change(stores.state, record)
            after = after.model_copy(update={"change": record.digest})
            noting(before.manifest, after)
            publish(stores.published, after, before)
            collecting.add(str(number), (after.seq,))
    return cause


def timed(what: str, work: Callable[[], object]) -> None:
    """Print how long something takes, and the peak of memory so far."""
    started, cpu = time.monotonic(), time.process_time()
    work()
    wall_s, cpu_s = time.monotonic() - started, time.process_time() - cpu
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    print(f"{what:46} {wall_s:8.2f} s wall {cpu_s:8.2f} s CPU   peak {peak_mb:4.0f} MB", flush=True)


def main() -> int:
    """Make a workspace, and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hotels", type=int, default=100_000)
    parser.add_argument("--changed", type=int, default=1_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        stores = Stores(*(FolderStore(Path(folder) / name) for name in ("inbox", "state", "published")))
        one = made(ONE, 1, PICTURES).to_bytes()
        for number in range(args.hotels):
            stores.published.put(manifest_key(str(number)), one.replace(ONE.encode(), str(number).encode()))
        timed(f"first snapshot of {args.hotels:,} hotels", lambda: write_snapshot(stores, datetime.now(UTC)))
        cause = change(stores, range(0, args.hotels, max(1, args.hotels // args.changed)))
        timed(f"next snapshot, {args.changed:,} hotels changed", lambda: write_snapshot(stores, datetime.now(UTC)))
        timed("next snapshot, nothing changed", lambda: write_snapshot(stores, datetime.now(UTC)))
        timed("changes, the worst 20", lambda: changes_of(stores, cause.name, limit=20))
        timed("changes, all", lambda: changes_of(stores, cause.name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
