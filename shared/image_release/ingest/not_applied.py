"""What becomes of a file that is not applied: a brake holds it for a person, or it is ignored."""

from __future__ import annotations

from dataclasses import dataclass

from image_release.problems import Problem


@dataclass(frozen=True, slots=True)
class Held:
    """A change that waits for a person: `leaving` of `of` would go; the brake allows a share of `limit`.

    `names` are what `accept` is called with: the partner and version of a catalogue, or the id of a release. `reason`
    says why it waits, and `digest` is that of the content. `problems` are lines that cannot be used.
    """

    what: str
    names: tuple[str, ...]
    leaving: int
    of: int
    limit: float
    problems: tuple[Problem, ...] = ()
    reason: str = ""
    digest: str = ""

    @property
    def identifier(self) -> str:
        """The names as one text."""
        return " ".join(self.names)

    @property
    def share(self) -> float:
        """What would go, 0…1."""
        return self.leaving / self.of if self.of else 0.0


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing was done. `is_warning`: a person should know why."""

    identifier: str
    reason: str
    is_warning: bool
