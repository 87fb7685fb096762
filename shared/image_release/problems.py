"""Problems: what is wrong with a line that somebody handed in, by file, line, value and rule.

A problem is reported and counted, and the other lines are used. A bad line never deletes anything (architecture,
Formats).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

MAX_VALUE_CHARS = 300
"""Characters of a bad value that are kept: a line may have millions."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""First characters with which a cell would be a formula in a spreadsheet."""
MAX_CELL = 8_000
"""Maximum number of characters of a cell."""
MAX_PROBLEMS = 1_000
"""Problems of one file that are kept one by one; further ones are counted."""


def printable(value: str, limit: int = 120) -> str:
    """Make a hostile string safe for a log or a terminal: cut to `limit` characters, and what cannot be seen escaped.

    Escaped are control characters, direction marks, invisible characters and spaces other than the ordinary one.
    """
    shown = value if len(value) <= limit else value[: limit - 1] + "…"
    if shown.isprintable():
        return shown
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in shown)


def cell(text: str) -> str:
    """A cell of a CSV for people: it is no formula, and what cannot be printed is escaped."""
    return ("'" if text.startswith(FORMULA) else "") + printable(text, MAX_CELL)


@dataclass(frozen=True, slots=True)
class Problem:
    """One bad line of one file. `line` starts at 1; 0 means the whole file."""

    file: str
    line: int
    value: str
    rule: str

    def __str__(self) -> str:
        """`file:line: value: rule`, safe for a terminal."""
        return f"{printable(self.file)}:{self.line}: '{printable(self.value)}': {printable(self.rule, 400)}"


class ProblemList:
    """The problems of one file: the first ones, their long values cut, and how many more there were."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._kept: list[Problem] = []
        self._more = 0

    def add(self, *problems: Problem) -> None:
        """Keep some more problems, or count them."""
        for problem in problems:
            if len(self._kept) < MAX_PROBLEMS:
                self._kept.append(replace(problem, value=problem.value[:MAX_VALUE_CHARS]))
            else:
                self._more += 1

    def add_number(self, count: int) -> None:
        """Count problems that another list counted and did not keep."""
        self._more += count

    @property
    def kept(self) -> tuple[Problem, ...]:
        """The problems that were kept."""
        return tuple(self._kept)

    @property
    def more(self) -> int:
        """How many problems there were besides those that were kept."""
        return self._more

    def all(self) -> tuple[Problem, ...]:
        """The problems that were kept; the last one says how many more there were."""
        more = (Problem(self._file, 0, "", f"{self._more} more lines are bad"),) if self._more else ()
        return (*self._kept, *more)
