"""Line charts as numbers that a template writes as SVG, without a library and without a script."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Series:
    """A line to draw: points (x, y, text at the pointer). `marked` is the index of the point to emphasise."""

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
    """A line in pixels. `number` selects its colour."""

    name: str
    number: int
    path: str
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines in a box of `width` x `height` pixels, with ticks along both axes: (position in pixels, text)."""

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
    ticks: tuple[int, int] = (5, 4),
) -> Chart:
    """Compute the positions of lines and ticks in pixels; the template cuts off what is outside the ranges.

    `ticks` is the approximate number of ticks along x and y.
    """
    width, height = size

    def at(value: float, ends: tuple[float, float], length: int) -> float:
        return round(length * (value - ends[0]) / ((ends[1] - ends[0]) or 1), 1)

    lines = []
    for number, one in enumerate(series):
        places = [(at(x, x_range, width), height - at(y, y_range, height)) for x, y, _ in one.points]
        dots = tuple(
            Dot(x, y, text, index == one.marked)
            for index, ((x, y), (_, _, text)) in enumerate(zip(places, one.points, strict=True))
        )
        lines.append(Line(one.name, number, " ".join(f"{x:g},{y:g}" for x, y in places), dots))
    across = tuple((at(value, x_range, width), f"{value:g}") for value in _ticks(x_range, ticks[0]))
    up = tuple((height - at(value, y_range, height), f"{value:g}") for value in _ticks(y_range, ticks[1]))
    return Chart(title, width, height, tuple(lines), across, up, *titles)


def round_step(least: float) -> float:
    """The smallest of 1, 2, 5, 10 … times a power of ten that is at least `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least)


def _ticks(ends: tuple[float, float], count: int) -> list[float]:
    """About `count` round numbers between two ends; none if `count` is 0."""
    if not count:
        return []
    step = round_step(((ends[1] - ends[0]) or 1.0) / count)
    first = math.ceil(ends[0] / step - 1e-9)
    last = math.floor(ends[1] / step + 1e-6)
    return [round(number * step, 10) + 0.0 for number in range(first, last + 1)]
