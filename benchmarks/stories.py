"""Play five stories of a suite against the model of its capacity: wall time, invocations, requests and dollars.

    python -m benchmarks.stories [--hotels 1000000] [--corpus ../shared/corpus]

The fan-out is the real one, for all hotels; it is measured with the requests that it makes. `process_hotel` is a
stand-in: what it takes is drawn for each hotel, around the CPU figures of docs/performance.md, and the requests and
waits that one real hotel had here. Time is that of a simulated clock, with two queues, Lambda's growth, cold starts,
failures that come back, and hotels of different sizes. Ends with status 1 where the model and the play differ by more
than 15 %.
"""

from __future__ import annotations

import argparse
import heapq
import json
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.capacity import Assumptions, Work, cost, cpu_s, scenarios
from benchmarks.fan_out import CountingQueue, suite
from benchmarks.latencies import MEMORY_OF_A_PROCESSOR_MB, SQS_S, SlowStore
from benchmarks.one_hotel import Asked, measured_hotel
from benchmarks.release_index import write
from benchmarks.speed import slowness
from image_release.ingest import read_current
from image_release.serverless.failing import back_off_s
from image_release.serverless.fan_out import fan_out, fan_out_shard
from image_release.serverless.messages import ShardMessage, read_nudge
from image_release.storage import FolderStore

WITHIN = 0.15
"""Greatest difference between model and play."""
COLD_START_S = 0.5
"""What an invocation takes longer in a new process (docs/performance.md)."""
FAILING = 0.003
"""Share of the invocations that fail half-way for a reason that passes."""
SHARD_MEMORY_MB = 512
SHARDS_AT_ONCE = 10
CITY_COMES_S = 600.0
"""Seconds after which the urgent city comes, beside a full release."""

Seconds = np.ndarray
"""A number for each hotel."""


@dataclass(frozen=True, slots=True)
class Fanned:
    """When each hotel of a release is nudged, and what that took."""

    arrivals_s: Seconds
    planner_s: float
    shard_s: float
    shards: int
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Played:
    """What a story took: the same figures as those of the model."""

    hours: float
    invocations: float
    requests: float
    dollars: float
    retries: int = 0


def fanned_out(folder: Path, hotels: int, given: Assumptions) -> Fanned:
    """Fan out a release of so many hotels with the functions themselves, and measure when each hotel is nudged."""
    write(folder / "release.csv", hotels)
    FolderStore(folder / "inbox").put_file("releases/r1.csv", folder / "release.csv")
    store = SlowStore(FolderStore(folder / "state"), 0.0)
    world = replace(suite(folder), state=store)
    began = time.process_time()
    fan_out("releases/r1.csv", world)
    planner_s = (time.process_time() - began) / slowness() + store.requests * given.s3_s
    current = read_current(store)
    assert current is not None
    assert isinstance(world.bulk, CountingQueue)
    share, free, arrivals = SHARD_MEMORY_MB / MEMORY_OF_A_PROCESSOR_MB, [planner_s] * SHARDS_AT_ONCE, []
    shards, spent = 2**current.shard_bits, 0.0
    for shard in range(shards):
        before, batches, began = store.requests, world.bulk.requests, time.process_time()
        fan_out_shard(ShardMessage(release_id=current.release_id, folder=current.folder, shard=shard), world)
        took = (time.process_time() - began) / slowness() / share + (store.requests - before) * given.s3_s
        took += (world.bulk.requests - batches) * SQS_S
        spent += took
        ends = heapq.heappop(free) + took
        heapq.heappush(free, ends)
        arrivals += [ends] * len({read_nudge(body).hotel_id for body in world.bulk.bodies})
        world.bulk.bodies.clear()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    return Fanned(np.sort(np.array(arrivals)), planner_s, spent / shards, shards, peak_mb)


@dataclass(frozen=True, slots=True)
class Served:
    """When a queue was served, the seconds that Lambda bills, and how many invocations that were."""

    ended_s: float
    billed_s: float
    invocations: int


class EventSource:
    """The queue of one event source: slots that grow to the most invocations, and messages that come back."""

    def __init__(self, most: float, given: Assumptions) -> None:
        rate_s = given.more_invocations_a_minute / 60
        first = int(given.first_invocations)
        grown = [(number - first + 1) / rate_s for number in range(first, int(most))]
        self._free = [0.0] * first + grown
        heapq.heapify(self._free)
        self._cold = int(most)

    def serve(self, arrivals_s: Sequence[float], durations_s: Sequence[float], fails: Sequence[bool]) -> Served:
        """Serve all messages; returns when the last one ended, and what was billed."""
        offset = float(arrivals_s[0])
        free = [offset + slot for slot in self._free]
        again: list[tuple[float, int]] = []
        ended, billed, invocations, number = 0.0, 0.0, 0, 0
        while number < len(arrivals_s) or again:
            if again and (number >= len(arrivals_s) or again[0][0] <= max(free[0], arrivals_s[number])):
                arrives, hotel = heapq.heappop(again)
                failing = False
            else:
                arrives, hotel, failing = float(arrivals_s[number]), number, bool(fails[number])
                number += 1
            took = float(durations_s[hotel]) * (0.5 if failing else 1.0)
            if invocations < self._cold:
                took += COLD_START_S
            ends = max(free[0], arrives) + took
            heapq.heapreplace(free, ends)
            if failing:
                heapq.heappush(again, (ends + back_off_s(str(hotel), 1), hotel))
            ended, billed, invocations = max(ended, ends), billed + took, invocations + 1
        return Served(ended, billed, invocations)


@dataclass(frozen=True, slots=True)
class Hotels:
    """The hotels of one queue in a story: what each one has to do, as a number for each hotel."""

    images: Seconds
    fresh: Seconds
    """Images that are downloaded and examined."""
    regroups: bool
    rendered: Seconds
    """Pictures that are rendered."""

    def __len__(self) -> int:
        return len(self.images)


def drawn(hotels: int, given: Assumptions, chance: np.random.Generator) -> Seconds:
    """Images of each hotel: most have few, and some have many."""
    spread = 0.6
    mean = np.log(given.images / given.hotels) - spread**2 / 2
    return np.maximum(1, np.round(chance.lognormal(mean, spread, hotels)))


def durations_s(work: Hotels, asked: Asked, given: Assumptions, chance: np.random.Generator) -> Seconds:
    """What processing each hotel takes: its CPU, and its waits for stores and servers."""
    processed = cpu_s(Work(0, examined=1), given, "local") * work.fresh
    processed = (
        processed
        + given.cpu_s_a_picture * work.rendered
        + (given.cpu_s_an_image_regrouped * (work.images if work.regroups else 0))
    )
    processed = processed + given.cpu_s_a_picture_tagged * (work.rendered if work.fresh.any() else 0)
    cpu = (processed + given.cpu_s_unchanged) * chance.lognormal(-0.02, 0.2, len(work))
    waits = chance.gamma(2 * asked.rounds, given.s3_s / 2, len(work))
    downloads = np.where(work.fresh > 0, chance.gamma(np.maximum(work.fresh, 1e-9), given.wait_s_a_download), 0)
    return cpu + waits + downloads


def billed(served: Sequence[tuple[Served, Hotels, Asked]], given: Assumptions) -> tuple[float, float]:
    """Requests to S3, and dollars of Lambda, SQS and S3."""
    reads = writes = dollars = 0.0
    for one, hotels, asked in served:
        more = one.invocations - len(hotels)
        reads += asked.reads * one.invocations + float(hotels.rendered.sum())
        writes += asked.writes * (len(hotels) + more / 2)
        writes += float(hotels.fresh.sum() + hotels.rendered.sum() * given.renditions)
        gb_s = one.billed_s * given.memory_gb
        dollars += gb_s * given.gb_second_dollars + one.invocations / 1e6 * given.million_invocations_dollars
        dollars += one.invocations * given.queue_requests_a_message / 1e6 * given.million_queue_requests_dollars
    dollars += reads / 1e3 * given.thousand_reads_dollars + writes / 1e3 * given.thousand_writes_dollars
    return reads + writes, dollars


class Stage:
    """Plays stories with the same release, the same hotel and the same chance."""

    def __init__(self, fanned: Fanned, asked: dict[str, Asked], given: Assumptions) -> None:
        self.fanned, self.asked, self.given = fanned, asked, given
        self.chance = np.random.default_rng(7)

    def play(self, queues: Sequence[tuple[str, Hotels, str, float]]) -> Played:
        """Serve the hotels of each queue (its name, its hotels, what they are asked, when they come)."""
        served, ended, retries = [], 0.0, 0
        for name, hotels, kind, comes_s in queues:
            most = self.given.urgent_concurrency if name == "urgent" else self.given.bulk_concurrency
            arrivals = comes_s + self.fanned.arrivals_s[: len(hotels)]
            if len(hotels) > len(arrivals):
                arrivals = np.sort(self.chance.choice(self.fanned.arrivals_s, len(hotels))) + comes_s
            fails = self.chance.random(len(hotels)) < FAILING
            took = durations_s(hotels, self.asked[kind], self.given, self.chance)
            one = EventSource(most, self.given).serve(arrivals.tolist(), took.tolist(), fails.tolist())
            served.append((one, hotels, self.asked[kind]))
            ended, retries = max(ended, one.ended_s - comes_s), retries + int(fails.sum())
        requests, dollars = billed(served, self.given)
        return Played(ended / 3600, float(sum(one.invocations for one, _, _ in served)), requests, dollars, retries)

    def hotels(self, count: int, *, fresh: float = 0, regroups: bool = False, rendered: float = 0) -> Hotels:
        """Hotels of which shares of the images are fresh, and of the pictures rendered."""
        images = drawn(count, self.given, self.chance)
        pictures = images / self.given.images_a_picture * rendered
        return Hotels(images, images * fresh, regroups, pictures)


def stories(stage: Stage) -> dict[str, tuple[str, Played]]:
    """Play the stories: what each is called, the model's name of it, and what it took."""
    given, every = stage.given, int(stage.given.hotels)
    changed = int(min(every, given.images * given.changed / given.changed_a_hotel))
    share = given.changed_a_hotel / (given.images / given.hotels)
    week = [
        ("bulk", stage.hotels(every), "unchanged", 0.0),
        ("urgent", stage.hotels(changed, fresh=share, regroups=True, rendered=share), "changed", 0.0),
    ]
    load = stage.hotels(every, fresh=1, rendered=1)
    of_partner = stage.hotels(every, fresh=1 / given.partners, regroups=True, rendered=1)
    city = stage.hotels(int(given.city_hotels), regroups=True, rendered=1)
    return {
        "the first full load": ("the first full load", stage.play([("bulk", load, "new", 0.0)])),
        "a week": ("a week: a release, and catalogues with the changed share", stage.play(week)),
        "other weights for all": (
            "other weights for all hotels",
            stage.play([("bulk", stage.hotels(every, regroups=True), "other weights", 0.0)]),
        ),
        "a partner's images are all new": (
            "a partner sends every image in other bytes",
            stage.play([("urgent", of_partner, "new", 0.0)]),
        ),
        "an urgent city beside a full release": (
            "a city is rendered again",
            _city(stage, city),
        ),
    }


def _city(stage: Stage, city: Hotels) -> Played:
    """An urgent city while the bulk queue is full: it has its own invocations, and waits for none of the release."""
    alone = Stage(replace(stage.fanned, arrivals_s=np.zeros(len(city))), stage.asked, stage.given)
    return alone.play([("urgent", city, "other weights", CITY_COMES_S)])


def modelled(work: Work, given: Assumptions) -> Played:
    """The same figures as the model computes them."""
    bill = cost(work, given, "local")
    dollars = sum(value for name, value in bill.items() if name.endswith("_dollars"))
    return Played(bill["hours"], bill["invocations"], bill["s3_reads"] + bill["s3_writes"], dollars)


def main() -> int:
    """Play all stories and compare them with the model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hotels", type=int, default=1_000_000)
    parser.add_argument("--corpus", type=Path, help="the labelled corpus, for real photographs")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    each = Assumptions().images / Assumptions().hotels
    given = replace(Assumptions(), hotels=args.hotels, images=args.hotels * each)
    with tempfile.TemporaryDirectory() as temporary:
        asked = measured_hotel(Path(temporary) / "hotel", args.corpus, given)
        fanned = fanned_out(Path(temporary), args.hotels, given)
    told = f"fan-out of {args.hotels:,} hotels: planner {fanned.planner_s:.0f} s, {fanned.shards:,} shards of "
    print(f"{told}{fanned.shard_s:.2f} s, the last nudge after {fanned.arrivals_s[-1]:.0f} s, {fanned.peak_mb:.0f} MB")
    for kind, found in asked.items():
        print(f"{kind}: {found.reads:.0f} reads, {found.writes:.0f} writes, {found.rounds:.0f} rounds")
    agree, works = True, scenarios(given)
    rows = {}
    for name, (scenario, played) in stories(Stage(fanned, asked, given)).items():
        model = modelled(works[scenario], given)
        print(f"{name} ({played.retries:,} retries)")
        for figure in ("hours", "invocations", "requests", "dollars"):
            one, other = getattr(model, figure), getattr(played, figure)
            apart = abs(one - other) / one
            agree = agree and apart <= WITHIN
            rows[f"{name}: {figure}"] = (one, other)
            print(
                f"  {figure:12} model {one:16,.3f}  play {other:16,.3f}  {apart:6.1%}{'' if apart <= WITHIN else ' !'}"
            )
    if args.json:
        print(json.dumps(rows))
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
