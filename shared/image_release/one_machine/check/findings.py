"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is lost or damaged: `store` and `key` say where, `what` says what is wrong with it."""

    store: str
    key: str
    what: str
    hotel_id: str | None = None
    mended: bool = False
    """Whether it was put right. Without `repair` nothing is."""


@dataclass(slots=True)
class Report:
    """The result of a check."""

    hotels: int = 0
    """Hotels that are published."""
    renditions: int = 0
    originals: int = 0
    findings: list[Finding] = field(default_factory=list)
    orphans: int = 0
    """Renditions that nothing names and the sweep may delete now."""
    swept: int = 0
    held: list[str] = field(default_factory=list)
    """What waits for a person."""
    pending: int = 0
    """Hotels for which something is due now."""
    unpublished: int = 0
    """Hotels of the release in force without a manifest."""

    @property
    def left(self) -> list[Finding]:
        """What is still lost or damaged."""
        return [finding for finding in self.findings if not finding.mended]
