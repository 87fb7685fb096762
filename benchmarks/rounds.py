"""What a round over all hotels costs: the real steps on made hotels, and what that means for a million.

    python -m benchmarks.rounds FOLDER --planted 1000
    python -m benchmarks.rounds FOLDER --hotels 400 --images 50 --of-hotels 1000000 --of-images 50000000

FOLDER is a corpus. `--planted` plants shared photographs as `benchmarks.shared_hotels` does, and tells whether a round
finds what one machine finds. Else costs are measured. An image of a made hotel has the fingerprint of a photograph, and
drawn hashes. So no two are candidates but planted copies: every twentieth image is a copy of one in the hotel before.
What is printed as extrapolated was not run: reading, counting and verifying grow with the images, comparing with their
square.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from unittest.mock import patch

import numpy as np

from benchmarks.capacity import Assumptions
from benchmarks.shared_hotels import SETTINGS, photographs, plant, printed, tell
from image_release.cache import merge_fingerprints
from image_release.fingerprint import Fingerprint
from image_release.ingest.releases.applying import apply_release
from image_release.one_machine.sharing import families_of
from image_release.one_machine.workspace import Workspace
from image_release.queueing import MemoryQueue
from image_release.serverless.compare_hotels import SHARDS_A_RANGE_BITS, go_on
from image_release.serverless.messages import ShareMessage, read_go_on
from image_release.serverless.ports import Suite
from image_release.serverless.round_steps import RANGES_A_BLOCK, STEPS
from image_release.serverless.rounds import begin_round
from image_release.serverless.shares import do_share
from image_release.settings import Settings
from image_release.sharing import Images, find_shared, read_round, shared_document
from image_release.sharing.meeting import meet
from image_release.sharing.prints import Prints
from image_release.sharing_keys import ASKED
from image_release.storage import CountingStore, MemoryStore, StoreCounter, Stores
from image_release.tag import AccountQuota, MemoryCounters
from image_release.values import Accommodation

MEMORY_GB = 1769 / 1024
HOTELS_A_RANGE = 250 << SHARDS_A_RANGE_BITS
ACCOMMODATIONS = 3
EVERY = 20
"""Every image of this number is a copy of one in the hotel before."""
BYTES_A_PRINT = 25_000
BYTES_COMPARED = 540
"""Of an image, in the object that is compared with others."""
BYTES_HELD = 40
MB_A_SECOND = 60.0
"""What one function reads of S3 in a second."""


def now() -> datetime:
    """The present time."""
    return datetime.now(UTC)


def pool(folder: Path, most: int) -> list[Fingerprint]:
    """Fingerprints of some photographs."""
    found = (printed(path) for path in sorted(folder.rglob("*.jpg")))
    return [item[1] for item in islice((item for item in found if item), most)]


def made_hotels(prints: list[Fingerprint], hotels: int, images: int) -> Iterator[tuple[str, dict[str, Fingerprint]]]:
    """Hotels with images whose hashes are drawn; some are copies of images of the hotel before."""
    rng = np.random.default_rng(1)
    before: list[Fingerprint] = []
    for number in range(hotels):
        own = []
        for image in range(images):
            if before and image % EVERY == 0:
                own.append(before[image])
            else:
                drawn = rng.integers(0, 2**63, 36, dtype=np.uint64)
                own.append(replace(prints[int(rng.integers(len(prints)))], hashes=drawn))
        names = (hashlib.sha256(f"{number} {image}".encode()).hexdigest() for image in range(images))
        yield f"h{number}", dict(zip(names, own, strict=True))
        before = own


def made_suite(prints: list[Fingerprint], hotels: int, images: int, counter: StoreCounter) -> Suite:
    """A suite in memory with the fingerprints of its hotels and a release."""
    state, inbox = CountingStore(MemoryStore(), counter), MemoryStore()
    rows = ["hotel_id,name,country,city,latitude,longitude,accommodations"]
    for hotel_id, own in made_hotels(prints, hotels, images):
        items = list(own.items())
        pairs = []
        for part in range(ACCOMMODATIONS):
            name = f"{hotel_id}-{part}"
            merge_fingerprints(state, Accommodation("p", name), dict(items[part::ACCOMMODATIONS]))
            pairs.append(f"p:{name}")
        rows.append(f"{hotel_id},Hotel,ES,Bilbao,43.2,-2.9,{';'.join(pairs)}")
    inbox.put("releases/r1.csv", ("\n".join(rows) + "\n").encode())
    apply_release(inbox, state, "releases/r1.csv", Settings(), now())
    return suite_of(Stores(inbox, state, MemoryStore()))


def play(suite: Suite, counter: StoreCounter) -> tuple[dict[str, float], Counter[str], Counter[str]]:
    """A whole round: CPU seconds, reads and writes by step."""
    cpu: dict[str, float] = defaultdict(float)
    reads: Counter[str] = Counter()
    writes: Counter[str] = Counter()
    suite.inbox.put(ASKED, b"{}")
    begin_round(suite)
    while received := suite.comparing.receive():  # type: ignore[attr-defined]  # it is the queue in memory
        began, read, written = time.process_time(), counter.reads, counter.writes
        order = read_go_on(received.body)
        if order:
            step = f"after {go_on(order, suite).step}"
        else:
            share = ShareMessage.model_validate(json.loads(received.body))
            step = share.step
            do_share(share, suite, STEPS)
        suite.comparing.delete(received.receipt)  # type: ignore[attr-defined]  # as above
        cpu[step] += time.process_time() - began
        reads[step] += counter.reads - read
        writes[step] += counter.writes - written
    return cpu, reads, writes


def pair_of_ranges_s(images: int) -> float:
    """CPU seconds to compare two ranges of so many images with one another."""
    rng = np.random.default_rng(2)

    def made(number: int) -> Images:
        shas = rng.integers(0, 256, (images, 32), dtype=np.uint8)
        hashes = rng.integers(0, 2**63, (images, 4), dtype=np.uint64)
        owners = np.zeros(images, np.int64)
        prints = Prints([(0, f"h{number}", "p", "a", b"", b"")], shas, hashes, owners, np.zeros(images, np.bool_))
        glances = rng.integers(-127, 127, (images, 3, 144), dtype=np.int8)
        return Images(prints, glances, np.arange(images) + (number << 32), np.ones(images, np.bool_))

    one, other = made(1), made(0)
    began = time.process_time()
    meet(one, [other])
    return time.process_time() - began


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--hotels", type=int, default=400)
    parser.add_argument("--images", type=int, default=50)
    parser.add_argument("--of-hotels", type=int, default=1_000_000)
    parser.add_argument("--of-images", type=int, default=50_000_000)
    parser.add_argument("--planted", type=int, metavar="HOTELS")
    args = parser.parse_args()
    if args.planted:
        compare_with_one_machine(args.folder, args.planted)
        return
    counter = StoreCounter()
    suite = made_suite(pool(args.folder, 60), args.hotels, args.images, counter)
    count = args.hotels * args.images
    for name in ("the first round", "a round without changes"):
        cpu, reads, writes = play(suite, counter)
        print(f"{name}: {args.hotels:,} hotels, {count:,} images")
        for step, seconds in cpu.items():
            asked = f"{reads[step]:7,} reads {writes[step]:6,} writes"
            print(f"  {step:13} {1000 * seconds / count:8.4f} ms an image {asked}")
        if name == "the first round":
            first = cpu
    extrapolate(first, count, args.of_hotels, args.of_images)
    print(f"peak of this process {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:,.0f} MB")


def compare_with_one_machine(folder: Path, hotels: int) -> None:
    """Plant shared photographs and tell whether a round, in ranges an eighth as large, finds what one machine finds."""
    with tempfile.TemporaryDirectory() as name:
        photos = photographs([folder], "ordinary", Path(name), hotels, 1)
        workspace = Workspace(Path(name) / "workspace", SETTINGS)
        planted = plant(workspace, photos, [folder], hotels, 1)
        stores = workspace.stores
        with patch("image_release.serverless.compare_hotels.SHARDS_A_RANGE_BITS", -1):
            play(suite_of(stores), StoreCounter())
        found, families = read_round(stores), families_of(workspace)
        families.catch_up(stores)
        assert found is not None
        is_same = shared_document(found.shared) == shared_document(find_shared(families, stores))
        told = "the same" if is_same else "OTHERS"
        print(f"{hotels} hotels, {planted.images} images: a round and one machine find {told}")
        tell(found.shared, planted)


def suite_of(stores: Stores) -> Suite:
    """A suite over stores, whose queues are in memory."""
    queue, quota = MemoryQueue(max_receives=1_000), AccountQuota(MemoryCounters(), 0, 0, now)
    comparing = MemoryQueue(max_receives=1_000)
    inbox, state, published = stores.inbox, stores.state, stores.published
    return Suite(inbox, state, published, queue, queue, queue, queue, comparing, quota, Settings(), now)


def extrapolate(cpu: dict[str, float], count: int, hotels: int, images: int) -> None:
    """Tell what the first round of many hotels would take."""
    ranges, prices = -(-hotels // HOTELS_A_RANGE), Assumptions()
    of_range = images // ranges
    pair_s = pair_of_ranges_s(of_range)
    blocks = -(-ranges // RANGES_A_BLOCK)
    meet_s = pair_s * ranges * (ranges + 1) / 2
    # each share reads its group, and each of the ranges before it once
    meet_mb = of_range * BYTES_COMPARED / 1e6 * (ranges * (ranges + 1) / 2 + ranges * blocks)
    gather_s = cpu["gather"] / count * images
    verify_s, count_s = cpu["verify"] / count * images, cpu["count"] / count * images
    parts = max(1, images // 4_000_000)
    read_mb = {
        "gather": images * BYTES_A_PRINT / 1e6,
        "meet": meet_mb,
        "verify": images / EVERY * 2 * BYTES_A_PRINT * images / hotels / ACCOMMODATIONS / 1e6,
        "count": 2 * parts * images * BYTES_HELD / 1e6,
    }
    busy_s = {"gather": gather_s, "meet": meet_s, "verify": verify_s, "count": count_s * parts}
    print(f"extrapolated, not run: {hotels:,} hotels, {images:,} images; two ranges of {of_range:,}: {pair_s:.2f} s")
    total = 0.0
    for step, seconds in busy_s.items():
        waited = read_mb[step] / MB_A_SECOND
        dollars = (seconds + waited) * MEMORY_GB * prices.gb_second_dollars
        total += dollars
        print(f"  {step:7} {seconds / 3600:8.1f} h of CPU, {waited / 3600:7.1f} h of reading, {dollars:7.2f} dollars")
    gets = hotels * ACCOMMODATIONS + ranges * blocks * RANGES_A_BLOCK / 2 + images / EVERY * 2
    puts = ranges * 4 + ranges * blocks * 2
    requests = gets / 1000 * prices.thousand_reads_dollars + puts / 1000 * prices.thousand_writes_dollars
    print(f"  requests {gets / 1e6:.1f} M reads, {puts / 1e6:.2f} M writes: {requests:.2f} dollars")
    stored = images * (BYTES_COMPARED + BYTES_HELD) / 1e9
    kept = f"{stored:.0f} GB are kept, {stored * prices.gb_month_dollars:.2f} a month"
    print(f"  in all {total + requests:.2f} dollars; {kept}")


if __name__ == "__main__":
    main()
