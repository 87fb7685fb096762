"""What the two steps of a round need that one invocation does alone: uniting families, and planning pairs of hotels.

    python -m benchmarks.round_sizes LINKS

All images of the links are different ones, which needs the most memory. Pairs of hotels have as many families in common
as there are links, half of them with a neighbour, with which they share several.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Iterator

import numpy as np

from image_release.sharing import AS_USUAL, FamilyMap, InCommon, plan_pairs
from image_release.sharing.linking import Links

LINKS_A_SHARE = 2_000
IMAGES_A_RANGE = 50_000
FAMILIES_A_PART = 800_000
FAMILIES_A_HOTEL = 10
NEIGHBOURS = 3


def made_links(count: int) -> Iterator[Links]:
    """Links as shares of a round verify them."""
    rng = np.random.default_rng(1)
    for start in range(0, count, LINKS_A_SHARE):
        yield rng.integers(0, 2**64, (min(LINKS_A_SHARE, count - start), 2), dtype=np.uint64)


def made_in_common(count: int) -> Iterator[InCommon]:
    """What hotels have in common, as the parts of the families tell it."""
    rng = np.random.default_rng(2)
    hotels = count // FAMILIES_A_HOTEL
    for start in range(0, count, FAMILIES_A_PART):
        size = min(FAMILIES_A_PART, count - start)
        one, far = rng.integers(0, hotels, (2, size))
        near = (one + 1 + rng.integers(0, NEIGHBOURS, size)) % hotels
        other = np.where((rng.random(size) < 0.5) | (far == one), near, far)
        numbers, places = np.unique(np.concatenate([one, other]), return_inverse=True)
        pairs = np.sort(places.reshape(2, -1).T, axis=1).astype(np.uint32)
        names = tuple(f"h{number:09}" for number in numbers.tolist())
        yield InCommon.parsed(InCommon(names, pairs, np.full(size, 2, np.uint8)).packed())


def peak_mb() -> float:
    """The most memory that this process had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("links", type=int)
    parser.add_argument("--step", choices=("unite", "plan"), required=True)
    args = parser.parse_args()
    before, began = peak_mb(), time.process_time()
    if args.step == "unite":
        families, left_out = FamilyMap.none().joined_by(made_links(args.links))
        united = time.process_time()
        data = families.packed()
        told = f"{len(data) / 1e6:.0f} MB are kept, {left_out:,} links left out"
        found = FamilyMap.parsed(data)
        shas = np.random.default_rng(3).integers(0, 256, (IMAGES_A_RANGE, 32), dtype=np.uint8)
        looking = time.process_time()
        found.of(shas)
        told += f"; {IMAGES_A_RANGE:,} images are looked up in {time.process_time() - looking:.2f} s"
    else:
        planned = plan_pairs(made_in_common(args.links), AS_USUAL, 1_000)
        united = time.process_time()
        told = f"{len(planned.shares):,} shares, {planned.left_out:,} pairs left out"
    seconds = united - began
    print(
        f"{args.step}: {args.links:,} links, {seconds:.1f} s of CPU, {peak_mb():.0f} MB of {before:.0f} before; {told}"
    )


if __name__ == "__main__":
    main()
