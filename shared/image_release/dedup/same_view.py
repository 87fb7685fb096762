"""The same view: two photographs of the same thing from nearly the same place, which are not one photograph.

Copies of one photograph (one release of the shutter) are one picture. Two shots of one view stay two pictures, but a
traveller should not see them near each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Difference(StrEnum):
    """What tells two shots of one view from copies of one photograph."""

    # The values are stored in manifests: they must not change.

    CAMERA = "camera"
    """The camera moved or turned."""
    LIGHT = "light"
    """The light changed in parts of the picture: other shadows, another sky, lamps."""
    THINGS = "things"
    """Something moved, came or went: a chair, a person, a car."""


@dataclass(frozen=True, slots=True)
class SameView:
    """Why a picture shows the same view as another one: what was found when one image of each was compared."""

    image: str
    """SHA-256 of an image of this picture."""
    other: str
    """SHA-256 of an image of the other picture."""
    difference: Difference
    """What tells that it is not the same photograph."""
    score: float
    """Log-odds of the same view."""
    overlap: float
    """Share of the smaller image that the other one covers, 0…1."""
