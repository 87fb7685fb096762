"""The known failures of grouping, made from the pictures of the sample hotels: how often each happens.

    python -m benchmarks.known_failures

- *A bare wall*: of each picture the part of a third of its sides with least contrast, as a file of its own. It has no
  texture to align, so it stays apart from its photograph.
- *Crops that hardly overlap*: the left and the right 9/16 of each picture. They stay two pictures unless a third copy
  connects them; that is counted, too.
- *A second shot between two copies*: the camera has moved sideways, so what is near moves by up to some pixels against
  what is far. Whole copies of the photograph tell the second shot apart. Where there are crops of it only, each agrees
  with its part of the second shot, and the shot may connect them.
- *A large mark in the middle*: a square code over a copy, or a star with a price over two copies, at different
  places. It stands where things stand, so it may be taken for one, unless straight sides show that it is a plate.
"""

from __future__ import annotations

import io
import math
import random
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from image_release.decode import decode_draft, read_header
from image_release.dedup import FingerprintedImage, group_same
from image_release.fingerprint import fingerprint
from image_release.lab.size_filter import any_size_filter
from image_release.outcomes import Rejection
from image_release.settings import GroupingSettings, Settings
from image_release.values import sha256_hex

HOTELS = Path(__file__).parents[1] / "samples/hotels"
SHARE = 9 / 16
"""Share of a picture's width that each of two crops has: they share an eighth of it."""
SHIFTS_PX = (8, 16, 24, 32)
"""By how many pixels of 960 what is near moves against what is far, at most, between two shots."""
BAY_PX = (60, 160)
"""Width of what is at one distance, least and most."""

CODE, CODE_CELLS = 0.25, 29
"""Side of a square code as a share of a picture's height, and its number of cells across and down."""
STAR, POINTS = 0.16, 12
"""Radius of a star as a share of a picture's height, and its number of points."""


def bare_wall(image: Image.Image) -> Image.Image:
    """The part of a third of an image's sides that has least contrast."""
    width, height = image.width // 3, image.height // 3
    grey = np.asarray(image.convert("L"), np.float32)
    corners = [(x, y) for y in range(0, image.height - height, 16) for x in range(0, image.width - width, 16)]
    x, y = min(corners, key=lambda corner: float(grey[corner[1] :, corner[0] :][:height, :width].std()))
    return image.crop((x, y, x + width, y + height))


def crops(image: Image.Image) -> tuple[Image.Image, Image.Image]:
    """The left and the right part of an image, which hardly overlap."""
    width = round(image.width * SHARE)
    return image.crop((0, 0, width, image.height)), image.crop((image.width - width, 0, image.width, image.height))


def second_shot(image: Image.Image, shift: int) -> Image.Image:
    """The same scene from a camera that moved sideways: bays at different distances move by up to `shift` pixels."""
    pixels = np.asarray(image)
    chance = random.Random(shift)
    seen = pixels.copy()
    left = 0
    while left < image.width:
        right = min(image.width, left + chance.randint(*BAY_PX))
        columns = np.clip(np.arange(left, right) + chance.randint(-shift, shift), 0, image.width - 1)
        seen[:, left:right] = pixels[:, columns]
        left = right
    return Image.fromarray(seen)


def under_a_code(image: Image.Image) -> Image.Image:
    """A copy with a square code in its middle."""
    cells = np.pad(np.random.default_rng(1).integers(0, 2, (CODE_CELLS, CODE_CELLS)) * 255, 2, constant_values=255)
    side = round(image.height * CODE)
    code = Image.fromarray(cells.astype(np.uint8)).resize((side, side), Image.Resampling.NEAREST)
    marked = image.copy()
    marked.paste(code.convert("RGB"), ((image.width - side) // 2, (image.height - side) // 2))
    return marked


def under_a_star(image: Image.Image, across: float) -> Image.Image:
    """A copy with a red star that names a price; `across` is where its middle is, as a share of the width."""
    radius, x, y = image.height * STAR, image.width * across, image.height / 2
    turns = [(number * math.pi / POINTS, radius * (1 if number % 2 else 0.75)) for number in range(2 * POINTS)]
    marked = image.copy()
    draw = ImageDraw.Draw(marked)
    draw.polygon([(x + far * math.cos(turn), y + far * math.sin(turn)) for turn, far in turns], fill="#d22")
    draw.text((x, y), "-30%", "white", ImageFont.load_default(radius * 0.6), anchor="mm")
    return marked


def grouped(images: Mapping[str, Image.Image]) -> set[str]:
    """The groups of some images: the letters of each, in order."""
    letters, seen = {}, {}
    for letter, image in images.items():
        data = io.BytesIO()
        image.save(data, "JPEG", quality=90)
        sha256 = sha256_hex(data.getvalue())
        letters[sha256], seen[sha256] = letter, _seen(data.getvalue(), sha256)
    pictures = group_same(seen, (), GroupingSettings())
    return {"".join(sorted(letters[member] for member in picture.members)) for picture in pictures}


def _seen(data: bytes, sha256: str) -> FingerprintedImage:
    facts = read_header(data, sha256, any_size_filter(Settings()))
    assert not isinstance(facts, Rejection), "a sample can be read"
    draft = decode_draft(data, facts)
    assert not isinstance(draft, Rejection), "a sample can be decoded"
    return FingerprintedImage(facts, fingerprint(draft, Settings().fingerprint))


def outcomes(image: Image.Image) -> Iterator[tuple[str, bool]]:
    """Yield each case and whether it happened with an image. A is the image, L and R its parts, B a second shot."""
    left, right = crops(image)
    yield "bare wall apart from its photograph", "AW" not in grouped({"A": image, "W": bare_wall(image)})
    yield "crops that hardly overlap apart", "LR" not in grouped({"L": left, "R": right})
    yield "crops that hardly overlap and a whole copy apart", "ALR" not in grouped({"A": image, "L": left, "R": right})
    yield "a copy under a square code apart", "AC" not in grouped({"A": image, "C": under_a_code(image)})
    stars = {"S": under_a_star(image, 0.3), "T": under_a_star(image, 0.6)}
    yield "copies under a star at two places apart", "ST" not in grouped(stars)
    yield "stars at two places and a whole copy apart", "AST" not in grouped({"A": image, **stars})
    for shift in SHIFTS_PX:
        shot = second_shot(image, shift)
        alone = grouped({"A": image, "B": shot})
        yield f"second shot, {shift} px: joined with one copy", "AB" in alone
        yield f"second shot, {shift} px: joined with two crops", "BLR" in grouped({"B": shot, "L": left, "R": right})
        whole = grouped({"A": image, "B": shot, "L": left, "R": right})
        both = any("A" in each and "B" in each for each in whole)
        yield f"second shot, {shift} px: joined with two crops and a whole copy", both


def main() -> None:
    """Print how often each case happens with the pictures of the sample hotels."""
    paths = sorted(HOTELS.glob("*/*.jpg"))
    counted: dict[str, int] = {}
    for path in paths:
        for case, happened in outcomes(Image.open(path).convert("RGB")):
            counted[case] = counted.get(case, 0) + happened
    for case, times in counted.items():
        print(f"{case}: {times} of {len(paths)}")


if __name__ == "__main__":
    main()
