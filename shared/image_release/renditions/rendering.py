"""Renditions: a best image in the sizes that the site needs, from one decode.

The published method decodes once and scales each size from the original, bilinear, with a contrast filter. Here the
sizes form a pyramid. Each is made from the smallest size before it that is at least PYRAMID_STEP times as large; this
keeps the quality of Lanczos. Contrast is a table of 256 values. No metadata is written.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageStat

from image_release.decode import Resizer, call_by_cost, cost_of, decode_full, shipped_resizer
from image_release.outcomes import Rejection
from image_release.settings import FilterSettings, RenditionSettings
from image_release.values import ImageFacts

GENERATOR_VERSION = "1"
PYRAMID_STEP = 1.5
"""Minimum ratio of the size that another is made from. Below it, filtering twice would soften the image."""
EXTENSIONS = {"jpeg": "jpg", "webp": "webp", "png": "png"}


@dataclass(frozen=True, slots=True)
class Rendition:
    """One encoded size of an image; `width` and `height` are in pixels."""

    name: str
    data: bytes
    width: int
    height: int
    format: str


def rendition_extension(format_: str) -> str:
    """File name extension of a format."""
    return EXTENSIONS[format_]


def rendition_digest(settings: RenditionSettings) -> str:
    """Digest of all that shapes a rendition besides its original. While it stays, the rendition is not made again."""
    recipe = [GENERATOR_VERSION, shipped_resizer().name, settings.model_dump(mode="json", exclude={"name"})]
    return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:12]


def fitted(width: int, height: int, box: tuple[int, int]) -> tuple[int, int]:
    """The largest size (width, height) of the same shape that fits the box without enlarging; no side is below 1.

    Halves are rounded to even.
    """
    scale = min(box[0] / width, box[1] / height, 1.0)
    return max(1, min(box[0], round(width * scale))), max(1, min(box[1], round(height * scale)))


def generate_within_budget(
    data: bytes, facts: ImageFacts, renditions: Sequence[RenditionSettings], budget: FilterSettings
) -> tuple[Rendition, ...] | Rejection:
    """As `generate`; an image that takes much memory is decoded alone, in a child process.

    None is refused for what it takes: it was accepted when it was examined. Raises ChildCrashedError.
    """
    return call_by_cost(cost_of(data, facts, budget), budget, generate, data, facts, renditions)


def generate(
    data: bytes, facts: ImageFacts, renditions: Sequence[RenditionSettings], resizer: Resizer | None = None
) -> tuple[Rendition, ...] | Rejection:
    """Make renditions of one image, in the order of `renditions`; a Rejection if the image cannot be decoded."""
    resizer = resizer or shipped_resizer()
    sizes = [fitted(facts.width, facts.height, (item.width, item.height)) for item in renditions]
    if not sizes:
        return ()
    largest = max(sizes)
    image = decode_full(data, facts, _decode_at_least(facts, largest))
    if isinstance(image, Rejection):
        return image
    scaled = _pyramid(image, set(sizes), resizer)
    mean = round(ImageStat.Stat(scaled[min(scaled)].convert("L")).mean[0])
    return tuple(
        Rendition(item.name, _encoded(_contrasted(scaled[size], item.contrast, mean), item), *size, item.format)
        for item, size in zip(renditions, sizes, strict=True)
    )


def _decode_at_least(facts: ImageFacts, largest: tuple[int, int]) -> tuple[int, int]:
    """The size that decoding may shrink to, so that the largest rendition is still filtered properly."""
    return (min(facts.width, round(largest[0] * PYRAMID_STEP)), min(facts.height, round(largest[1] * PYRAMID_STEP)))


def _pyramid(image: Image.Image, sizes: set[tuple[int, int]], resizer: Resizer) -> dict[tuple[int, int], Image.Image]:
    """Make every size, largest first, each from the smallest image made before that is large enough."""
    made: dict[tuple[int, int], Image.Image] = {}
    for size in sorted(sizes, reverse=True):
        sources = [source for source in made.values() if source.width >= size[0] * PYRAMID_STEP]
        source = min(sources, key=lambda made_before: made_before.width, default=image)
        made[size] = source if source.size == size else resizer.resize(source, size)
    return made


def _contrasted(image: Image.Image, contrast: float, mean: int) -> Image.Image:
    """Change the contrast around the mean brightness, as Pillow's ImageEnhance.Contrast does, but by a table."""
    if contrast == 1.0:
        return image
    return image.point(_contrast_table(contrast, mean))


@lru_cache(64)
def _contrast_table(contrast: float, mean: int) -> list[int]:
    """The new level of each of 256 levels, for three channels."""
    return [min(255, max(0, round(mean + (value - mean) * contrast))) for value in range(256)] * 3


def _encoded(image: Image.Image, settings: RenditionSettings) -> bytes:
    """Encode an image as its settings say, without metadata."""
    out = io.BytesIO()
    if settings.format == "jpeg":
        image.save(out, "JPEG", quality=settings.quality, progressive=settings.progressive, subsampling="4:2:0")
    elif settings.format == "webp":
        image.save(out, "WEBP", quality=settings.quality, method=4)
    else:
        image.save(out, "PNG")
    return out.getvalue()
