"""Crowds: many images of a hotel that look alike at a glance, such as a stock photograph that 200 partners send.

An image of a large hotel is compared with the few that share most with it. In a crowd these are the others of the
crowd, so its crops and captioned copies, a crowd of their own, would never be compared with it. And everything that a
crowd shares would be counted for each two of its images. So a few of a crowd stand for all. The others have to be
copies of the first one; then they go where it goes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from image_release.dedup.glances import cell_means
from image_release.fingerprint import Fingerprint

Floats = NDArray[np.float32]

STANDING = 8
"""Number of images that stand for a crowd; fewer that look alike are no crowd."""
LOOK_ALIKE = 0.998
"""Least correlation of two glances that look alike. Of 17 million pairs of different photographs none has .99; of
those of copies by recipe `ordinary` a third has."""
ROWS = 512
"""Number of images compared at once, which bounds the memory."""


def crowds(fingerprints: Sequence[Fingerprint]) -> list[list[int]]:
    """The crowds: indices of more than STANDING images that look like the first of them. No image is in two."""
    if len(fingerprints) <= STANDING:
        return []
    glances = np.array([_glance(item.working.grey) for item in fingerprints])
    free = np.ones(len(glances), np.bool_)
    found = []
    for start in range(0, len(glances), ROWS):
        alike = glances[start : start + ROWS] @ glances.T >= LOOK_ALIKE
        for first in np.flatnonzero(alike.sum(axis=1) > STANDING):
            crowd = np.flatnonzero(alike[first] & free)
            if free[start + first] and len(crowd) > STANDING:
                free[crowd] = False
                found.append([start + int(first), *crowd[crowd != start + first].tolist()])
    return found


def _glance(grey: NDArray[np.uint8]) -> Floats:
    """(values,): what is seen at a glance, without the image's brightness and contrast."""
    cells = cell_means(grey)
    cells -= cells.mean()
    length = float(np.linalg.norm(cells))
    return cells / length if length >= 1 else np.zeros_like(cells)
