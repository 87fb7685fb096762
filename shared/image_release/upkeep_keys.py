"""Keys of what the suite keeps for itself: the program in force, settings that can be read, how far `tick` came.

Architecture, Keys.
"""

from __future__ import annotations

PROGRAM_IN_FORCE = "program.json"
"""In the state: the newest program that `tick` saw, and the epoch."""
READABLE_SETTINGS = "settings/readable.yaml"
"""In the state: the last settings of the inbox that could be read."""
TICK = "tick/"
"""In the state: what `tick` keeps from one time to the next."""
TAGGER_UNAVAILABLE = f"{TICK}tagger-unavailable.json"
"""Why the tagger could not be used lately."""


def walk_key(kind: str) -> str:
    """How far `tick` came with the due-markers of a kind."""
    return f"{TICK}due-{kind}.json"
