"""Bars as numbers that a template writes as SVG: no library, no script, and no style but the page's own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MOST_PARTS = 5
"""Maximum number of parts of a bar: so many colours can be told apart."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar, in percent of the full length. `number` selects its colour."""

    number: int
    start: float
    length: float
    title: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar with the text before it and the one behind it."""

    label: str
    parts: tuple[Part, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars below each other. `legend` has the colour and the name of each part; it is empty where there is one."""

    title: str
    bars: tuple[Bar, ...]
    legend: tuple[tuple[int, str], ...] = ()
    left_out: int = 0
    """Bars that are not drawn: the last ones."""

    @property
    def description(self) -> str:
        """What the chart says, for those who do not see it."""
        return f"{self.title}. " + "; ".join(f"{bar.label}: {bar.text}" for bar in self.bars)


def stacked(
    title: str,
    legend: Sequence[str],
    rows: Iterable[tuple[str, Sequence[float], str]],
    *,
    full: float | None = None,
    most: int = 20,
    colours: Sequence[int] = range(MOST_PARTS),
) -> Bars:
    """Bars of several parts each: label, the parts' values, the text behind.

    The longest bar, or one of the value `full`, has the whole length. At most `most` bars are drawn.
    """
    found = list(rows)
    drawn = found[:most]
    longest = full or max((sum(values) for _, values, _ in drawn), default=0.0) or 1.0
    bars = []
    for label, values, text in drawn:
        parts, start = [], 0.0
        for colour, name, value in zip(colours, legend, values, strict=False):
            length = 100 * value / longest
            if value:
                parts.append(Part(colour, round(start, 2), round(length, 2), f"{label}, {name}: {value:g}"))
            start += length
        bars.append(Bar(label, tuple(parts), text))
    return Bars(
        title,
        tuple(bars),
        tuple(zip(colours, legend, strict=False)) if len(legend) > 1 else (),
        len(found) - len(drawn),
    )
