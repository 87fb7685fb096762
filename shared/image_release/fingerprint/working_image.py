"""The working picture: grey, trimmed of frames, and of the same area for every image, so that copies can be registered.

Partners put white or black borders around a picture; what registers is what lies inside. The threshold is relative to
the picture's contrast: a fixed one would eat the white walls of a faded copy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from image_release.decode import shipped_resizer

AREA_PX = 160 * 120
"""Pixels of a working picture, whatever its shape: enough to tell two shots of one room apart by their displacement."""
DRAFT_SIDE_PX = 400
"""Borders are looked for at this size."""
LEAST_CONTRAST = 4.0
SAME_SHARE = 0.12
"""Share of the picture's contrast by which a border's pixels may differ from its edge."""
STRAY_SHARE = 0.04
"""Share of a border line's pixels that may differ more."""
MOST_BORDER = 0.3
"""Of a side, at each end."""
LEAST_INSIDE = 0.4
"""A picture that would lose more than the rest is left as it is: it is a flat one, not a framed one."""
BLEED = 0.004
"""Of a side: the blurred edge between border and picture that goes too."""

Grey = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Working:
    """`grey` is (height, width) uint8; `inside` is (left, top, right, bottom) as shares of the whole image."""

    grey: NDArray[np.uint8]
    inside: tuple[float, float, float, float]


def working_picture(grey: Image.Image) -> Working:
    """Make the working picture of a draft's brightness."""
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
    return Working(np.asarray(small), inside)


def trimmed(grey: Grey) -> tuple[int, int, int, int]:
    """Where the picture lies inside its borders: (top, bottom, left, right)."""
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
    """How many lines from the edge inwards look like the edge."""
    edge = np.median(lines[0])
    if _differs(lines[:1], edge, tolerance)[0]:
        return 0  # as in most pictures: the rest need not be looked at
    looked_at = lines[: int(len(lines) * MOST_BORDER)]
    differs = _differs(looked_at, edge, tolerance)
    found = int(differs.argmax()) if differs.any() else len(looked_at)
    return found + max(1, int(len(lines) * BLEED)) if found else 0


def _differs(lines: Grey, edge: float, tolerance: float) -> NDArray[np.bool_]:
    return np.asarray((np.abs(lines - edge) > tolerance).mean(axis=1) > STRAY_SHARE)
