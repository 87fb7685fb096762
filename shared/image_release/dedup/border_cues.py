"""Cues of borders: whether the border of a copy is its own, or lies in the file of another copy too.

A frame lies around what the other file shows. The plain margin of a photograph itself lies in both files, though it may
be taken for a border in one of them only: noise or a mark in the other one is enough.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Box = tuple[float, float, float, float]
"""Left, top, right and bottom."""

FRAMED = 0.995
"""Share of a file inside its borders below which it counts as framed."""
POINTS = 40
"""Number of points along each side of a file at which its borders are looked up in the other file."""
TOLERANCE = 1.0
"""Distance, in pixels of the working image, by which two aligned copies may be out of line."""
IN_FULL = 1 / 3
"""Share of the file from which a border counts in full."""

BORDER_CUES = ("border.own", "border.shared")


@dataclass(frozen=True, slots=True, eq=False)
class PlacedFile:
    """The file of a copy, and where it lies beside the other copies."""

    size: tuple[int, int]
    """Height and width of its working image, in pixels."""
    inside: Box
    """Where the working image lies in the file, as shares of the sides."""
    to_reference: Doubles
    """(3, 3): from pixels of its working image to those of the reference."""

    def edges(self) -> Box:
        """Where the edges of the file are, in pixels of the working image, which ends at the borders."""
        (height, width), (left, top, right, bottom) = self.size, self.inside
        across, down = width / (right - left), height / (bottom - top)
        return -left * across, -top * down, (1 - left) * across, (1 - top) * down


def border_cues(one: PlacedFile, other: PlacedFile) -> dict[str, float]:
    """Cues of `one` beside `other`; those of `other` beside `one` are the same with the other sign."""
    mine, theirs = _own_and_shared(one, other), _own_and_shared(other, one)
    return {name: here - there for name, here, there in zip(BORDER_CUES, mine, theirs, strict=True)}


def _own_and_shared(one: PlacedFile, other: PlacedFile) -> tuple[float, float]:
    """How much of the file of `one` is border that lies outside of the other file, and how much lies in both."""
    left, top, right, bottom = one.inside
    if (right - left) * (bottom - top) >= FRAMED:
        return 0.0, 0.0
    (start_x, start_y, end_x, end_y), (height, width) = one.edges(), one.size
    steps = (np.arange(POINTS) + 0.5) / POINTS
    x, y = np.meshgrid(start_x + steps * (end_x - start_x), start_y + steps * (end_y - start_y))
    is_border = (x < 0) | (y < 0) | (x > width) | (y > height)
    (a, b, c), (d, e, f), _ = np.linalg.inv(other.to_reference) @ one.to_reference
    there_x, there_y = a * x + b * y + c, d * x + e * y + f
    left, top, right, bottom = other.edges()
    is_shared = (there_x > left - TOLERANCE) & (there_x < right + TOLERANCE)
    is_shared &= (there_y > top - TOLERANCE) & (there_y < bottom + TOLERANCE)
    own, shared = (float(part.mean()) / IN_FULL for part in (is_border & ~is_shared, is_border & is_shared))
    return min(1.0, own), min(1.0, shared)
