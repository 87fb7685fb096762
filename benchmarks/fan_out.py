"""Measure a Data Release of a million hotels in the function suite, with queues that only count.

    python -m benchmarks.fan_out [--rows 1000000]

A second release of the same hotels, but for 1 % that departed, is fanned out: planner and shards each in a process of
their own. Ends with status 1 where a message is missing or too much, or a bound of docs/performance.md is broken;
seconds are multiplied by the machine factor (benchmarks/speed.py).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measuring import measured
from benchmarks.release_index import write
from benchmarks.speed import sentence, slowness
from image_release.ingest import read_current
from image_release.queueing import Message
from image_release.queueing.sqs import batches
from image_release.serverless.fan_out import complete_when_fanned_out, fan_out, fan_out_shard
from image_release.serverless.messages import ShardMessage, read_nudge
from image_release.serverless.ports import Suite
from image_release.settings import Settings
from image_release.storage import FolderStore
from image_release.tag import AccountQuota, MemoryCounters

MOST_MB = 512
"""Bound of the peak memory of one process, in 10^6 bytes."""
MOST_S = 300
"""Bound of the time of one process, in seconds: a third of a Lambda's fifteen minutes."""


class CountingQueue:
    """A queue that counts messages and the requests to SQS, and keeps the bodies of the messages."""

    def __init__(self) -> None:
        self.messages = self.requests = 0
        self.bodies: list[str] = []

    def send(self, messages: Iterable[Message]) -> int:
        """Count the messages; returns their number."""
        before = self.messages
        for batch in batches(messages):
            self.requests += 1
            self.messages += len(batch)
            self.bodies += [message.body for message in batch]
        return self.messages - before

    def return_after(self, receipt: str, seconds: int) -> None:
        """Never called: nobody receives from this queue."""
        raise NotImplementedError


def suite(folder: Path) -> Suite:
    """A suite with stores in a folder and queues that count."""

    def now() -> datetime:
        return datetime.now(UTC)

    return Suite(
        inbox=FolderStore(folder / "inbox"),
        state=FolderStore(folder / "state"),
        published=FolderStore(folder / "published"),
        urgent=CountingQueue(),
        bulk=CountingQueue(),
        shards=CountingQueue(),
        catalogues=CountingQueue(),
        comparing=CountingQueue(),
        quota=AccountQuota(MemoryCounters(), 0, 0, now),
        settings=Settings(),
        now=now,
    )


def plan(folder: Path, key: str) -> dict[str, int]:
    """Run the planner; returns the number of shards."""
    planned = fan_out(key, suite(folder))
    return {"shards": planned.shards}


def work(folder: Path, shards: int | None) -> dict[str, int]:
    """Run shard workers one after the other, `shards` of them or all (None); returns what was counted."""
    world = suite(folder)
    current = read_current(world.state)
    assert current is not None
    hotels: set[str] = set()
    counted = 0
    bulk = world.bulk
    assert isinstance(bulk, CountingQueue)
    for shard in range(2**current.shard_bits if shards is None else shards):
        order = ShardMessage(release_id=current.release_id, folder=current.folder, shard=shard)
        counted += fan_out_shard(order, world).hotels
        hotels.update(read_nudge(body).hotel_id for body in bulk.bodies)
        bulk.bodies.clear()
    if shards is None:
        assert complete_when_fanned_out(world)
    return {"messages": counted, "different": len(hotels), "requests": bulk.requests}


def measure(folder: Path, rows: int) -> bool:
    """Apply two releases and measure the second; returns whether messages and bounds are right."""
    inbox = FolderStore(folder / "inbox")
    me = [sys.executable, "-m", "benchmarks.fan_out", "--folder", str(folder)]
    for release_id, count in (("r1", rows), ("r2", rows - rows // 100)):
        write(folder / "release.csv", count)
        inbox.put_file(f"releases/{release_id}.csv", folder / "release.csv")
        planner = measured([*me, "--plan", f"releases/{release_id}.csv"])
        if release_id == "r1":
            measured([*me, "--work", "0"])
    one, rest = measured([*me, "--work", "1"]), measured([*me, "--work", "0"])
    found = json.loads(one.stdout), json.loads(rest.stdout)
    sent = found[0]["messages"] + found[1]["messages"]
    for name, cost in (("planner", planner), ("one shard", one), ("the other shards", rest)):
        print(f"{name:17} {cost.cpu_s:6.1f} s CPU {cost.peak_mb:5.0f} MB {cost.wall_s:6.1f} s   {cost.stdout.strip()}")
    print(f"{sent:,} messages for {rows:,} hotels of which {rows // 100:,} departed")
    print(sentence())
    fits = all(cost.peak_mb <= MOST_MB and cost.wall_s <= MOST_S * slowness() for cost in (planner, one))
    return fits and sent == rows == found[0]["different"] + found[1]["different"]


def main() -> int:
    """Measure, or (with --plan or --work) be one of the measured processes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--plan", help=argparse.SUPPRESS)
    parser.add_argument("--work", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.plan:
        print(json.dumps(plan(args.folder, args.plan)))
        return 0
    if args.work is not None:
        print(json.dumps(work(args.folder, args.work or None)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return 0 if measure(Path(folder), args.rows) else 1


if __name__ == "__main__":
    sys.exit(main())
