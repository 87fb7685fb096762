"""What was wrong with a line that somebody handed in: file, line, value and rule.

A problem is reported and counted, the rest goes on, and a bad line never deletes (design, section 2).
"""

from __future__ import annotations

from dataclasses import dataclass


def printable(value: str, limit: int = 120) -> str:
    """Make a hostile string fit for a log line or a terminal: control characters escaped, length bounded."""
    shown = value if len(value) <= limit else value[: limit - 1] + "…"
    return shown.encode("unicode_escape").decode("ascii") if not shown.isprintable() else shown


@dataclass(frozen=True, slots=True)
class Problem:
    """One bad line of one file. `line` starts at 1; 0 speaks of the whole file."""

    file: str
    line: int
    value: str
    rule: str

    def __str__(self) -> str:
        """`file:line: value: rule`, with nothing that could move a terminal's cursor."""
        return f"{printable(self.file)}:{self.line}: {printable(self.value)!r}: {self.rule}"
