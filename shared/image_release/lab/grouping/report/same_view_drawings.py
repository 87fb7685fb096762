"""The drawing that shows what tells two photographs of one view apart, as numbers that a template writes as SVG.

A camera that moved: an arrow for each block that is displaced. Other light: each block that is brighter or darker than
one tone curve says. Things: a box around each group of blocks that disagree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from image_release.dedup import BLOCK, AlignedPair, Blocks, Difference
from image_release.lab.grouping.report.sentences import LIGHT_CHANGED, STILL_PX, significant_blocks

MAGNIFIED = 12
"""Factor by which arrows are longer than the displacements, which are fractions of a pixel."""
LONGEST_PX = 1.5
"""Displacement that has the longest arrow, in pixels of the working image."""
STRONGEST_LIGHT = 64.0
"""Change of light, in grey levels, that is drawn in full colour."""
UNLIKE = 0.5
"""Correlation below which a block may be part of a thing that moved."""
LEAST_GROUP = 2
"""Minimum number of neighbouring blocks that get a box; smaller groups get one only if there are no others."""

Booleans = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Arrow:
    """A displaced block: from its middle in the direction in which the other image shows it."""

    x: float
    y: float
    to_x: float
    to_y: float
    title: str


@dataclass(frozen=True, slots=True)
class Tint:
    """A block whose light changed, or a box around blocks that disagree."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    opacity: float
    title: str


@dataclass(frozen=True, slots=True)
class SameViewDrawing:
    """The marks on both images, in thousandths of the sides of the first one, and what they mean."""

    title: str
    meaning: str
    arrows: tuple[Arrow, ...]
    tints: tuple[Tint, ...]


def same_view_drawing(aligned: AlignedPair) -> SameViewDrawing:
    """Draw what tells the two apart."""
    blocks = aligned.blocks
    if aligned.difference is Difference.LIGHT:
        meaning = "yellow: brighter in the right image, blue: darker, than one tone curve for all blocks explains."
        return SameViewDrawing("The light", meaning, (), tuple(_light(blocks)))
    if aligned.difference is Difference.THINGS:
        meaning = "a box where neighbouring blocks disagree, while the others agree."
        return SameViewDrawing("Things", meaning, (), tuple(_boxes(blocks)))
    meaning = f"a line to where a block is displaced (dot) after the best alignment, {MAGNIFIED} times as long."
    return SameViewDrawing("The camera", meaning, tuple(_arrows(blocks)), ())


def _arrows(blocks: Blocks) -> Iterator[Arrow]:
    width, height = _sides(blocks)
    left, top, _, _ = blocks.area
    for row, column in _places(significant_blocks(blocks) & (blocks.displacement > STILL_PX)):
        length = float(blocks.displacement[row, column])
        shown = MAGNIFIED / BLOCK * min(1.0, LONGEST_PX / length)
        x, y = 1000 * left + (column + 0.5) * width, 1000 * top + (row + 0.5) * height
        across, down = (float(each) * shown for each in blocks.shift[:, row, column])
        to_x, to_y = x + across * width, y + down * height
        yield Arrow(round(x, 1), round(y, 1), round(to_x, 1), round(to_y, 1), f"displaced by {length:.2f} px")


def _light(blocks: Blocks) -> Iterator[Tint]:
    for row, column in _places(blocks.inside & (np.abs(blocks.light) > LIGHT_CHANGED)):
        light = float(blocks.light[row, column])
        kind = "brighter" if light > 0 else "darker"
        opacity = round(min(1.0, 0.25 + 0.75 * abs(light) / STRONGEST_LIGHT), 2)
        yield _tint(blocks, (row, column, row, column), kind, opacity, f"{kind} by {abs(light):.0f} grey levels")


def _boxes(blocks: Blocks) -> Iterator[Tint]:
    unlike = significant_blocks(blocks) & (blocks.correlation < UNLIKE)
    groups = list(_groups(unlike | (blocks.inside & (np.abs(blocks.light) > 2 * LIGHT_CHANGED))))
    large = [group for group in groups if len(group) >= LEAST_GROUP]
    for group in large or groups:
        rows, columns = zip(*group, strict=True)
        box = (min(rows), min(columns), max(rows), max(columns))
        yield _tint(
            blocks, box, "thing", 1.0, "1 block disagrees" if len(group) == 1 else f"{len(group)} blocks disagree"
        )


def _groups(wanted: Booleans) -> Iterator[list[tuple[int, int]]]:
    """The groups of blocks that touch each other, corners included."""
    left = set(_places(wanted))
    while left:
        group = [left.pop()]
        for row, column in group:
            near = {(row + down, column + across) for down in (-1, 0, 1) for across in (-1, 0, 1)} & left
            left -= near
            group += sorted(near)
        yield group


def _places(wanted: Booleans) -> list[tuple[int, int]]:
    return [(int(row), int(column)) for row, column in np.argwhere(wanted)]


def _sides(blocks: Blocks) -> tuple[float, float]:
    """Width and height of a block, in thousandths of the image's sides."""
    rows, columns = blocks.inside.shape
    left, top, right, bottom = blocks.area
    return 1000 * (right - left) / columns, 1000 * (bottom - top) / rows


def _tint(blocks: Blocks, box: tuple[int, int, int, int], kind: str, opacity: float, title: str) -> Tint:
    width, height = _sides(blocks)
    first_row, first_column, last_row, last_column = box
    x, y = 1000 * blocks.area[0] + first_column * width, 1000 * blocks.area[1] + first_row * height
    across, down = (last_column - first_column + 1) * width, (last_row - first_row + 1) * height
    return Tint(round(x, 1), round(y, 1), round(across, 1), round(down, 1), kind, opacity, title)
