"""How often a collage is joined with the photograph that it shows, and a crop parted from its photograph.

    python -m benchmarks.collages SOURCE... [--of 240] [--seed 11] [--without]

SOURCE is what `image-release corpus make` takes. Each hotel has a photograph and a collage of it with photographs of
other hotels: two to nine cells in a grid, one large cell with small ones, two unequal cells, or two whole pictures.
Gaps are white, black or brown, or there are none; most cells crop what they show. Then come crops: each hotel has a
photograph and a part of it, which begins at one, two or four sides. `--without` leaves out the look for seams.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import patch

from PIL import Image, ImageOps

from benchmarks.known_failures import grouped
from image_release.dedup import grouping
from image_release.lab.grouping import read_originals

Box = tuple[int, int, int, int]
SIZES = ((640, 480), (640, 640), (600, 800))
GAPS = (0, 0, 4, 10)
PAPERS = ("white", "white", "black", "#876")
GRIDS = {"1 x 2": (1, 2), "2 x 1": (2, 1), "2 x 2": (2, 2), "1 x 3": (1, 3), "2 x 3": (2, 3), "3 x 3": (3, 3)}
LARGE = ("one large and two", "one large and three", "two unequal")
WHOLE = "two whole pictures"
KINDS = (*GRIDS, *LARGE, WHOLE)
CROPS = ("one side", "two sides", "four sides")
HEIGHT = 400
"""Height of a collage of two whole pictures, in pixels."""


def grid(rows: int, columns: int, width: int, height: int, gap: int) -> list[Box]:
    """The cells of a grid, row by row."""
    across = [(at * (width + gap) // columns, (at + 1) * (width + gap) // columns - gap) for at in range(columns)]
    down = [(at * (height + gap) // rows, (at + 1) * (height + gap) // rows - gap) for at in range(rows)]
    return [(left, top, right, bottom) for top, bottom in down for left, right in across]


def moved(boxes: Sequence[Box], across: int, down: int) -> list[Box]:
    """The cells at another place."""
    return [(left + across, top + down, right + across, bottom + down) for left, top, right, bottom in boxes]


def cells(kind: str, width: int, height: int, gap: int) -> list[Box]:
    """The cells of a kind of collage."""
    if kind in GRIDS:
        return grid(*GRIDS[kind], width, height, gap)
    if kind == LARGE[0]:
        side = width * 3 // 5
        return [(0, 0, side, height), *moved(grid(2, 1, width - side - gap, height, gap), side + gap, 0)]
    if kind == LARGE[1]:
        side = height * 3 // 5
        return [(0, 0, width, side), *moved(grid(1, 3, width, height - side - gap, gap), 0, side + gap)]
    side = width * 2 // 3
    return [(0, 0, side, height), (side + gap, 0, width, height)]


def collage(kind: str, images: Sequence[Image.Image], chance: random.Random) -> Image.Image:
    """A collage that shows the first image in a cell, which is the large one if there is one."""
    gap, paper = chance.choice(GAPS), chance.choice(PAPERS)
    if kind == WHOLE:
        pair = [image.resize((max(1, image.width * HEIGHT // image.height), HEIGHT)) for image in images[:2]]
        page = Image.new("RGB", (pair[0].width + gap + pair[1].width, HEIGHT), paper)
        page.paste(pair[0], (0, 0))
        page.paste(pair[1], (pair[0].width + gap, 0))
        return page
    page = Image.new("RGB", chance.choice(SIZES), paper)
    boxes = cells(kind, *page.size, gap)
    at = chance.randrange(len(boxes)) if kind in GRIDS else 0
    shown = [*images[1 : at + 1], images[0], *images[at + 1 : len(boxes)]]
    for (left, top, right, bottom), image in zip(boxes, shown, strict=True):
        page.paste(ImageOps.fit(image, (right - left, bottom - top)), (left, top))
    return page


def crop(kind: str, image: Image.Image, chance: random.Random) -> Image.Image:
    """A part of an image that ends within it on some sides."""
    share = chance.uniform(0.5, 0.8)
    width, height = round(image.width * share), round(image.height * share)
    if kind == "one side":
        width, height = chance.choice(((width, image.height), (image.width, height)))
    left, top = (chance.choice((0, most)) for most in (image.width - width, image.height - height))
    if kind == "four sides":
        left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))


def main() -> None:
    """Print how many collages are joined, and how many crops are apart."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="+", type=Path, metavar="SOURCE")
    parser.add_argument("--of", type=int, default=240, help="number of collages, and of crops")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--without", action="store_true", help="without the look for seams")
    args = parser.parse_args()
    chance = random.Random(args.seed)
    paths = [original.path for source in args.sources for original in read_originals(source)]
    wrong: Counter[str] = Counter()
    no_seams = patch.object(grouping, "is_shown_beside_others", lambda *_, **__: False)
    with no_seams if args.without else nullcontext():
        for number in range(args.of):
            images = [Image.open(path).convert("RGB") for path in chance.sample(paths, 9)]
            kind, part = KINDS[number % len(KINDS)], CROPS[number % len(CROPS)]
            wrong[kind] += len(grouped({"A": images[0], "C": collage(kind, images, chance)})) == 1
            wrong[part] += len(grouped({"A": images[0], "C": crop(part, images[0], chance)})) > 1
    for kinds, what in ((KINDS, "collages joined"), (CROPS, "crops apart")):
        each = ", ".join(f"{kind} {wrong[kind]} of {args.of // len(kinds)}" for kind in kinds)
        print(f"{what}: {sum(wrong[kind] for kind in kinds)} of {args.of}: {each}")


if __name__ == "__main__":
    main()
