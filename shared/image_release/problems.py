"""Problems: what is wrong with a line that somebody handed in, by file, line, value and rule.

A problem is reported and counted, and the other lines are used. A bad line never deletes anything (architecture,
Formats).
"""

from __future__ import annotations

from dataclasses import dataclass


def printable(value: str, limit: int = 120) -> str:
    """Make a hostile string safe for a log or a terminal: escape control characters, cut it to `limit` characters."""
    shown = value if len(value) <= limit else value[: limit - 1] + "…"
    return shown.encode("unicode_escape").decode("ascii") if not shown.isprintable() else shown


@dataclass(frozen=True, slots=True)
class Problem:
    """One bad line of one file. `line` starts at 1; 0 means the whole file."""

    file: str
    line: int
    value: str
    rule: str

    def __str__(self) -> str:
        """`file:line: value: rule`, with control characters escaped."""
        return f"{printable(self.file)}:{self.line}: {printable(self.value)!r}: {self.rule}"
