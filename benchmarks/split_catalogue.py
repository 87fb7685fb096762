"""Measure a catalogue that is split, of which every image is new, with the times that AWS takes.

    python -m benchmarks.split_catalogue [--lines 333333] [--images 35] [--s3-ms 20] [--sqs-ms 10]

Each step runs in a process of its own, its shares one after the other; the client of SQS is the real one, and listings
are counted and thrown away. The planner is called twice, as if its message came back: the second one sends what has no
mark.
A share is worked with a whole processor here; the time of a Lambda with 512 MB is derived from its processor time. Ends
with status 1 where a listing or a nudge is missing, or an invocation takes more than half of its timeout (multiplied by
the machine factor, benchmarks/speed.py).
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.catalogue import DiscardingStore
from benchmarks.latencies import MEMORY_OF_A_PROCESSOR_MB, SlowSqs, SlowStore
from benchmarks.measuring import measured
from benchmarks.speed import sentence, slowness
from functions.composition import CATALOGUE_THREADS, QUEUE_THREADS
from image_release.queueing import SqsQueue
from image_release.serverless.detect_changes import detect_changes, go_on
from image_release.serverless.fan_out import fan_out
from image_release.serverless.messages import GoOnMessage, ShareMessage
from image_release.serverless.ports import Suite
from image_release.serverless.shares import do_share
from image_release.serverless.split_catalogues import GoingOn
from image_release.serverless.steps import STEPS
from image_release.settings import Settings
from image_release.split_keys import SPLIT, work_folder
from image_release.storage import FolderStore
from image_release.tag import AccountQuota, MemoryCounters

KEY = "catalogues/atlas/1.jsonl.gz"
TIMEOUTS_S = {"detect_changes": 900, "fan_out_shard": 120}
"""Timeouts in serverless.yml."""
SHARE_PROCESSORS = 512 / MEMORY_OF_A_PROCESSOR_MB
"""Processors of `fan_out_shard`, which has 512 MB."""
ACCOMMODATIONS_A_HOTEL = 3


class World:
    """A suite whose stores lie in a folder, and whose stores and queues take their time."""

    def __init__(self, folder: Path, s3_s: float, sqs_s: float) -> None:
        self.sqs = {name: SlowSqs(sqs_s) for name in ("urgent", "shards", "catalogues")}
        self.state = SlowStore(DiscardingStore(folder / "state"), s3_s)
        queues = {name: SqsQueue("u", threads=QUEUE_THREADS, connect=sqs.client) for name, sqs in self.sqs.items()}

        def now() -> datetime:
            return datetime.now(UTC)

        self.suite = Suite(
            inbox=SlowStore(FolderStore(folder / "inbox"), s3_s),
            state=self.state,
            published=FolderStore(folder / "published"),
            bulk=queues["urgent"],
            quota=AccountQuota(MemoryCounters(), 0, 0, now),
            settings=Settings(),
            now=now,
            threads=CATALOGUE_THREADS,
            urgent=queues["urgent"],
            shards=queues["shards"],
            catalogues=queues["catalogues"],
            comparing=queues["comparing"],
        )


def write_catalogue(path: Path, lines: int, images: int) -> None:
    """Write a catalogue; every image has an address of its own."""
    one = ", ".join(
        f'{{"url": "https://atlas.example/photos/%(n)d/large/{image}.jpg", "rank": {image + 1}, "version": "2026"}}'
        for image in range(images)
    )
    line = f'{{"accommodation_id": "a%(n)d", "images": [{one}]}}\n'
    with gzip.open(path, "wb", compresslevel=1) as file:
        for first in range(0, lines, 1_000):
            file.write("".join(line % {"n": n} for n in range(first, min(first + 1_000, lines))).encode())


def write_release(path: Path, lines: int) -> int:
    """Write a release of all accommodations; returns its number of hotels."""
    step = ACCOMMODATIONS_A_HOTEL
    with path.open("w") as file:
        file.write("hotel_id,name,country,city,latitude,longitude,accommodations\n")
        for first in range(0, lines, step):
            held = ";".join(f"atlas:a{n}" for n in range(first, min(first + step, lines)))
            file.write(f"h{first},Hotel,ES,Bilbao,43.2,-2.9,{held}\n")
    return -(-lines // step)


def detect(world: World, step: str, folder: str) -> dict[str, Any]:
    """Run `detect_changes` for an upload, or for the message that the work goes on."""
    started = time.perf_counter()
    found = detect_changes(KEY, world.suite) if step == "split" else go_on(GoOnMessage(go_on=folder), world.suite)
    longest_s = time.perf_counter() - started
    shares = found.result.shares if isinstance(found.result, GoingOn) else found.shares
    return {"invocations": 1, "longest_s": longest_s, "shares": shares, "result": type(found.result).__name__}


def work(world: World, step: str, folder: str, shares: int) -> dict[str, Any]:
    """Do the shares of a step, one after the other."""
    walls, processors = [], []
    for share in range(shares):
        started, cpu = time.perf_counter(), time.process_time()
        do_share(ShareMessage.model_validate({"folder": folder, "step": step, "share": share}), world.suite, STEPS)
        walls.append(time.perf_counter() - started)
        processors.append(time.process_time() - cpu)
    # waiting does not become longer with less of a processor, computing does
    derived = [max(wall, cpu / SHARE_PROCESSORS) for wall, cpu in zip(walls, processors, strict=True)]
    return {"invocations": shares, "longest_s": max(derived), "longest_here_s": max(walls)}


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Run one step; returns what was counted."""
    world = World(args.folder, args.s3_ms / 1000, args.sqs_ms / 1000)
    if args.step in ("compare", "write"):
        found = work(world, args.step, args.work, args.shares)
    else:
        found = detect(world, args.step, args.work)
    sent = {name: sqs.messages for name, sqs in world.sqs.items() if sqs.messages}
    retries = sum(sqs.refused for sqs in world.sqs.values())
    return {
        **found,
        "requests": world.state.requests,
        "sent": sent,
        "retries": retries,
        "written": DiscardingStore.written,
    }


def measure(args: argparse.Namespace) -> bool:
    """Measure all steps; returns whether counts and bounds are right."""
    prepared = World(args.folder, 0, 0)
    (args.folder / "inbox" / "catalogues" / "atlas").mkdir(parents=True)
    (args.folder / "inbox" / "releases").mkdir(parents=True)
    write_catalogue(args.folder / "inbox" / KEY, args.lines, args.images)
    hotels = write_release(args.folder / "inbox" / "releases" / "r1.csv", args.lines)
    fan_out("releases/r1.csv", prepared.suite)
    me = [sys.executable, "-m", "benchmarks.split_catalogue", "--folder", str(args.folder)]
    me += ["--s3-ms", str(args.s3_ms), "--sqs-ms", str(args.sqs_ms)]
    folder, shares, fits, written = "", 0, True, 0
    for step in ("split", "split", "compare", "decide", "write", "finish"):
        cost = measured([*me, "--step", step, "--work", folder, "--shares", str(shares)])
        found = json.loads(cost.stdout)
        told = json.dumps(
            {name: round(value, 1) if isinstance(value, float) else value for name, value in found.items()}
        )
        print(f"{step:8} {cost.wall_s:7.1f} s wall {cost.cpu_s:7.1f} s CPU {cost.peak_mb:5.0f} MB   {told}", flush=True)
        function = "fan_out_shard" if step in ("compare", "write") else "detect_changes"
        fits = fits and found["longest_s"] <= TIMEOUTS_S[function] / 2 * slowness()
        folder = next(
            (work_folder(item.key) for item in FolderStore(args.folder / "state").list(SPLIT + "catalogue/")), ""
        )
        shares = found.get("shares", shares)
        written += found["written"]
    print(f"{written:,} listings of {args.lines:,}; {hotels:,} hotels to nudge")
    print(sentence())
    return fits and written == args.lines and not folder


def main() -> int:
    """Measure, or (with --step) be one of the measured processes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=333_333)
    parser.add_argument("--images", type=int, default=35)
    parser.add_argument("--s3-ms", type=float, default=20)
    parser.add_argument("--sqs-ms", type=float, default=10)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--step", help=argparse.SUPPRESS)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--shares", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.step:
        print(json.dumps(run(args)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        args.folder = Path(folder)
        return 0 if measure(args) else 1


if __name__ == "__main__":
    sys.exit(main())
