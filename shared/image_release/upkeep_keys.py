"""Keys of what the suite keeps for itself: the program in force, settings that can be read, how far `tick` came.

Architecture, Keys.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from image_release.values import Accommodation, key_part

PROGRAM_IN_FORCE = "program.json"
"""In the state: the program that `tick` saw last, and the epoch."""
TICK = "tick/"
"""In the state: what `tick` keeps from one time to the next."""
TAGGER_UNAVAILABLE = f"{TICK}tagger-unavailable.json"
"""Why the tagger could not be used lately."""


RETENTION = "retention/progress.json"
"""In the state: how far the deletion of what is too old came."""
LEFT = "retention/left/"
"""Marks of accommodations that left their catalogue, and of which originals are kept."""


def left_key(accommodation: Accommodation) -> str:
    """The mark of an accommodation that left its catalogue; it is as old as that is known."""
    return f"{LEFT}{key_part(accommodation.partner_id)}/{key_part(accommodation.accommodation_id)}"


def left_accommodation(key: str) -> Accommodation | None:
    """The accommodation of a mark; None where the key is no mark's."""
    match = re.fullmatch(rf"{LEFT}([^/]+)/([^/]+)", key)
    return Accommodation(unquote(match[1]), unquote(match[2])) if match else None


def readable_settings_key(program: int) -> str:
    """In the state: the last stored settings that this program could read. A newer program may know more settings."""
    return f"settings/{program}.json"


def walk_key(kind: str) -> str:
    """How far `tick` came with the due-markers of a kind."""
    return f"{TICK}due-{kind}.json"
