"""Curves and maps as numbers that a template writes as SVG: no library, no script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from image_release.dedup import Blocks
from image_release.lab.grouping.report.sentences import AGREES, STILL_PX, telling

HASHES = 36
STEPS_OF_AN_AXIS = 6
HEAT_BITS = (4, 8, 12, 16, 20, 24, 28)
"""Upper ends of the heat map's classes, bits; what differs more is the last class."""
BAD = 0.3
"""Correlation below which a block plainly disagrees."""


@dataclass(frozen=True, slots=True)
class Series:
    """A line to be drawn: (x, y, what a pointer reads there); `marked` is the index of the point to stress."""

    name: str
    points: Sequence[tuple[float, float, str]]
    marked: int | None = None


@dataclass(frozen=True, slots=True)
class Dot:
    """A point of a line, in pixels."""

    x: float
    y: float
    title: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A line in pixels; `number` chooses its colour."""

    name: str
    number: int
    path: str
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines in a box of `width` x `height` pixels, with marks along both axes: (place in pixels, text)."""

    title: str
    width: int
    height: int
    lines: tuple[Line, ...]
    across: tuple[tuple[float, str], ...]
    up: tuple[tuple[float, str], ...]
    x_title: str
    y_title: str


def chart(
    title: str,
    series: Sequence[Series],
    size: tuple[int, int],
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    titles: tuple[str, str] = ("", ""),
    marks: tuple[int, int] = (5, 4),
) -> Chart:
    """Lay lines out; what lies outside the ranges is cut off by the template."""
    width, height = size

    def at(value: float, ends: tuple[float, float], length: int) -> float:
        return round(length * (value - ends[0]) / ((ends[1] - ends[0]) or 1), 1)

    lines = []
    for number, each in enumerate(series):
        places = [(at(x, x_range, width), height - at(y, y_range, height)) for x, y, _ in each.points]
        dots = tuple(
            Dot(x, y, text, index == each.marked)
            for index, ((x, y), (_, _, text)) in enumerate(zip(places, each.points, strict=True))
        )
        lines.append(Line(each.name, number, " ".join(f"{x:g},{y:g}" for x, y in places), dots))
    across = tuple((at(value, x_range, width), f"{value:g}") for value in _ticks(x_range, marks[0]))
    up = tuple((height - at(value, y_range, height), f"{value:g}") for value in _ticks(y_range, marks[1]))
    return Chart(title, width, height, tuple(lines), across, up, *titles)


@dataclass(frozen=True, slots=True)
class Heat:
    """A heat map of 36 x 36 cells: one path a class, near ones first, and the nearest cell."""

    paths: tuple[str, ...]
    nearest: int
    row: int
    column: int
    nearest_text: str


def heat(distances: NDArray[np.uint8]) -> Heat:
    """Draw how many bits each crop of one picture differs from each crop of the other."""
    classes = np.searchsorted(HEAT_BITS, distances)
    paths = []
    for number in range(len(HEAT_BITS) + 1):
        cells = zip(*np.nonzero(classes == number), strict=True)
        paths.append("".join(f"M{column} {row}h1v1h-1z" for row, column in cells))
    row, column = (int(index) for index in np.unravel_index(int(distances.argmin()), distances.shape))
    nearest = int(distances[row, column])
    text = f"{_crop(row)} of the left picture and {_crop(column)} of the right one differ by {nearest} of 64 bits"
    return Heat(tuple(paths), nearest, row, column, text)


@dataclass(frozen=True, slots=True)
class Cell:
    """A block, in shares of the picture's sides x 1000; `kind` names its colour."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    title: str


def block_cells(blocks: Blocks) -> list[Cell]:
    """Draw what each block says, over the first picture."""
    rows, columns = blocks.inside.shape
    left, top, right, bottom = blocks.area
    width, height = 1000 * (right - left) / columns, 1000 * (bottom - top) / rows
    counted = telling(blocks)
    cells = []
    for row in range(rows):
        for column in range(columns):
            correlation, moved = float(blocks.correlation[row, column]), float(blocks.displacement[row, column])
            if not blocks.inside[row, column]:
                kind, title = "outside", "not in both pictures"
            elif not counted[row, column]:
                kind, title = "plain", "too plain to compare"
            else:
                kind = "agrees" if correlation > AGREES else "doubtful" if correlation > BAD else "disagrees"
                kind = "moved" if kind == "agrees" and moved > STILL_PX else kind
                title = f"correlation {correlation:.2f}, moved by {moved:.2f} px"
            x, y = 1000 * left + column * width, 1000 * top + row * height
            cells.append(Cell(round(x, 1), round(y, 1), round(width, 1), round(height, 1), kind, title))
    return cells


def _ticks(ends: tuple[float, float], count: int) -> list[float]:
    """About `count` round numbers between two ends, none for 0."""
    if not count:
        return []
    span = (ends[1] - ends[0]) or 1.0
    power = 10 ** float(np.floor(np.log10(span / count)))
    step = next((power * factor for factor in (1, 2, 5, 10) if span / (power * factor) <= count), power * 10)
    first = np.ceil(ends[0] / step - 1e-9) * step
    return [round(float(value), 10) + 0.0 for value in np.arange(first, ends[1] + step * 1e-6, step)]


def _crop(index: int) -> str:
    across, down = divmod(index, STEPS_OF_AN_AXIS)
    if not across and not down:
        return "the whole"
    return f"the crop without {10 * across} % of the width and {10 * down} % of the height"
