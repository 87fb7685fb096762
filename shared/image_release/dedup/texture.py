"""Which blocks of an image have enough texture to be compared."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from image_release.dedup.prepared_image import MIDDLE, PreparedImage
from image_release.dedup.registration import AlignedBlocks, textured_blocks

LEAST_DEVIATION = 3.0
"""Grey levels: a block that varies less holds noise only, whatever the contrast of the image."""
PLAIN_SHARE = 0.06
"""Share of the image's contrast: a block that varies less is too plain to be compared."""
MIDDLE_SHARE = 0.6
"""Factor on the minimum variance at the middle level, which is smoother than the finest one."""


def least_variance(one: PreparedImage) -> float:
    """Minimum variance of a block of the finest level that is worth comparing, in grey levels squared."""
    return max(LEAST_DEVIATION, PLAIN_SHARE * one.contrast) ** 2


def well_textured(one: PreparedImage, aligned: AlignedBlocks) -> NDArray[np.bool_]:
    """(n,): the blocks of the middle level that lie in both images and have enough texture, measured by `one`."""
    return textured_blocks(one.level(MIDDLE), aligned, MIDDLE_SHARE * least_variance(one))
