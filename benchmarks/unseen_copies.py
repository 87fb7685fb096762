"""Make a balanced corpus by other means than the product's own attacks: does the choice of the best image generalise?

    python -m benchmarks.unseen_copies SOURCE OUT [--seed 1] [--further]

SOURCE is what `image-release corpus make` takes. Each photograph gets a clean and an attacked copy of similar size and
quality; every attack is used equally often. The attacks are those of `unseen_attacks.py`, and no weight is ever fitted
on such a corpus. With `--further` they are those of `further_attacks.py`, which the weights are fitted on too.
"""

from __future__ import annotations

import argparse
import csv
import io
import random
from pathlib import Path

from PIL import Image

from benchmarks.further_attacks import FURTHER_ATTACKS
from benchmarks.unseen_attacks import ATTACKS, Pixels
from image_release.decode import decode_full, read_header
from image_release.lab.grouping import read_originals
from image_release.settings import FilterSettings
from image_release.values import ImageFacts, key_part, sha256_hex


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


def main() -> None:
    """Write OUT/images and OUT/labels.csv."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--further", action="store_true", help="with the attacks that the weights are fitted on too")
    args = parser.parse_args()
    originals = read_originals(args.source)
    attacks = FURTHER_ATTACKS if args.further else ATTACKS
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
        writer.writerow(("image", "hotel_id", "label", "attacks", "best"))
        writer.writerows(sorted(rows))
    print(f"{len(rows)} images in {args.out}")


if __name__ == "__main__":
    main()
