"""The drawings on the page of a pair, as numbers that a template writes as SVG: hash distances and compared blocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from image_release.dedup import Blocks
from image_release.lab.grouping.report.sentences import AGREES, DISAGREES, STILL_PX, significant_blocks

CROP_STEPS = 6
"""Number of crop sizes along each axis: 0, 10 … 50 % cut off."""
HEAT_BITS = (4, 8, 12, 16, 20, 24, 28)
"""Upper bounds of the classes of the heat map, in bits; the last class has no bound."""


@dataclass(frozen=True, slots=True)
class Heat:
    """A heat map of 36 x 36 cells: one path per class, smallest distances first, and the nearest cell."""

    paths: tuple[str, ...]
    nearest: int
    row: int
    column: int
    nearest_text: str


def heat(distances: NDArray[np.uint8]) -> Heat:
    """Draw the distances in bits of each crop of one image from each crop of the other; shape (36, 36)."""
    classes = np.searchsorted(HEAT_BITS, distances)
    paths = []
    for number in range(len(HEAT_BITS) + 1):
        cells = zip(*np.nonzero(classes == number), strict=True)
        paths.append("".join(f"M{column} {row}h1v1h-1z" for row, column in cells))
    row, column = (int(index) for index in np.unravel_index(int(distances.argmin()), distances.shape))
    nearest = int(distances[row, column])
    text = f"{_crop(row)} of the left image and {_crop(column)} of the right one differ by {nearest} of 64 bits"
    return Heat(tuple(paths), nearest, row, column, text)


@dataclass(frozen=True, slots=True)
class Cell:
    """A block of the first image, in thousandths of the image's sides. `kind` names its colour."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    title: str


def block_cells(blocks: Blocks) -> list[Cell]:
    """The blocks of the first image, coloured by how well each agrees with the second image."""
    rows, columns = blocks.inside.shape
    left, top, right, bottom = blocks.area
    width, height = 1000 * (right - left) / columns, 1000 * (bottom - top) / rows
    counted = significant_blocks(blocks)
    cells = []
    for row in range(rows):
        for column in range(columns):
            correlation, moved = float(blocks.correlation[row, column]), float(blocks.displacement[row, column])
            if not blocks.inside[row, column]:
                kind, title = "outside", "not in both images"
            elif not counted[row, column]:
                kind, title = "plain", "too little texture to compare"
            else:
                kind = "agrees" if correlation > AGREES else "doubtful" if correlation > DISAGREES else "disagrees"
                kind = "moved" if kind == "agrees" and moved > STILL_PX else kind
                title = f"correlation {correlation:.2f}, moved by {moved:.2f} px"
            x, y = 1000 * left + column * width, 1000 * top + row * height
            cells.append(Cell(round(x, 1), round(y, 1), round(width, 1), round(height, 1), kind, title))
    return cells


def _crop(index: int) -> str:
    across, down = divmod(index, CROP_STEPS)
    if not across and not down:
        return "the whole"
    return f"the crop without {10 * across} % of the width and {10 * down} % of the height"
