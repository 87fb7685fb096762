"""A line chart over a logarithmic axis as a small SVG, readable on light and dark pages."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from image_release.lab.charts import round_step

WIDTH, HEIGHT = 720, 380
LEFT, RIGHT, TOP, BOTTOM = 56, 200, 40, 48
COLOURS = ("#2a6fbb", "#c2571a", "#2e8b57", "#8a4fbf", "#7a7a7a")
INK = "#808080"
FONT = 'font-family="sans-serif" font-size="12"'
LINES = 5
"""Number of horizontal lines above the axis."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A line through points (x, y), with its name."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class _Frame:
    """Maps values to positions on the page: x is logarithmic, y starts at 0."""

    least_x: float
    most_x: float
    most_y: float

    def x(self, value: float) -> float:
        """Distance from the left edge of the page."""
        share = math.log(value / self.least_x) / (math.log(self.most_x / self.least_x) or 1)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """Distance from the upper edge of the page."""
        return HEIGHT - BOTTOM - value / self.most_y * (HEIGHT - TOP - BOTTOM)


def line_chart(title: str, across: str, up: str, curves: Sequence[Curve]) -> str:
    """The SVG document of some curves; `across` and `up` are the labels of the axes."""
    xs = sorted({x for curve in curves for x, _ in curve.points})
    step = round_step(max(y for curve in curves for _, y in curve.points) / LINES)
    frame = _Frame(xs[0], xs[-1], step * LINES)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {FONT}>',
        f"<title>{escape(title)}</title>",
        _text(LEFT, 20, title, weight="bold"),
        *_axes(frame, xs, step),
        _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, across, anchor="middle"),
        _text(LEFT, TOP - 6, up),
        *_lines(frame, curves),
        "</svg>\n",
    ]
    return "\n".join(parts)


def _axes(frame: _Frame, xs: Sequence[float], step: float) -> Iterator[str]:
    for number in range(LINES + 1):
        y = frame.y(number * step)
        yield f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="{INK}" stroke-opacity=".3"/>'
        yield _text(LEFT - 6, y + 4, f"{number * step:g}", anchor="end")
    for x in xs:
        yield _text(frame.x(x), HEIGHT - BOTTOM + 18, f"{x:,g}", anchor="middle")


def _lines(frame: _Frame, curves: Sequence[Curve]) -> Iterator[str]:
    upwards = sorted(range(len(curves)), key=lambda index: curves[index].points[-1][1])
    last_y = math.inf
    for index in upwards:
        curve, colour = curves[index], COLOURS[index % len(COLOURS)]
        places = [(frame.x(x), frame.y(y)) for x, y in curve.points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>' for x, y in places)
        last_y = min(places[-1][1] + 4, last_y - 15)  # so that names do not overlap
        yield _text(WIDTH - RIGHT + 8, last_y, curve.name, colour=colour)


def _text(x: float, y: float, text: str, *, anchor: str = "start", weight: str = "normal", colour: str = INK) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}" fill="{colour}"'
    return f"<text {place}>{escape(text)}</text>"
