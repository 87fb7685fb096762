"""Regular patterns, such as a chessboard or a wallpaper: they fit themselves at many places.

So that two images of a pattern can be aligned says little: they may show different parts of it, or two patterns. Only
images that show the same as a whole are copies for sure. Photographs of tiled floors are no patterns: perspective and
furniture make each tile another one.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from image_release.dedup.evidence import overlaps
from image_release.dedup.matching import CandidatePair
from image_release.dedup.prepared_image import MIDDLE, PreparedImage
from image_release.dedup.registration import Registered, align_coarsely, register
from image_release.dedup.texture import well_textured
from image_release.fingerprint import Keypoints

TWINS_ALIKE = 0.9
"""Likeness from which two points of one image are twins."""
MOST_TWINS, SAME_SHIFT = 0.75, 0.15
"""Minimum shares of the points of a pattern: those with a twin, and twins that are shifted alike."""
GRID_PX = 3
"""Shifts that differ by less, in pixels of the working image, count as the same."""
WHOLE = 0.97
"""Share of each image that the other one covers, from which both show the same as a whole."""
AS_WELL = 0.03
"""How much less the blocks may correlate one period away, for the pair to fit there as well."""


def period(points: Keypoints) -> tuple[float, float] | None:
    """The shift, across and down, by which a pattern repeats itself, in pixels; None if an image is no pattern."""
    even, odd = (part.astype(np.float32) / np.float32(127) for part in (points.even, points.odd))
    twins = even @ even.T + np.abs(odd @ odd.T) > TWINS_ALIKE
    np.fill_diagonal(twins, val=False)
    if not len(twins) or twins.any(axis=1).mean() < MOST_TWINS:
        return None
    one, other = np.nonzero(twins)
    shifts = points.places[other, :2] - points.places[one, :2]
    cells = np.rint(shifts / GRID_PX).astype(np.int64)
    far = np.abs(cells).max(axis=1) > 1
    if not far.any():
        return None
    found, counts = np.unique(cells[far], axis=0, return_counts=True)
    if counts.max() < SAME_SHIFT * len(twins):
        return None
    across, down = shifts[far][(cells[far] == found[counts.argmax()]).all(axis=1)].mean(axis=0).tolist()
    return across, down


def fits_elsewhere(
    one: PreparedImage, other: PreparedImage, pair: CandidatePair, registered: Registered, shift: tuple[float, float]
) -> bool:
    """Whether a pair that does not show the same as a whole fits as well one period of the first image away."""
    if min(overlaps(one, other, registered)) > WHOLE:
        return False
    least = _agreement(one, registered) - AS_WELL
    for way in (1, -1):
        affine = pair.affine.copy()
        affine[:, 2] += way * np.array(shift)
        moved = replace(pair, affine=affine)
        coarse = align_coarsely(one, other, moved)
        found = register(one, other, moved, coarse) if coarse else None
        if found and _agreement(one, found) >= least and _apart(one, registered, found) > np.hypot(*shift) / 2:
            return True
    return False


def _agreement(one: PreparedImage, registered: Registered) -> float:
    """Mean correlation of the textured blocks."""
    blocks = registered.levels[MIDDLE]
    textured = well_textured(one, blocks)
    return float(blocks.correlation[textured].mean()) if textured.any() else 0.0


def _apart(one: PreparedImage, registered: Registered, found: Registered) -> float:
    """How far two transforms are apart in the middle of the first image, in its pixels."""
    height, width = one.shape
    middle = np.array((width / 2, height / 2, 1.0))
    x, y, depth = np.linalg.inv(registered.transform) @ found.transform @ middle
    return float(np.hypot(x / depth - middle[0], y / depth - middle[1]))
