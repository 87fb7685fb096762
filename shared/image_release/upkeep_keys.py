"""Keys of what the suite keeps for itself: the program in force, settings that can be read, how far `tick` came.

Architecture, Keys.
"""

from __future__ import annotations

PROGRAM_IN_FORCE = "program.json"
"""In the state: the program that `tick` saw last, and the epoch."""
TICK = "tick/"
"""In the state: what `tick` keeps from one time to the next."""
TAGGER_UNAVAILABLE = f"{TICK}tagger-unavailable.json"
"""Why the tagger could not be used lately."""


def readable_settings_key(program: int) -> str:
    """In the state: the last stored settings that this program could read. A newer program may know more settings."""
    return f"settings/{program}.json"


def walk_key(kind: str) -> str:
    """How far `tick` came with the due-markers of a kind."""
    return f"{TICK}due-{kind}.json"
