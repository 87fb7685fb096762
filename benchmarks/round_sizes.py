"""What the steps of a round need that grow with all images: uniting families, counting a part, planning pairs.

    python -m benchmarks.round_sizes LINKS --step unite

unite   all images of the links are different ones, which needs the most memory
count   one part of the families, which has 800,000 images in several hotels; reading all ranges twice is extrapolated
plan    pairs of hotels have as many families in common as there are links, half of them with a neighbour
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Iterator, Sequence

import numpy as np

from image_release.dedup import HASHES_INDEXED
from image_release.sharing import AS_USUAL, FamilyMap, HeldImages, InCommon, holders_of_part, plan_pairs
from image_release.sharing.linking import Links, short_names
from image_release.sharing.prints import SHA_BYTES, Prints

LINKS_A_SHARE = 2_000
IMAGES_A_RANGE = 50_000
FAMILIES_A_PART = 800_000
ROWS_A_RANGE = 3_000
ROWS_A_HOTEL = 3
ALL_IMAGES = 100_000_000
FAMILIES_A_HOTEL = 10
NEIGHBOURS = 3
PAIRS_A_SHARE = 1_000


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


def made_ranges() -> Iterator[HeldImages]:
    """Ranges of hotels with so many images as one part of the families has copies of."""
    rng = np.random.default_rng(3)
    for start in range(0, FAMILIES_A_PART, IMAGES_A_RANGE):
        rows = [(row, f"h{start + row // ROWS_A_HOTEL}", "p", f"a{row}", b"", b"") for row in range(ROWS_A_RANGE)]
        shas = rng.integers(0, 256, (IMAGES_A_RANGE, SHA_BYTES), dtype=np.uint8)
        owners = np.sort(rng.integers(0, ROWS_A_RANGE, IMAGES_A_RANGE))
        nothing = np.zeros((IMAGES_A_RANGE, HASHES_INDEXED), np.uint64)
        yield HeldImages((), Prints(rows, shas, nothing, owners, np.zeros(IMAGES_A_RANGE, np.bool_)))


def made_families(ranges: Sequence[HeldImages], count: int) -> FamilyMap:
    """Families of so many images, in which each image of every second range is a copy of one in the range before."""
    rng = np.random.default_rng(4)
    names = [short_names(held.prints.shas) for held in ranges]
    images, of = np.concatenate(names[1::2]), np.concatenate(names[::2])
    images = np.concatenate([images, rng.integers(0, 2**64, count - len(images), dtype=np.uint64)])
    order = np.argsort(images)
    images = images[order]
    families = np.concatenate([of, rng.integers(0, 2**64, count - len(of), dtype=np.uint64)])[order]
    return FamilyMap(images, families)


def unite(links: int) -> str:
    """Unite families, and tell how large they are."""
    families, left_out = FamilyMap.none().joined_by(made_links(links))
    return f"{len(families.packed()) / 1e6:.0f} MB are kept, {left_out:,} links left out"


def plan(links: int) -> str:
    """Plan pairs of hotels, and tell how many there are."""
    planned = plan_pairs(made_in_common(links), AS_USUAL, PAIRS_A_SHARE)
    return f"{len(planned.shares):,} shares, {planned.left_out:,} pairs left out"


def count_part(links: int) -> str:
    """Count one part, and tell what was measured."""
    ranges = list(made_ranges())
    families = made_families(ranges, links)
    packed = [held.packed() for held in ranges]
    del ranges
    began = time.process_time()
    for data in packed:
        families.of(HeldImages.parsed(data).prints.shas)
    looked = (time.process_time() - began) / len(packed)
    found = list(holders_of_part(lambda: map(HeldImages.parsed, packed), families, 0, 1))
    whole = 2 * ALL_IMAGES // IMAGES_A_RANGE * looked
    ends = time.process_time() - began - 3 * len(packed) * looked
    read_mb = 2 * ALL_IMAGES / IMAGES_A_RANGE * len(packed[0]) / 1e6
    return f"{len(found):,} families, {ends:.0f} s; {whole:.0f} s for {ALL_IMAGES:,} images, {read_mb:,.0f} MB to read"


STEPS = {"unite": unite, "count": count_part, "plan": plan}


def peak_mb() -> float:
    """The most memory that this process had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("links", type=int)
    parser.add_argument("--step", choices=STEPS, required=True)
    args = parser.parse_args()
    before, began = peak_mb(), time.process_time()
    told = STEPS[args.step](args.links)
    seconds = time.process_time() - began
    print(
        f"{args.step}: {args.links:,} links, {seconds:.1f} s of CPU, {peak_mb():.0f} MB of {before:.0f} before; {told}"
    )


if __name__ == "__main__":
    main()
