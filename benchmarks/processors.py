"""How much the answers of the local tagger depend on the processor.

    python -m benchmarks.processors CORPUS [--images 100] [--emulator "qemu-x86_64 -cpu Nehalem"]

Looks at images of a corpus twice: on this processor, and on an older one without wide instructions (AVX and later),
which an emulator of user processes plays (Debian: `qemu-user`). Prints the largest differences before and after rounding,
the share of answers that differ, and how many hotels get another order by appeal.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.scene_features import pictures_of, views_of
from image_release.tag.local.heads import PLACES, shipped_heads
from image_release.tag.local.network import Network

Answers = list[tuple[str, list[float]]]


def answers(corpus: Path, images: int) -> Answers:
    """Hotel and unrounded results (kinds, appeal, embedding) of the first images, a few of each hotel."""
    network, heads = Network(), shipped_heads()
    found: Answers = []
    for picture in pictures_of(corpus)[:images]:
        features = network.features(views_of(picture.file)[0]).astype(np.float64)
        kinds, appeals, embeddings = heads.predict(features[None])
        found.append((picture.hotel_id, [float(number) for number in (*appeals, *kinds[0], *embeddings[0])]))
    return found


def compare(here: Answers, there: Answers) -> None:
    """Print how two processors differ."""
    one, other = (np.array([numbers for _, numbers in found]) for found in (here, there))
    rounded = np.abs(one.round(PLACES) - other.round(PLACES))
    print(f"{len(here)} images, {one.shape[1]} numbers each")
    print(f"largest difference: {np.abs(one - other).max():.1e} before rounding, {rounded.max():.3f} after")
    differing = (rounded > 10.0 ** -(PLACES + 1)).any(axis=1)
    print(
        f"images with a number that differs after rounding: {differing.mean():.2f}; numbers: {(rounded > 0).mean():.4f}"
    )
    hotels: defaultdict[str, list[int]] = defaultdict(list)
    for row, (hotel_id, _) in enumerate(here):
        hotels[hotel_id].append(row)
    changed = [hotel for hotel, rows in hotels.items() if _order(one, rows) != _order(other, rows)]
    print(f"hotels whose order by appeal differs: {len(changed)} of {len(hotels)}")


def _order(numbers: np.ndarray, rows: Sequence[int]) -> list[int]:
    return sorted(rows, key=lambda row: (-numbers[row, 0].round(PLACES), row))


def main() -> None:
    """Look at the images here, and on the other processor."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--emulator", default="qemu-x86_64 -cpu Nehalem")
    parser.add_argument("--answers", action="store_true", help="print the answers of this processor as JSON, and end")
    args = parser.parse_args()
    here = answers(args.corpus, args.images)
    if args.answers:
        json.dump(here, sys.stdout)
        return
    again = [sys.executable, "-m", "benchmarks.processors", str(args.corpus), "--images", str(args.images), "--answers"]
    emulated = subprocess.run([*shlex.split(args.emulator), *again], check=True, capture_output=True, text=True)
    compare(here, [(hotel, numbers) for hotel, numbers in json.loads(emulated.stdout)])


if __name__ == "__main__":
    main()
