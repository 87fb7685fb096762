"""Measure the index of the desk on many hotels: first build, list, filter, search, one hotel, catching up, reports.

    python -m benchmarks.desk_index [--hotels 100000] [--changes 1000]

The manifests are made while they are read: 400 different hotels of 0 to 35 pictures, 16 on average, of three partners,
with copies, labels and 14 renditions, under other ids and names. So no disk is needed, and reading from one is not
measured. Prints CPU and wall time of each step, and peak memory. A question is asked five times; the median counts.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from image_release.desk.index import Filter, Query, Sort, catch_up, list_csv, open_index
from image_release.desk.reports import hotel_report, partner_report
from image_release.feed import Cause, Collecting
from image_release.ingest.releases.applying import ReleaseApplied, apply_release
from image_release.outcomes import Outcome
from image_release.publish import (
    Manifest,
    MergedImage,
    PublishedEvidence,
    PublishedImage,
    PublishedLabel,
    PublishedPart,
    PublishedPicture,
    PublishedRendition,
    PublishedScore,
    RejectedImage,
)
from image_release.settings import Settings
from image_release.storage import Listed, MemoryStore, Stored, Stores
from image_release.store_keys import HOTELS, folder_of_hotel, manifest_key, rendition_key
from image_release.values import sha256_hex

NOW = datetime(2026, 11, 29, tzinfo=UTC)
PATTERNS = 400
PLACEHOLDER = "hotel-id-of-a-pattern"
PARTNERS = ("atlas", "bedbank", "cosmo")
KINDS = ("bedroom", "bedroom", "bathroom", "pool", "exterior", "lobby", "dining", "view", None)
CITIES = (("ES", "Bilbao"), ("ES", "Cadaqués"), ("JP", "京都"), ("GB", "Manchester"), ("DE", "München"))
WORDS = ("Casa", "Hôtel", "Grand", "Palace", "Garden", "Sea", "View", "Park", "Royal", "Inn", "Plaza", "Étoile")
ROUNDS = 5


class MadeStore(MemoryStore):
    """A published store of so many hotels, whose manifests are made when they are read; what was put is in memory."""

    def __init__(self, hotels: int) -> None:
        super().__init__()
        self._hotels = hotels
        chance = random.Random(7)
        self._patterns = [_pattern(chance) for _ in range(PATTERNS)]

    def get(self, key: str) -> Stored | None:
        """What was put, or a made manifest."""
        hotel_id = folder_of_hotel(key) or ""
        put = super().get(key)
        if put or not hotel_id.isdigit():
            return put
        name = f"{WORDS[int(hotel_id) % 12]} {WORDS[int(hotel_id) // 12 % 12]} {hotel_id}"
        data = self._patterns[int(hotel_id) % PATTERNS]
        data = data.replace(f'"name": "{PLACEHOLDER}"'.encode(), f'"name": "{name}"'.encode())
        return Stored(data.replace(PLACEHOLDER.encode(), hotel_id.encode()), "made", NOW)

    def list(self, prefix: str, *, after: str = "") -> Iterator[Listed]:
        """All manifests, in place of all that is published."""
        if prefix != HOTELS:
            yield from super().list(prefix, after=after)
            return
        for hotel_id in sorted(map(str, range(self._hotels))):
            yield Listed(manifest_key(hotel_id), 1, NOW)


def _pattern(chance: random.Random, seq: int = 1) -> bytes:
    pictures = [_picture(chance, number) for number in range(max(0, chance.randint(-3, 35)))]
    refused = tuple(
        RejectedImage(
            url=f"https://pictures.example/{chance.getrandbits(60)}.jpg",
            partner_id=chance.choice(PARTNERS),
            accommodation_id="1",
            outcome=chance.choice((Outcome.TOO_SMALL, Outcome.UNAVAILABLE, Outcome.PLACEHOLDER)),
            reason="a reason in some words",
        )
        for _ in range(chance.randint(0, 6))
    )
    return Manifest(
        seq=seq,
        hotel_id=PLACEHOLDER,
        name=PLACEHOLDER,
        release_id="2026-11-29",
        inputs="0" * 64,
        versions={},
        published_at=NOW + timedelta(seconds=chance.randint(0, 10**6)),
        pictures=tuple(picture.model_copy(update={"position": at}) for at, picture in enumerate(pictures, start=1)),
        rejected=refused,
    ).to_bytes()


def _picture(chance: random.Random, number: int) -> PublishedPicture:
    sha256 = sha256_hex(chance.randbytes(8))
    names = [f"w{width}" for width in range(80, 80 * 15, 80)]
    copies = [_image(chance, sha256_hex(chance.randbytes(8))) for _ in range(chance.choice((0, 0, 1, 2, 3)))]
    evidence = {"method": "registration", "distance": 0.1, "overlap": 0.9}
    return PublishedPicture(
        position=number + 1,
        best=PublishedImage(**_image(chance, sha256)),
        margin=chance.uniform(0.5, 9),
        category=chance.choice(KINDS),
        labels=tuple(PublishedLabel(description=f"Label {at}", score=0.9) for at in range(10)),
        score=PublishedScore(total=0.5, parts={name: PublishedPart(value=0.5, weight=0.3) for name in ("size", "x")}),
        renditions=tuple(
            PublishedRendition(
                name=name,
                key=rendition_key(PLACEHOLDER, 1, sha256, name, "jpg"),
                width=80 * (at + 1),
                height=60 * (at + 1),
                bytes=1,
                format="jpeg",
            )
            for at, name in enumerate(names)
        ),
        merged=tuple(
            MergedImage(**copy, evidence=PublishedEvidence(**evidence, score=chance.uniform(3, 12))) for copy in copies
        ),
    )


def _image(chance: random.Random, sha256: str) -> dict[str, object]:
    return {
        "url": f"https://pictures.example/{sha256}.jpg",
        "partner_id": chance.choice(PARTNERS),
        "accommodation_id": "1",
        "sha256": sha256,
        "width": chance.choice((800, 1600, 3000)),
        "height": 600,
    }


def release_of(stores: Stores, hotels: int) -> None:
    header = "hotel_id,name,country,city,latitude,longitude,accommodations"
    rows = [f"{n},Hotel {n},{','.join(CITIES[n % len(CITIES)])},,,atlas:{n};bedbank:{n}" for n in range(hotels)]
    stores.inbox.put("releases/r.csv", "\n".join([header, *rows, ""]).encode())
    assert isinstance(apply_release(stores.inbox, stores.state, "releases/r.csv", Settings(), NOW), ReleaseApplied)


def _change(stores: Stores, changes: int) -> None:
    """Publish some hotels again, as a run does."""
    chance = random.Random(8)
    with Collecting(stores, Cause.of("run", datetime.now(UTC))) as changed:
        for hotel_id in map(str, range(0, changes * 7, 7)):
            data = _pattern(chance, seq=2).replace(PLACEHOLDER.encode(), hotel_id.encode())
            stores.published.put(manifest_key(hotel_id), data)
            changed.add(hotel_id, [2])


def once(what: str, task: Callable[[], object]) -> None:
    """Measure one step and print it."""
    wall, cpu = time.perf_counter(), time.process_time()
    task()
    spent = time.process_time() - cpu
    print(f"{what:58}{spent * 1000:10.0f} ms CPU {(time.perf_counter() - wall) * 1000:10.0f} ms", flush=True)


def often(what: str, task: Callable[[], object]) -> None:
    """Measure a question several times and print the median."""
    walls, cpus = [], []
    for _ in range(ROUNDS):
        wall, cpu = time.perf_counter(), time.process_time()
        task()
        cpus.append(time.process_time() - cpu)
        walls.append(time.perf_counter() - wall)
    print(f"{what:58}{median(cpus) * 1000:10.1f} ms CPU {median(walls) * 1000:10.1f} ms", flush=True)


def measure(folder: Path, hotels: int, changes: int) -> None:
    """Print all figures."""
    stores = Stores(MemoryStore(), MemoryStore(), MadeStore(hotels))
    release_of(stores, hotels)
    before = peak_mb()
    index = open_index(folder / "index.sqlite")
    once(f"first build of {hotels:,} hotels", lambda: catch_up(index, stores, Settings()))
    index = open_index(folder / "index.sqlite")
    once("first list of a new process", lambda: index.find(Query()))
    often("list with all counts, worst first", lambda: index.find(Query()))
    often("last page, by name", lambda: index.find(Query(sort=Sort.NAME, page=10**6)))
    chosen = frozenset({Filter.NEVER_FIRST, Filter.COPIES_UNSURE})
    often("two filters", lambda: index.find(Query(filters=chosen)))
    for text in ("a", "casa", "bilb", "palace kyoto", "grand palace 777", "atlas munchen sea", "no such hotel"):
        often(f"search for {text!r}", lambda text=text: index.find(Query(text)))  # type: ignore[misc]
    often("one hotel", lambda: index.hotel(str(hotels // 2)))
    often("nothing changed", lambda: catch_up(index, stores, Settings()))
    _change(stores, changes)
    once(f"catching up with {changes:,} changes", lambda: catch_up(index, stores, Settings()))
    once("first list after them", lambda: index.find(Query()))
    once("report on partners", lambda: partner_report(index))
    once("report on hotels", lambda: hotel_report(index))
    once("the list as CSV, all hotels", lambda: sum(map(len, list_csv(index, Query()))))
    size = (folder / "index.sqlite").stat().st_size / 1e6
    print(f"file {size:.0f} MB, peak memory {peak_mb():.0f} MB, of which {before:.0f} MB before the build")


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def main() -> int:
    """Measure on so many hotels."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hotels", type=int, default=100_000)
    parser.add_argument("--changes", type=int, default=1_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), args.hotels, args.changes)
    return 0


if __name__ == "__main__":
    sys.exit(main())
