"""The published method, written plainly from the talk's description: what the program is measured against.

Every image is decoded whole. 36 centred crops of it are hashed with ImageHash. Images are compared by all pairs of
their hashes, as Python integers. Near images belong together, transitively. The largest image of a group is decoded
once and scaled from the original for each size, bilinear, with a contrast filter. The program does not use this module.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import imagehash
from PIL import Image, ImageEnhance

from image_release.renditions import fitted
from image_release.settings import RenditionSettings

STEPS = 6
"""Number of crops along an axis: 0, 10 … 50 % of the side are cut away."""
NEAR = 8
"""Maximum number of differing bits, of 64, between two hashes of images that show the same photograph."""


def decoded(data: bytes) -> Image.Image:
    """Decode the whole image, RGB."""
    return Image.open(io.BytesIO(data)).convert("RGB")


def crops(image: Image.Image) -> Iterator[Image.Image]:
    """The 36 crops, taken from the whole image."""
    width, height = image.size
    for across in range(STEPS):
        for down in range(STEPS):
            x, y = width * across / 20, height * down / 20
            yield image.crop((round(x), round(y), round(width - x), round(height - y)))


def hashes(data: bytes) -> list[int]:
    """Decode an image and hash its 36 crops."""
    return [int(str(imagehash.phash(crop)), 16) for crop in crops(decoded(data))]


def distance(one: Sequence[int], other: Sequence[int]) -> int:
    """The smallest distance, in bits, between any hash of one image and any hash of another."""
    return min(bin(a ^ b).count("1") for a in one for b in other)  # noqa: FURB161 - as it was published


def distances(images: Sequence[Sequence[int]]) -> dict[tuple[int, int], int]:
    """The distance of every pair of images, by their indices."""
    return {(i, j): distance(one, images[j]) for i, one in enumerate(images) for j in range(i + 1, len(images))}


def groups(near: Iterator[tuple[int, int]], count: int) -> list[list[int]]:
    """Group `count` images by near pairs: connected images are one picture. Returns the indices of each group."""
    group = list(range(count))
    for one, other in near:
        kept, gone = group[one], group[other]
        group = [kept if name == gone else name for name in group]
    return [[index for index in range(count) if group[index] == name] for name in sorted(set(group))]


def renditions(data: bytes, recipes: Sequence[RenditionSettings]) -> list[bytes]:
    """Decode once, then scale each size from the original, bilinear, with the contrast filter."""
    image, made = decoded(data), []
    for recipe in recipes:
        scaled = image.resize(fitted(*image.size, (recipe.width, recipe.height)), Image.Resampling.BILINEAR)
        out = io.BytesIO()
        ImageEnhance.Contrast(scaled).enhance(recipe.contrast).save(out, "JPEG", quality=recipe.quality)
        made.append(out.getvalue())
    return made


def pixels(data: bytes) -> int:
    """Number of pixels of an image, from its header."""
    with Image.open(io.BytesIO(data)) as image:
        return image.width * image.height


def hotel(folder: Path, target: Path, recipes: Sequence[RenditionSettings]) -> int:
    """Do the whole job for the files of a folder; returns the number of pictures."""
    files = [path.read_bytes() for path in sorted(folder.rglob("*.jpg"))]
    between = distances([hashes(data) for data in files])
    pictures = groups((pair for pair, found in between.items() if found <= NEAR), len(files))
    for number, members in enumerate(pictures):
        best = max((files[index] for index in members), key=pixels)
        for recipe, made in zip(recipes, renditions(best, recipes), strict=True):
            (target / f"{number}-{recipe.name}.jpg").write_bytes(made)
    return len(pictures)
