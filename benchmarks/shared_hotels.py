"""Measures what is found of photographs that hotels share, and what it costs.

    python -m benchmarks.shared_hotels plant SOURCE... [--hotels 10000] [--recipe ordinary]
    python -m benchmarks.shared_hotels index 1000000
    python -m benchmarks.shared_hotels hashes CORPUS...

`plant` makes hotels and plants photographs of the sources (what `image-release corpus make` takes) into them: pairs of
hotels that share 3 to 5, and stock photographs in 20 to 200 hotels. Three in ten planted copies have the same bytes,
the others are made by a recipe of the corpus maker. All other images are parts of the sources' photographs, a half, a
third or a quarter of each side, as they are or mirrored, each part once: their hashes are computed as those of any
image, but no file of them exists. `index` fills an index with made hashes. `hashes` takes the images of labelled
corpora and measures which pairs are candidates: by one hash, as in a search for one image, and by all four; and how
many copies pass at a glance. The figures are in decision 55 and docs/performance.md.
"""

from __future__ import annotations

import argparse
import random
import resource
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from image_release.decode import decode_draft, read_header
from image_release.dedup import MOST_BITS, indexed_hashes, is_copy, may_be_copy
from image_release.everywhere import PrintIndex
from image_release.fingerprint import (
    FINGERPRINT_VERSION,
    Fingerprint,
    crop_hashes,
    fingerprint,
    pack_fingerprints,
)
from image_release.hotel.examine import lenient
from image_release.lab.grouping import make_corpus, read_labels, read_originals, read_recipe
from image_release.one_machine.intake import apply_inbox
from image_release.one_machine.sharing import families_of
from image_release.one_machine.workspace import Workspace
from image_release.outcomes import Rejection
from image_release.publish import Manifest, PublishedImage, PublishedPicture, PublishedScore
from image_release.settings import Settings
from image_release.sharing import AS_USUAL, Families, Shared, find_shared
from image_release.sharing.alike import alike, bits_apart
from image_release.storage import MemoryStore, Stores
from image_release.store_keys import RELEASES, fingerprints_key, manifest_key
from image_release.values import Accommodation, sha256_hex

PAIRS = 300
"""Number of pairs of hotels that share photographs, of 10,000 hotels; of fewer hotels it is less."""
SHARED = (3, 5)
"""Fewest and most photographs that they share."""
STOCK = 50
"""Number of stock photographs, in the same way."""
WHOLE = 10_000
"""Number of hotels that all of them are planted into."""
STOCK_HOTELS = (20, 200)
"""Fewest and most hotels that one is in."""
OWN = (4, 12)
"""Fewest and most images that a hotel has besides."""
PARTS = (2, 3, 4)
"""Into so many rows and columns a photograph is divided."""
PART_OF_PX = 400
"""Long side of what is divided, in pixels."""
LEAST_CONTRAST = 35.0
"""Contrast of a part that is used: 95 % of real photographs have it, and parts that show a ceiling have it not."""
SAME_BYTES = 0.3
"""Share of planted copies that are the same file."""
COPIES_MEASURED = 1_500
"""Pairs of copies whose hashes are measured."""
SETTINGS = Settings()

Named = tuple[str, Fingerprint]
"""An image: its SHA-256 and its fingerprint."""


@dataclass(frozen=True, slots=True)
class Planted:
    """What was planted: pairs of hotels, and the hotels of each stock photograph."""

    pairs: frozenset[tuple[str, str]]
    stock: tuple[frozenset[str], ...]
    images: int


def printed(path: Path) -> Named | None:
    """The SHA-256 and fingerprint of a file; None if it is refused."""
    data = path.read_bytes()
    facts = read_header(data, sha256_hex(data), lenient(SETTINGS.filter))
    draft = None if isinstance(facts, Rejection) else decode_draft(data, facts)
    if draft is None or isinstance(draft, Rejection):
        return None
    return sha256_hex(data), fingerprint(draft, SETTINGS.fingerprint)


def photographs(sources: list[Path], recipe_name: str, folder: Path, hotels: int, seed: int) -> list[list[Named]]:
    """Copies of photographs to plant into so many hotels: five of each stock photograph and two of others."""
    chance = random.Random(seed)
    originals = [original for source in sources for original in read_originals(source)]
    chance.shuffle(originals)
    recipe = read_recipe(recipe_name)
    stock, pairs = STOCK * hotels // WHOLE, PAIRS * hotels // WHOLE
    needed = stock + pairs * sum(SHARED) // 2
    parts = (("stock", originals[:stock], 4), ("pairs", originals[stock : needed + pairs], 1))
    found: list[list[Named]] = []
    for name, part, copies in parts:
        out = folder / name
        out.mkdir()
        make_corpus(
            part, out, recipe.model_copy(update={"copies": (copies, copies)}), seed, lambda _hotel, _count: None
        )
        by_label: dict[str, list[Named]] = {}
        for item in sorted(read_labels(out)[0], key=lambda item: not item.best):
            image = printed(out / "images" / item.image)
            if image:
                by_label.setdefault(item.label, []).append(image)
        found += [images for images in by_label.values() if len(images) > copies]
        print(f"{name}: {len(by_label)} photographs", flush=True)
    return found


class _Parts:
    """Parts of photographs, each once, in an order of chance."""

    def __init__(self, sources: list[Path], chance: random.Random) -> None:
        self._whole: list[tuple[Fingerprint, Image.Image]] = []
        for path in (original.path for source in sources for original in read_originals(source)):
            if image := printed(path):
                grey = Image.open(path).convert("L")
                grey.thumbnail((PART_OF_PX, PART_OF_PX))
                self._whole.append((image[1], grey))
        self._left = [
            (whole, parts, number, is_mirrored)
            for whole in range(len(self._whole))
            for parts in PARTS
            for number in range(parts * parts)
            for is_mirrored in (False, True)
        ]
        chance.shuffle(self._left)

    def __iter__(self) -> Iterator[Named]:
        return self

    def __next__(self) -> Named:
        while self._left:
            whole, parts, number, is_mirrored = self._left.pop()
            image, grey = self._whole[whole]
            row, column = divmod(number, parts)
            box = (column / parts, row / parts, (column + 1) / parts, (row + 1) / parts)
            part = _part(image, grey, box, is_mirrored=is_mirrored)
            if part.contrast >= LEAST_CONTRAST:
                return sha256_hex(f"{whole} {box} {is_mirrored}".encode()), part
        raise SystemExit("there are too few photographs for so many hotels")


def _part(
    image: Fingerprint, grey: Image.Image, box: tuple[float, float, float, float], *, is_mirrored: bool
) -> Fingerprint:
    """The fingerprint of a part of an image: `box` is left, top, right and bottom, as shares of the sides.

    Of its points only those are there that the whole image has, though a part by itself would have more.
    """
    left, top, right, bottom = (round(share * side) for share, side in zip(box, grey.size * 2, strict=True))
    part = grey.crop((left, top, right, bottom))
    height, width = image.working.grey.shape
    corner, size = np.array([box[0] * width, box[1] * height]), np.array([box[2] - box[0], box[3] - box[1]])
    points = image.keypoints
    places = points.places.copy()
    places[:, :2] = (places[:, :2] - corner) / size
    places[:, 2] /= size[0]
    inside = ((places[:, :2] >= 0) & (places[:, :2] < (width, height))).all(axis=1)
    odd = points.odd
    if is_mirrored:
        part, odd = ImageOps.mirror(part), -odd
        places[:, 0] = width - places[:, 0]
    return replace(
        image,
        hashes=crop_hashes(part),
        contrast=float(np.asarray(part).std()),
        working=replace(image.working, grey=np.asarray(part.resize((width, height)))),
        keypoints=replace(points, places=places[inside], even=points.even[inside], odd=odd[inside]),
    )


def plant(workspace: Workspace, photos: list[list[Named]], sources: list[Path], hotels: int, seed: int) -> Planted:
    """Fill the workspace: a release, and of each hotel its fingerprints and its manifest."""
    chance = random.Random(seed)
    held: dict[str, dict[str, Fingerprint]] = {f"h{number:05}": {} for number in range(hotels)}
    names = list(held)
    stock = []
    for copies in photos[: STOCK * hotels // WHOLE]:
        own = chance.sample(names, min(chance.randint(*STOCK_HOTELS), hotels // 3))
        stock.append(frozenset(own))
        for name in own:
            sha256, image = chance.choice(copies)
            held[name][sha256] = image
    left, pairs = iter(photos[len(stock) :]), set()
    partnered = chance.sample(names, 2 * (PAIRS * hotels // WHOLE))
    for one, other in zip(partnered[::2], partnered[1::2], strict=True):
        pairs.add((min(one, other), max(one, other)))
        for _ in range(chance.randint(*SHARED)):
            copies = next(left)
            held[one].update([copies[0]])
            held[other].update([copies[0] if chance.random() < SAME_BYTES else copies[1]])
    others = _Parts(sources, chance)
    rows = ["hotel_id,name,country,city,latitude,longitude,accommodations"]
    images = 0
    for number, (name, own_images) in enumerate(held.items()):
        own_images |= dict(next(others) for _ in range(chance.randint(*OWN)))
        images += len(own_images)
        workspace.state.put(
            fingerprints_key(Accommodation("atlas", name), FINGERPRINT_VERSION), pack_fingerprints(own_images)
        )
        workspace.published.put(manifest_key(name), manifest(name, list(own_images)).to_bytes())
        own_images.clear()
        place = f"{chance.uniform(-60, 60):.4f},{chance.uniform(-180, 180):.4f}"
        rows.append(f"{name},Hotel {number},ES,Bilbao,{place},atlas:{name}")
    workspace.inbox.put(f"{RELEASES}2026-11-01.csv", "\n".join([*rows, ""]).encode())
    problems = apply_inbox(workspace).problems
    if problems:
        raise SystemExit(str(problems[0]))
    return Planted(frozenset(pairs), tuple(stock), images)


def manifest(hotel_id: str, images: list[str]) -> Manifest:
    """A manifest that shows each image as a picture."""
    pictures = tuple(
        PublishedPicture(
            position=number,
            best=PublishedImage(
                url=f"https://atlas.example/{sha256}.jpg", partner_id="atlas", accommodation_id=hotel_id,
                sha256=sha256, width=800, height=600,
            ),
            margin=0, category=None, labels=(), score=PublishedScore(total=0, parts={}), renditions=(), merged=(),
        )
        for number, sha256 in enumerate(images, start=1)
    )  # fmt: skip
    now = datetime(2026, 11, 1, tzinfo=UTC)
    return Manifest(
        seq=1, hotel_id=hotel_id, name="", release_id="2026-11-01", inputs="", versions={}, published_at=now,
        pictures=pictures,
    )  # fmt: skip


def measure_planted(sources: list[Path], hotels: int, recipe: str, seed: int) -> None:
    """Plant, find, and print recall, precision and cost."""
    with tempfile.TemporaryDirectory() as folder:
        photos = photographs(sources, recipe, Path(folder), hotels, seed)
        workspace = Workspace(Path(folder) / "workspace", SETTINGS)
        planted = plant(workspace, photos, sources, hotels, seed)
        del photos
        print(f"{hotels} hotels, {planted.images} images, recipe {recipe}", flush=True)
        families = families_of(workspace)
        spent = {}
        tasks: tuple[tuple[str, Callable[[], object]], ...] = (
            ("read the fingerprints", lambda: families.index.catch_up(workspace.stores)),
            ("compare", lambda: families.catch_up(workspace.stores)),
            ("find", lambda: tell(find_shared(families, workspace.stores), planted)),
            ("bring up to date when nothing changed", lambda: families.catch_up(workspace.stores)),
        )
        for name, task in tasks:
            started = time.process_time()
            task()
            spent[name] = time.process_time() - started
            print(
                f"{name}: {spent[name]:.1f} s of CPU, {spent[name] / planted.images * 1e3:.3f} ms an image", flush=True
            )
        print(f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:.0f} MB")


def tell(found: Shared, planted: Planted) -> None:
    """Print precision and recall of pairs and of stock photographs."""
    pairs = {(pair.one.hotel_id, pair.other.hotel_id) for pair in found.pairs}
    right = pairs & planted.pairs
    print(f"pairs of hotels: {len(pairs)} found, {len(right)} of them right, {len(planted.pairs)} planted")
    for pair in found.pairs:
        if (pair.one.hotel_id, pair.other.hotel_id) not in planted.pairs:
            stock = sum({pair.one.hotel_id, pair.other.hotel_id} <= hotels for hotels in planted.stock)
            print(
                f"  wrong: {pair.one.hotel_id}, {pair.other.hotel_id}: {len(pair.shared)}; both have {stock} of stock"
            )
    print(f"  precision {len(right) / max(1, len(pairs)):.4f}, recall {len(right) / len(planted.pairs):.4f}")
    hotels = [frozenset(picture.images) for picture in found.pictures]
    best = [max((len(own & stock) / len(stock) for own in hotels), default=0) for stock in planted.stock]
    wrong = [own for own in hotels if not any(own <= stock for stock in planted.stock)]
    print(f"stock photographs: {len(hotels)} found, {len(wrong)} of them name a hotel that has it not")
    told = sum(share > 0 for share in best)
    print(f"  {told} of {len(best)} are told, on average with {np.mean(best):.3f} of their hotels")
    print(f"  (a picture counts from {AS_USUAL.many + 1} hotels on)")


def measure_index(images: int) -> None:
    """Fill an index with made hashes, ten images an accommodation, compare all with all, then ten new hotels."""
    rng = np.random.default_rng(1)
    stores = Stores(MemoryStore(), MemoryStore(), MemoryStore())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "prints.sqlite"
        families = Families(PrintIndex(path))
        families.catch_up(stores)

        def add(first: int, count: int) -> None:
            with sqlite3.connect(path) as db:
                db.executemany(
                    "INSERT INTO prints (hotel_id, partner_id, accommodation_id, shas, hashes) VALUES (?, ?, ?, ?, ?)",
                    ((f"h{number}", "atlas", str(number), rng.bytes(320), rng.bytes(320))
                     for number in range(first, first + count)),
                )  # fmt: skip

        for name, count in (("all", images // 10), ("ten hotels more", 10)):
            add(0 if name == "all" else images // 10, count)
            started = time.process_time()
            families.catch_up(stores)
            spent = time.process_time() - started
            print(f"{images} images, {name}: {spent:.1f} s of CPU, {spent / count * 100:.4f} ms an image", flush=True)
        started = time.process_time()
        found = find_shared(families, stores)
        print(f"find: {time.process_time() - started:.1f} s of CPU, {len(found.pairs)} pairs")
        started = time.process_time()
        families.index.near("0" * 64, rng.integers(0, 2**63, 36, dtype=np.uint64))
        print(f"look one image up: {time.process_time() - started:.2f} s of CPU")
        print(f"file: {path.stat().st_size / 1e6:.0f} MB")
        print(f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:.0f} MB")


def measure_hashes(corpora: list[Path]) -> None:
    """Print which pairs of images of labelled corpora are candidates: copies, and one image of each photograph."""
    by_label: dict[str, list[Fingerprint]] = {}
    for corpus in corpora:
        for item in sorted(read_labels(corpus)[0], key=lambda item: not item.best):
            image = None if item.is_placeholder else printed(corpus / "images" / item.image)
            if image:
                by_label.setdefault(item.label, []).append(image[1])
    same = [pair for images in by_label.values() for pair in combinations(images, 2)]
    same = [pair for pair in random.Random(1).sample(same, min(COPIES_MEASURED, len(same))) if is_copy(*pair)]
    hashes = indexed_hashes(np.array([images[0].hashes for images in by_label.values()], np.uint64))
    left, right = np.triu_indices(len(hashes), 1)
    mine, theirs = (indexed_hashes(np.array([pair[side].hashes for pair in same], np.uint64)) for side in (0, 1))
    nearest = np.minimum(
        np.bitwise_count(mine[:, :1] ^ theirs).min(axis=1), np.bitwise_count(theirs[:, :1] ^ mine).min(axis=1)
    )
    others = np.minimum(
        np.bitwise_count(hashes[left, :1] ^ hashes[right]).min(axis=1),
        np.bitwise_count(hashes[right, :1] ^ hashes[left]).min(axis=1),
    )
    by_pieces = [len(alike(mine[one : one + 1], theirs[one : one + 1])[0]) for one in range(len(same))]
    print(f"{len(same)} pairs of copies, {len(left)} pairs of different photographs")
    print(f"  by one hash, {MOST_BITS} bits: {(nearest <= MOST_BITS).mean():.3f}; {(others <= MOST_BITS).sum()}")
    for bits in (6, 8, 10, 12):
        found, wrong = bits_apart(mine, theirs) <= bits, bits_apart(hashes[left], hashes[right]) <= bits
        print(f"  by all four, {bits} bits on average: {found.mean():.3f}; {wrong.sum()}")
    glanced = [may_be_copy(*pair) for pair, found in zip(same, by_pieces, strict=True) if found]
    print(f"  of those found by pieces, {np.mean(glanced):.4f} pass at a glance")
    print(f"  by pieces, 10 bits on average: {np.mean(by_pieces):.3f}")


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    planted = commands.add_parser("plant")
    planted.add_argument("sources", type=Path, nargs="+")
    planted.add_argument("--hotels", type=int, default=10_000)
    planted.add_argument("--recipe", default="ordinary")
    planted.add_argument("--seed", type=int, default=1)
    commands.add_parser("index").add_argument("images", type=int)
    commands.add_parser("hashes").add_argument("corpora", type=Path, nargs="+")
    args = parser.parse_args()
    if args.command == "plant":
        measure_planted(args.sources, args.hotels, args.recipe, args.seed)
    elif args.command == "index":
        measure_index(args.images)
    else:
        measure_hashes(args.corpora)


if __name__ == "__main__":
    main()
