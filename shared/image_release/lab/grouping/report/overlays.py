"""The images of a pair as their page shows them: each as it is, one aligned with the other, and their difference."""

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
"""Colour of what is not in both images."""
AMPLIFICATION = 3.0
"""Factor by which differences are shown stronger; the differences of a copy would be invisible otherwise."""
TONE_STEPS = 3
"""Number of rounds in which contrast and brightness are fitted."""
SIMILAR_SHARE = 0.7
"""Share of the pixels, the most similar ones, to which contrast and brightness are fitted."""


@dataclass(frozen=True, slots=True)
class EmbeddedImage:
    """An image inside a page: its bytes as a `data:` URI, and its size in pixels."""

    uri: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Overlays:
    """`other` aligned with `one`, and their difference where both can be seen."""

    aligned: EmbeddedImage
    difference: EmbeddedImage


def embedded(image: Image.Image) -> EmbeddedImage:
    """The image as JPEG in a `data:` URI, reduced to SIDE_PX."""
    small = image.copy()
    small.thumbnail((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=QUALITY)
    return EmbeddedImage("data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode(), *small.size)


def overlays(one: Image.Image, other: Image.Image, aligned: AlignedPair) -> Overlays:
    """Align `other` with `one` by the transform that registration found."""
    base = one.copy()
    base.thumbnail((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS)
    warped = _warped(other, base.size, aligned.transform, Image.Resampling.BICUBIC)
    inside = np.asarray(
        _warped(Image.new("L", other.size, 255), base.size, aligned.transform, Image.Resampling.NEAREST)
    )
    covered = np.asarray(inside > 0)
    over = Image.composite(warped, Image.new("RGB", base.size, UNCOVERED), Image.fromarray(covered))
    return Overlays(embedded(over), embedded(_difference(base, warped, covered)))


def _warped(
    image: Image.Image, size: tuple[int, int], transform: NDArray[np.float64], resampling: Image.Resampling
) -> Image.Image:
    """The image warped to `size`; the transform (3, 3) maps shares of the result's sides to shares of the image's."""
    from_pixels = np.diag([1 / size[0], 1 / size[1], 1.0])
    to_pixels = np.diag([float(image.width), float(image.height), 1.0])
    matrix = to_pixels @ transform @ from_pixels
    numbers = (matrix / matrix[2, 2]).ravel()[:8].tolist()
    return image.transform(size, Image.Transform.PERSPECTIVE, numbers, resampling)


def _difference(one: Image.Image, other: Image.Image, covered: NDArray[np.bool_]) -> Image.Image:
    """Difference in brightness, after the contrast and brightness of `other` are fitted to those of `one`."""
    mine, theirs = (np.asarray(image.convert("L"), np.float32) for image in (one, other))
    result = np.full((*covered.shape, 3), UNCOVERED, np.uint8)
    if covered.any():
        here, there = mine[covered], theirs[covered]
        left = np.abs(here - there)
        for _ in range(TONE_STEPS):  # a caption must not influence the fit
            kept = left <= np.quantile(left, SIMILAR_SHARE)
            spread = float(np.var(there[kept]))
            gain = float(np.cov(here[kept], there[kept])[0, 1]) / spread if spread > 1 and kept.sum() > 1 else 1.0
            left = np.abs(here - here[kept].mean() - gain * (there - there[kept].mean()))
        result[covered] = np.clip(255 - AMPLIFICATION * left, 0, 255).astype(np.uint8)[:, None]
    return Image.fromarray(result)
