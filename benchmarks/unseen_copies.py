"""Make a balanced corpus by other means than the product's own attacks: does the choice of the best image generalise?

    python -m benchmarks.unseen_copies SOURCE OUT [--seed 1] [--further] [--heavy] [--half]

SOURCE is what `image-release corpus make` takes. Each photograph gets a clean and an attacked copy of similar size and
quality; every attack is used equally often. The attacks are those of `unseen_attacks.py`, and no weight is ever fitted
on such a corpus. With `--further` they are those of `further_attacks.py`, which the weights are fitted on too, and with
`--heavy` those of `heavy_marks.py`, for the fit of the score. `--half` takes every second hotel by name; the others are
left to `marked_copies.py`, which judges.
"""

from __future__ import annotations

import argparse
import csv
import io
import random
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageFile

from benchmarks.further_attacks import FURTHER_ATTACKS
from benchmarks.heavy_marks import HEAVY_MARKS
from benchmarks.unseen_attacks import ATTACKS, Pixels
from image_release.decode import decode_full, read_header
from image_release.lab.grouping import Original, read_originals
from image_release.settings import FilterSettings
from image_release.values import ImageFacts, key_part, sha256_hex

COLUMNS = ("image", "hotel_id", "label", "attacks", "best")
"""The columns of labels.csv."""

ImageFile.MAXBLOCK = 2**22  # bytes; Pillow fails on a progressive JPEG of noise that needs a larger buffer than its own


def saved(image: Pixels, chance: random.Random) -> tuple[bytes, str]:
    """A JPEG of the image, and the notes about it for labels.csv."""
    side, quality = chance.choice((500, 600, 700, 768, 850)), chance.randint(68, 93)
    copy = image.copy()
    copy.thumbnail((side, side), chance.choice((Image.Resampling.LANCZOS, Image.Resampling.BICUBIC)))
    out = io.BytesIO()
    copy.save(out, "JPEG", quality=quality, subsampling=chance.choice((0, 2)), progressive=chance.random() < 0.3)
    return out.getvalue(), f"side:{max(copy.size)}|q:{quality}"


def opened(path: Path) -> Pixels:
    """Decode a file. Raises SystemExit if it cannot be decoded."""
    data = path.read_bytes()
    facts = read_header(data, sha256_hex(data), FilterSettings(min_short_side_px=1, min_long_side_px=1))
    image = decode_full(data, facts) if isinstance(facts, ImageFacts) else facts
    if not isinstance(image, Image.Image):
        raise SystemExit(f"{path}: {image.reason}")
    return image


def every_second(originals: Sequence[Original], first: int) -> list[Original]:
    """The photographs of every second hotel by name, from the first (0) or from the second one (1)."""
    taken = set(sorted({original.hotel_id for original in originals})[first::2])
    return [original for original in originals if original.hotel_id in taken]


def main() -> None:
    """Write OUT/images and OUT/labels.csv."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--further", action="store_true", help="with the attacks that the weights are fitted on too")
    parser.add_argument("--heavy", action="store_true", help="with marks that cover much")
    parser.add_argument("--half", action="store_true", help="of every second hotel only")
    args = parser.parse_args()
    originals = read_originals(args.source)
    if args.half:
        originals = every_second(originals, 0)
    attacks = HEAVY_MARKS if args.heavy else FURTHER_ATTACKS if args.further else ATTACKS
    order = list(range(len(originals)))
    random.Random(args.seed).shuffle(order)
    rows = []
    for number, original in zip(order, originals, strict=True):
        chance = random.Random(f"{args.seed}/{original.label}")
        image, attack = opened(original.path), attacks[number % len(attacks)]
        for partner, copy, note, best in (
            ("one", image, "", 1),
            ("two", attack(image, chance), f"{attack.__name__}|", 0),
        ):
            data, notes = saved(copy, chance)
            name = f"{key_part(original.hotel_id)}/{partner}/{chance.getrandbits(40):010x}.jpg"
            (args.out / "images" / name).parent.mkdir(parents=True, exist_ok=True)
            (args.out / "images" / name).write_bytes(data)
            rows.append((name, original.hotel_id, original.label, note + notes, best))
    with (args.out / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(sorted(rows))
    print(f"{len(rows)} images in {args.out}")


if __name__ == "__main__":
    main()
