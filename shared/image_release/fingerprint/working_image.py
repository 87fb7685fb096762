"""The working image: grey, trimmed of borders, and of the same area for every image, so that copies can be registered.

Partners put white or black borders around an image; only what lies inside is registered. The tolerance is relative to
the contrast of the image: a fixed one would take the white walls of a faded copy for a border.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from image_release.decode import shipped_resizer

AREA_PX = 160 * 120
"""Number of pixels of a working image, whatever its shape. It is enough to tell two shots of a room apart by their
displacement."""
DRAFT_SIDE_PX = 400
"""Long side, in pixels, at which borders are searched."""
LEAST_CONTRAST = 4.0
"""Minimum standard deviation of the brightness, in grey levels, that the tolerance is computed from."""
SAME_SHARE = 0.12
"""Tolerance for the pixels of a border, as a share of the image's contrast."""
STRAY_SHARE = 0.04
"""Maximum share of a border line's pixels that may lie outside the tolerance."""
MOST_BORDER = 0.3
"""Maximum width of a border at either end, as a share of the side."""
LEAST_INSIDE = 0.4
"""Minimum share of a side that must be left. If less were left, the image is flat, not framed, and is not trimmed."""
BLEED = 0.004
"""Share of a side that is cut off beyond a border: the blurred edge between border and image."""

Grey = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class WorkingImage:
    """A small grey image without borders."""

    grey: NDArray[np.uint8]
    """(height, width)."""
    inside: tuple[float, float, float, float]
    """Where it lies in the whole image: left, top, right and bottom as shares of the sides."""


def working_image(grey: Image.Image) -> WorkingImage:
    """Make the working image of a draft, from its brightness (mode L)."""
    shrink = DRAFT_SIDE_PX / max(grey.size)
    if shrink < 1:
        size = (max(1, round(grey.width * shrink)), max(1, round(grey.height * shrink)))
        grey = shipped_resizer().resize(grey, size, "bilinear")
    top, bottom, left, right = trimmed(np.asarray(grey, np.float32))
    scale = (AREA_PX / ((right - left) * (bottom - top))) ** 0.5
    size = (max(16, round((right - left) * scale)), max(16, round((bottom - top) * scale)))
    box = (left, top, right, bottom)
    if scale > 1:
        small = grey.resize(size, Image.Resampling.BICUBIC, box=box)
    else:
        small = shipped_resizer().resize(grey, size, "bilinear", box)
    inside = (left / grey.width, top / grey.height, right / grey.width, bottom / grey.height)
    return WorkingImage(np.asarray(small), inside)


def trimmed(grey: Grey) -> tuple[int, int, int, int]:
    """Find the borders of an image; returns the (top, bottom, left, right) of what lies inside, in pixels."""
    height, width = grey.shape
    tolerance = SAME_SHARE * max(float(grey.std()), LEAST_CONTRAST) + 2.0
    top, bottom = _border(grey, tolerance), _border(grey[::-1], tolerance)
    if height - top - bottom < LEAST_INSIDE * height:
        return 0, height, 0, width
    middle = grey[top : height - bottom].T
    left, right = _border(middle, tolerance), _border(middle[::-1], tolerance)
    if width - left - right < LEAST_INSIDE * width:
        return 0, height, 0, width
    return top, height - bottom, left, width - right


def _border(lines: Grey, tolerance: float) -> int:
    """Number of lines from the edge inwards that belong to a border."""
    edge = np.median(lines[0])
    if _differs(lines[:1], edge, tolerance)[0]:
        return 0  # as in most images: no need to check the other lines
    outer = lines[: int(len(lines) * MOST_BORDER)]
    differs = _differs(outer, edge, tolerance)
    found = int(differs.argmax()) if differs.any() else len(outer)
    return found + max(1, int(len(lines) * BLEED)) if found else 0


def _differs(lines: Grey, edge: float, tolerance: float) -> NDArray[np.bool_]:
    """(lines,): whether too many pixels of a line differ from the edge's grey level."""
    return np.asarray((np.abs(lines - edge) > tolerance).mean(axis=1) > STRAY_SHARE)
