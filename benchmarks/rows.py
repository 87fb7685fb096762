"""Rows of the table: a figure, what it was measured on, what it must reach and what it aims at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A measured figure. `least` must be reached and `aim` should be; with `more` they are minima, else maxima."""

    what: str
    inputs: str
    value: float
    unit: str
    least: float | None = None
    aim: float | None = None
    more: bool = False
    note: str = ""
    holds: bool = False
    """Whether falling short is an error. It must not depend on the machine, so seconds are scaled by its speed."""

    @property
    def verdict(self) -> str:
        """`aim`, `met`, `SHORT`, or nothing if nothing is required."""
        for name, bound in (("aim", self.aim), ("met", self.least)):
            if bound is not None and (self.value >= bound if self.more else self.value <= bound):
                return name
        return "" if self.least is None else "SHORT"

    def document(self) -> dict[str, object]:
        """The row as a JSON object, for --json."""
        return {
            "what": self.what,
            "inputs": self.inputs,
            "value": round(self.value, 4),
            "unit": self.unit,
            "must": self.least,
            "aim": self.aim,
            "verdict": self.verdict,
            "note": self.note,
        }


def table(rows: Sequence[Row]) -> Iterator[str]:
    """The rows as lines of text."""
    cells: list[tuple[str, ...]] = [("what", "measured on", "figure", "must", "aim", "", "")]
    for row in rows:
        sign = "≥" if row.more else "≤"
        bounds = [f"{sign} {bound:g}" if bound is not None else "" for bound in (row.least, row.aim)]
        cells.append((row.what, row.inputs, f"{row.value:.3g} {row.unit}".strip(), *bounds, row.verdict, row.note))
    widths = [max(len(line[column]) for line in cells) for column in range(6)]
    for line in cells:
        yield "  ".join([*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[6]]).rstrip()
