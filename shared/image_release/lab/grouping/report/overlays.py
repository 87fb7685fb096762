"""The pictures of a pair as a page shows them: each as it is, one laid over the other, and what differs."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from image_release.dedup import AlignedPair

SIDE_PX = 480
QUALITY = 78
UNCOVERED = (128, 128, 128)
AMPLIFIED = 3.0
"""Differences are shown so many times as strong: what a copy leaves would not be seen otherwise."""


TONE_STEPS = 3
ALIKE_SHARE = 0.7
"""Share of the pixels, the most alike ones, from which contrast and brightness are taken."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture in a page: its bytes as a `data:` URI, and its size in pixels."""

    uri: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Overlays:
    """`other` laid over `one`, and their difference where both are to be seen."""

    laid: Shown
    difference: Shown


def shown(picture: Image.Image) -> Shown:
    """A picture, reduced, as JPEG in a URI."""
    small = picture.copy()
    small.thumbnail((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=QUALITY)
    return Shown("data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode(), *small.size)


def overlays(one: Image.Image, other: Image.Image, aligned: AlignedPair) -> Overlays:
    """Lay `other` over `one` as registration found it."""
    base = one.copy()
    base.thumbnail((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS)
    warped = _warped(other, base.size, aligned.transform, Image.Resampling.BICUBIC)
    inside = np.asarray(
        _warped(Image.new("L", other.size, 255), base.size, aligned.transform, Image.Resampling.NEAREST)
    )
    covered = np.asarray(inside > 0)
    over = Image.composite(warped, Image.new("RGB", base.size, UNCOVERED), Image.fromarray(covered))
    return Overlays(shown(over), shown(_difference(base, warped, covered)))


def _warped(
    picture: Image.Image, size: tuple[int, int], transform: NDArray[np.float64], how: Image.Resampling
) -> Image.Image:
    """A picture seen through a transform from shares of the wanted one to shares of it."""
    from_pixels = np.diag([1 / size[0], 1 / size[1], 1.0])
    to_pixels = np.diag([float(picture.width), float(picture.height), 1.0])
    matrix = to_pixels @ transform @ from_pixels
    numbers = (matrix / matrix[2, 2]).ravel()[:8].tolist()
    return picture.transform(size, Image.Transform.PERSPECTIVE, numbers, how)


def _difference(one: Image.Image, other: Image.Image, covered: NDArray[np.bool_]) -> Image.Image:
    """Difference in brightness, the other's contrast and brightness brought to those of the first."""
    mine, theirs = (np.asarray(picture.convert("L"), np.float32) for picture in (one, other))
    result = np.full((*covered.shape, 3), UNCOVERED, np.uint8)
    if covered.any():
        here, there = mine[covered], theirs[covered]
        left = np.abs(here - there)
        for _ in range(TONE_STEPS):  # a caption must not decide how bright the picture is
            kept = left <= np.quantile(left, ALIKE_SHARE)
            spread = float(np.var(there[kept]))
            gain = float(np.cov(here[kept], there[kept])[0, 1]) / spread if spread > 1 and kept.sum() > 1 else 1.0
            left = np.abs(here - here[kept].mean() - gain * (there - there[kept].mean()))
        result[covered] = np.clip(255 - AMPLIFIED * left, 0, 255).astype(np.uint8)[:, None]
    return Image.fromarray(result)
