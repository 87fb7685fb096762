"""Measures "this picture, in every hotel": what is found of copies, what is found wrongly, and the time of a search.

    python -m benchmarks.everywhere copies FOLDER...      photographs of folders, made logos, and copies of them
    python -m benchmarks.everywhere alike CORPUS          one image of each photograph of a labelled corpus
    python -m benchmarks.everywhere search 3000000        an index of so many images, with made hashes

The figures are in decision 35 and in docs/performance.md.
"""

from __future__ import annotations

import csv
import io
import random
import resource
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from image_release.decode import decode_draft, read_header
from image_release.dedup import copies_of
from image_release.everywhere import PrintIndex
from image_release.fingerprint import Fingerprint, fingerprint
from image_release.hotel.examine import lenient
from image_release.outcomes import Rejection
from image_release.settings import Settings
from image_release.storage import MemoryStore, Stores

SETTINGS = Settings()
PHOTOGRAPHS = 60
"""Number of photographs of each folder, chosen at random."""
WORDS = [f"{first} {second}" for first in ("Sunny", "Grand", "Palace", "World") for second in ("Club", "Bank", "Inn")]
SOON = ["Photo coming soon", "No image available", "Image not found", "Picture will follow", "No photo"]


def printed(image: Image.Image, quality: int = 88) -> Fingerprint | None:
    """The fingerprint of an image as a JPEG; None if it is refused."""
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=quality)
    facts = read_header(out.getvalue(), "0" * 64, lenient(SETTINGS.filter))
    draft = None if isinstance(facts, Rejection) else decode_draft(out.getvalue(), facts)
    return None if draft is None or isinstance(draft, Rejection) else fingerprint(draft, SETTINGS.fingerprint)


def logos() -> Iterator[tuple[str, Image.Image]]:
    """Logos: one mark, on a plain and on a shaded ground, with different words. Only the word tells them apart."""
    shaded = Image.linear_gradient("L").rotate(90).resize((800, 533)).convert("RGB")
    for name, ground in (("plain", Image.new("RGB", (800, 533), (240, 238, 230))), ("shaded", shaded)):
        for word in WORDS:
            image = ground.copy()
            draw = ImageDraw.Draw(image)
            draw.ellipse((120, 140, 320, 340), fill=(200, 60, 40))
            draw.text((120, 370), word, font=ImageFont.load_default(size=84), fill=(30, 40, 90))
            yield f"{name} {word}", image


def coming_soon() -> Iterator[tuple[str, Image.Image]]:
    """Nearly flat pictures with a few grey words."""
    for word in SOON:
        image = Image.new("RGB", (1000, 667), (230, 230, 230))
        ImageDraw.Draw(image).text((160, 280), word, font=ImageFont.load_default(size=64), fill=(120, 120, 120))
        yield word, image


def photographs(folder: Path) -> Iterator[tuple[str, Image.Image]]:
    """Some photographs of a folder and of those below it."""
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg"))
    for path in random.Random(1).sample(files, min(PHOTOGRAPHS, len(files))):
        yield str(path.relative_to(folder)), Image.open(path).convert("RGB")


def labelled(corpus: Path) -> Iterator[tuple[str, Image.Image]]:
    """One clean image of each photograph of a labelled corpus."""
    rows = csv.DictReader((corpus / "labels.csv").read_text("utf-8").splitlines())
    named = {row["label"]: row["image"] for row in rows if row["best"] == "1"}
    for label, name in sorted(named.items()):
        yield label, Image.open(corpus / "images" / name).convert("RGB")


def copies(image: Image.Image) -> Iterator[tuple[str, Fingerprint | None]]:
    """Copies as partners make them."""
    width, height = image.size
    yield "quality 40", printed(image, 40)
    yield "half the size", printed(image.resize((width // 2, height // 2), Image.Resampling.LANCZOS), 80)
    yield "0.7 of the size", printed(image.resize((width * 7 // 10, height * 7 // 10), Image.Resampling.BICUBIC), 50)
    yield (
        "4 % cropped each side",
        printed(image.crop((width // 25, height // 25, width - width // 25, height - height // 25))),
    )
    yield (
        "10 % left, 5 % above and below",
        printed(image.crop((width // 10, height // 20, width, height - height // 20))),
    )


def measure_copies(name: str, images: Iterator[tuple[str, Image.Image]], *, copied: bool = True) -> None:
    """Print what share of copies is found, if images are `copied`, and which other images are taken for a copy."""
    originals: dict[str, Fingerprint] = {}
    found: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    for label, image in images:
        original = printed(image)
        if original is None:
            continue
        originals[label] = original
        for kind, copy in copies(image) if copied else ():
            tried[kind] += 1
            found[kind] += copy is not None and bool(list(copies_of(original, {"copy": copy}, ["copy"])))
    wrong = {
        (one, other)
        for one, mine in originals.items()
        for other in copies_of(mine, originals, [label for label in originals if label < one])
    }
    print(f"{name}: {len(originals)} images")
    for kind, count in tried.items():
        print(f"  {kind}: {found[kind]} of {count} found")
    print(f"  other images taken for a copy: {len(wrong)} of {len(originals) * (len(originals) - 1) // 2} pairs")
    for one, other in sorted(wrong)[:20]:
        print(f"    {one} = {other}")


def measure_search(images: int) -> None:
    """Fill an index with made hashes, ten images an accommodation, and search it."""
    rng = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "prints.sqlite"
        index = PrintIndex(path)
        index.catch_up(Stores(MemoryStore(), MemoryStore(), MemoryStore()))
        with sqlite3.connect(path) as db:
            rows = (
                (f"h{number}", "atlas", str(number), rng.bytes(320), rng.bytes(320)) for number in range(images // 10)
            )
            db.executemany(
                "INSERT INTO prints (hotel_id, partner_id, accommodation_id, shas, hashes) VALUES (?, ?, ?, ?, ?)", rows
            )
        for _ in range(3):
            started = time.process_time()
            near = index.near("0" * 64, rng.integers(0, 2**63, 36, dtype=np.uint64))
            print(f"{images} images: {time.process_time() - started:.2f} s of CPU, {len(near)} candidates")
        print(f"file: {path.stat().st_size / 1e6:.0f} MB")
        print(f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:.0f} MB")


if __name__ == "__main__":
    if sys.argv[1] == "copies":
        measure_copies("logos", logos())
        measure_copies("coming soon", coming_soon())
        for argument in sys.argv[2:]:
            measure_copies(argument, photographs(Path(argument)))
    elif sys.argv[1] == "alike":
        measure_copies(sys.argv[2], labelled(Path(sys.argv[2])), copied=False)
    else:
        measure_search(int(sys.argv[2]))
