"""Keys of what the suite keeps for itself: the program in force, settings that can be read, how far `tick` came.

Architecture, Keys.
"""

from __future__ import annotations

PROGRAM_IN_FORCE = "program.json"
"""In the state: the newest program that `tick` saw, and the epoch."""
READABLE_SETTINGS = "settings/readable.yaml"
"""In the state: the last settings of the inbox that could be read."""
