"""What an odd image is, and the picture that most of them show."""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

from image_release.outcomes import Outcome

WIDTH, HEIGHT = 360, 240


@dataclass(frozen=True)
class Case:
    """A file and what becomes of it. `outcome` None: it is shown.

    `truth` is what it shows, where that is known by arithmetic and not only by Chromium; `in_chromium` says whether
    Chromium shows the same, so that the two may be compared.
    """

    name: str
    format: str
    data: bytes
    outcome: Outcome | None = None
    truth: np.ndarray | None = None
    in_chromium: bool = True
    tolerance: float = 4.0
    """Levels by which the mean of a block of 8×8 pixels may differ."""


def scene(seed: int = 1, width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    """A soft coloured picture, another one for each seed."""
    small = np.random.default_rng(seed).integers(0, 255, (height // 40, width // 40, 3), np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, format_: str, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, format_, **options)
    return out.getvalue()


def linear(image: Image.Image) -> np.ndarray:
    """Light of each channel, 0…1, of a picture in sRGB."""
    levels = np.asarray(image, np.float64) / 255
    return np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
