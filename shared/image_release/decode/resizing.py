"""Resizing: by SIMD instructions where that wheel exists, by Pillow elsewhere.

Both give images that look the same (structural similarity above 0.99; a small grey image differs by one level at most).
Their bytes differ, so the resizer's name is part of the recipe behind a rendition's digest.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Literal, Protocol

from PIL import Image

Filter = Literal["lanczos", "bilinear"]
Box = tuple[float, float, float, float]
"""Left, top, right and bottom, in pixels."""


class Resizer(Protocol):
    """Resizes an image in RGB or grey."""

    name: str

    def resize(
        self, image: Image.Image, size: tuple[int, int], filter_: Filter = "lanczos", box: Box | None = None
    ) -> Image.Image:
        """Resize an image, or the part of it inside a box, to another size (width, height)."""


class PillowResizer:
    """Pillow's own filters."""

    name = "pillow"

    def resize(
        self, image: Image.Image, size: tuple[int, int], filter_: Filter = "lanczos", box: Box | None = None
    ) -> Image.Image:
        """Resize with Pillow."""
        return image.resize(size, Image.Resampling[filter_.upper()], box=box)


class SimdResizer:
    """Rust's fast_image_resize through cykooz-resizer: the same filters with AVX2, several times as fast."""

    name = "simd"

    def __init__(self) -> None:
        from cykooz_resizer import CropBox, FilterType, ResizeAlg, ResizeOptions
        from cykooz_resizer import Resizer as RustResizer

        self._new_resizer, self._box = RustResizer, CropBox
        self._algorithms = {
            "lanczos": ResizeAlg.convolution(FilterType.lanczos3),
            "bilinear": ResizeAlg.convolution(FilterType.bilinear),
        }
        self._options = ResizeOptions
        self._local = threading.local()  # a resizer reuses its buffers, so each thread needs its own

    def resize(
        self, image: Image.Image, size: tuple[int, int], filter_: Filter = "lanczos", box: Box | None = None
    ) -> Image.Image:
        """Resize with SIMD instructions."""
        if not hasattr(self._local, "resizer"):
            self._local.resizer = self._new_resizer()
        crop = self._box(box[0], box[1], box[2] - box[0], box[3] - box[1]) if box else None
        target = Image.new(image.mode, size)
        self._local.resizer.resize_pil(image, target, self._options(self._algorithms[filter_], crop_box=crop))
        return target


def best_resizer() -> Resizer:
    """The fastest resizer that is installed."""
    try:
        return SimdResizer()
    except ImportError:
        return PillowResizer()


@cache
def shipped_resizer() -> Resizer:
    """The resizer that this process uses everywhere."""
    return best_resizer()
