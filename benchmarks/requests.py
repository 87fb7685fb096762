"""Measure a request for all hotels of a release: the planner and the shares, with the times that AWS takes.

    python -m benchmarks.requests [--rows 1000000] [--s3-ms 20] [--sqs-ms 10] [--refused-every 500]

The planner is killed once, after half of its messages, and comes back. Each function runs in a process of its own; the
client of SQS is the real one. A share is worked with a whole processor here; the time of a Lambda with 512 MB is
derived from its processor time. Ends with status 1 where a hotel is not nudged, a share that was done is sent again, or
an invocation takes more than half of its timeout (multiplied by the machine factor, benchmarks/speed.py).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.latencies import MEMORY_OF_A_PROCESSOR_MB, SlowSqs, SlowStore
from benchmarks.measuring import Cost, measured
from benchmarks.release_index import write
from benchmarks.speed import sentence, slowness
from functions.composition import CATALOGUE_THREADS, QUEUE_THREADS
from image_release.ingest import parse_request
from image_release.queueing import MemoryQueue, SqsQueue
from image_release.serverless.fan_out import fan_out
from image_release.serverless.messages import ShareMessage, read_nudge
from image_release.serverless.ports import Suite
from image_release.serverless.reprocess import reprocess
from image_release.serverless.shares import do_share
from image_release.serverless.steps import STEPS
from image_release.settings import Settings
from image_release.storage import FolderStore
from image_release.tag import AccountQuota, MemoryCounters

REQUEST = b'{"request_id": "all-of-them", "all": true}'
PLANNER_TIMEOUT_S, SHARE_TIMEOUT_S = 900, 120
"""Timeouts of `reprocess` and `fan_out_shard` (serverless.yml)."""
SHARE_PROCESSORS = 512 / MEMORY_OF_A_PROCESSOR_MB
"""Processors of `fan_out_shard`, which has 512 MB."""
SHARES_AT_ONCE = 10
"""Concurrency of `fan_out_shard` (serverless.yml)."""


class KilledError(BaseException):
    """The planner was killed."""


class World:
    """A suite whose stores lie in a folder, and whose stores and queues take their time."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.hotels: list[str] = []
        self.orders: list[str] = []
        self.bulk = SlowSqs(args.sqs_ms / 1000, refused_every=args.refused_every, taken=self._nudged)
        self.shards = SlowSqs(args.sqs_ms / 1000, taken=self.orders.extend)
        self.state = SlowStore(FolderStore(args.folder / "state"), args.s3_ms / 1000)
        bulk, shards = (SqsQueue("u", threads=QUEUE_THREADS, connect=sqs.client) for sqs in (self.bulk, self.shards))

        def now() -> datetime:
            return datetime.now(UTC)

        self.suite = Suite(
            inbox=SlowStore(FolderStore(args.folder / "inbox"), args.s3_ms / 1000),
            state=self.state,
            published=FolderStore(args.folder / "published"),
            urgent=bulk,
            bulk=bulk,
            shards=shards,
            catalogues=MemoryQueue(),
            comparing=MemoryQueue(),
            quota=AccountQuota(MemoryCounters(), 0, 0, now),
            settings=Settings(),
            now=now,
            threads=CATALOGUE_THREADS,
        )

    def _nudged(self, bodies: list[str]) -> None:
        self.hotels += [read_nudge(body).hotel_id for body in bodies]

    def told(self, **found: Any) -> dict[str, Any]:
        """What was counted, with the rest of what was found."""
        sent = {"batches": self.bulk.requests + self.shards.requests, "retries": self.bulk.refused}
        return {**sent, "s3_requests": self.state.requests, **found}


def plan(world: World, kill_after: int) -> dict[str, Any]:
    """Run the planner. It is killed when it sent `kill_after` messages (0: never)."""
    if kill_after:

        def send(messages: Any) -> int:
            sent = [message for message, _ in zip(messages, range(kill_after), strict=False)]
            world.orders += [message.body for message in sent]
            raise KilledError

        killed = MemoryQueue()
        killed.send = send  # type: ignore[method-assign]
        try:
            reprocess(parse_request(REQUEST, "all"), replace(world.suite, shards=killed), occasion="once")
        except KilledError:
            return world.told(orders=world.orders)
    requested = reprocess(parse_request(REQUEST, "all"), world.suite, occasion="once")
    return world.told(hotels=requested.hotels, shares=requested.shares, orders=world.orders)


def work(world: World, orders: list[str]) -> dict[str, Any]:
    """Do shares, one after the other."""
    for body in orders:
        do_share(ShareMessage.model_validate_json(body), world.suite, STEPS)
    return world.told(nudges=len(world.hotels), different=len(set(world.hotels)))


def told(name: str, cost: Cost) -> dict[str, Any]:
    """Print what a process cost; returns what it found."""
    found: dict[str, Any] = json.loads(cost.stdout)
    shown = json.dumps({key: value for key, value in found.items() if key != "orders"})
    print(f"{name:24} {cost.wall_s:6.1f} s wall {cost.cpu_s:6.1f} s CPU {cost.peak_mb:5.0f} MB   {shown}", flush=True)
    return found


def measure(args: argparse.Namespace) -> bool:
    """Measure a request for all hotels; returns whether counts and bounds are right."""
    me = [sys.executable, "-m", "benchmarks.requests", "--folder", str(args.folder)]
    me += ["--s3-ms", str(args.s3_ms), "--sqs-ms", str(args.sqs_ms), "--refused-every", str(args.refused_every)]
    write(args.folder / "release.csv", args.rows)
    prepared = World(argparse.Namespace(**{**vars(args), "s3_ms": 0, "sqs_ms": 0}))
    FolderStore(args.folder / "inbox").put_file("releases/r1.csv", args.folder / "release.csv")
    fan_out("releases/r1.csv", prepared.suite)

    half = -(-args.rows // prepared.suite.hotels_a_share) // 2
    planners = [measured([*me, "--plan", str(half)])]
    first = told("planner, killed", planners[0])["orders"]
    (args.folder / "one").write_text(json.dumps(first[:1]))
    (args.folder / "some").write_text(json.dumps(first[1:]))
    one, some = (measured([*me, "--work", name]) for name in ("one", "some"))
    found = [told("one share", one), told("the others that were sent", some)]
    planners.append(measured([*me, "--plan", "0"]))
    again = told("planner, comes back", planners[1])
    (args.folder / "rest").write_text(json.dumps(again["orders"]))
    rest = measured([*me, "--work", "rest"])
    found.append(told("all other shares", rest))

    one_s = max(one.wall_s, one.cpu_s / SHARE_PROCESSORS)
    shares = len(first) + len(again["orders"])
    nudged, different = (sum(part[name] for part in found) for name in ("nudges", "different"))
    print(
        f"a share with {SHARE_PROCESSORS:.2f} processors: {one_s:.1f} s of {SHARE_TIMEOUT_S}, with the start of Python"
    )
    print(
        f"{nudged:,} nudges for {args.rows:,} hotels in {shares} shares, {again['shares']} sent by the second planner"
    )
    print(f"{SHARES_AT_ONCE} shares at once: all hotels are nudged after about {one_s * shares / SHARES_AT_ONCE:.0f} s")
    print(sentence())
    fits = all(cost.wall_s <= PLANNER_TIMEOUT_S / 2 * slowness() for cost in planners)
    fits = fits and one_s <= SHARE_TIMEOUT_S / 2 * slowness()
    return fits and nudged == different == args.rows and set(first).isdisjoint(again["orders"])


def main() -> int:
    """Measure, or (with --plan or --work) be one of the measured processes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--s3-ms", type=float, default=20)
    parser.add_argument("--sqs-ms", type=float, default=10)
    parser.add_argument("--refused-every", type=int, default=500)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--plan", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.plan is not None:
        print(json.dumps(plan(World(args), args.plan)))
        return 0
    if args.work:
        print(json.dumps(work(World(args), json.loads((args.folder / args.work).read_text()))))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        args.folder = Path(folder)
        return 0 if measure(args) else 1


if __name__ == "__main__":
    sys.exit(main())
