"""The edition of a manifest: which program made it, and how old its settings are.

Two versions of the program or of its settings never change a hotel to and fro: a writer leaves a hotel that a newer
edition made. Moving back to an older program begins a new epoch, and a later epoch is newer than all before it
(docs/decisions/0042-one-edition-an-invocation.md).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

PROGRAM = 1
"""Number of this program. It grows by one with each release that may be deployed. Manifests without one are older."""
NEVER = datetime.min.replace(tzinfo=UTC)
"""Before everything: shipped settings were never stored."""


@dataclass(frozen=True, slots=True)
class Edition:
    """Which program makes a manifest, and when its settings were stored; None: the shipped ones."""

    epoch: int = 0
    program: int = PROGRAM
    stored_at: datetime | None = None

    def is_newer_than(self, other: Edition) -> bool:
        """Whether a writer of the `other` edition must leave a hotel that this edition made."""
        if self.epoch != other.epoch:
            return self.epoch > other.epoch
        return self.program > other.program or other.has_older_settings_than(self.stored_at)

    def has_older_settings_than(self, stored_at: datetime | None) -> bool:
        """Whether the settings of this edition were stored before that moment."""
        return (self.stored_at or NEVER) < (stored_at or NEVER)


@dataclass(frozen=True, slots=True)
class ProgramInForce:
    """The program that works, as it was noted; `left` is the newest of those that were left for an older one."""

    epoch: int = 0
    program: int = 0
    left: int = 0
    stored_at: datetime | None = None
    """When the settings of the program that works were stored."""

    def noted(self, program: int, stored_at: datetime | None) -> ProgramInForce:
        """What holds when a tick of this program, with settings of this moment, has come.

        A newer program moves it. An older one, or older settings, mean that somebody moved back: a new epoch begins.
        """
        if program < self.program:
            return ProgramInForce(self.epoch + 1, program, max(self.left, self.program), stored_at)
        moved_back = (stored_at or NEVER) < (self.stored_at or NEVER)
        left = self.left if program < self.left else 0
        return ProgramInForce(self.epoch + moved_back, program, left, stored_at)

    def met(self, program: int, stored_at: datetime | None) -> ProgramInForce:
        """What holds when a process is about to publish: a newer program, or newer settings of it, are noted first.

        Otherwise a step back before the first tick of the newer one would not be seen, and its hotels be left for ever.
        One that was left is still at work, and notes nothing.
        """
        moment = max(stored_at or NEVER, self.stored_at or NEVER)
        newest = None if moment == NEVER else moment
        if program > max(self.program, self.left):
            return self.noted(program, newest)
        return replace(self, stored_at=newest) if program <= self.program else self

    def epoch_of(self, program: int) -> int:
        """The epoch in which a program writes: one that was left, and may still be at work, stays in the one before."""
        return self.epoch - 1 if self.program < program <= self.left else self.epoch
