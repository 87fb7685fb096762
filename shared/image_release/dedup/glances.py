"""Glances: the mean brightness of 12 x 12 cells of an image, which tells quickly whether two images may be copies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from image_release.fingerprint import Fingerprint

GLANCE_CROPS = (0.0, 0.1, 0.2)
"""Shares of the sides that are cut away before two images are compared at a glance."""
GLANCE_SIDE = 12
"""Width and height of what is compared at a glance, in cells; no working image is smaller."""
LEAST_AT_A_GLANCE = 0.85
"""Minimum correlation at a glance. 2 of 915 copies that hashes find have less."""

Glances = NDArray[np.int8]
Floats = NDArray[np.float32]


def glance(image: Fingerprint) -> Glances:
    """(crops, values): the brightness of the parts of each crop, without its mean and scaled to fill eight bits."""
    grey = image.working.grey
    crops = []
    for cut in GLANCE_CROPS:
        top, left = (round(side * cut / 2) for side in grey.shape)
        inner = grey[top : grey.shape[0] - top, left : grey.shape[1] - left]
        crops.append(cell_means(inner))
    values = np.array(crops)
    values -= values.mean(axis=1, keepdims=True)
    values *= 127 / np.maximum(np.abs(values).max(axis=1, keepdims=True), 1e-3)
    return np.rint(values).astype(np.int8)


def alike_at_a_glance(one: Glances, other: Glances) -> NDArray[np.bool_]:
    """(n,): which images of two lists of glances (n, crops, values) correlate in a crop of either."""
    mine, theirs = _of_length_one(one), _of_length_one(other)
    forward = np.einsum("nv,ncv->nc", mine[:, 0], theirs)
    backward = np.einsum("ncv,nv->nc", mine, theirs[:, 0])
    alike: NDArray[np.bool_] = np.maximum(forward.max(axis=1), backward.max(axis=1)) >= LEAST_AT_A_GLANCE
    return alike


def _of_length_one(glances: Glances) -> NDArray[np.float32]:
    values = glances.astype(np.float32)
    values /= np.maximum(np.linalg.norm(values, axis=2, keepdims=True), 1e-3)
    return values


def cell_means(grey: NDArray[np.uint8]) -> Floats:
    """(values,): the mean brightness of each cell. In a smaller image, neighbouring cells have the same pixels."""
    top, left = (np.arange(GLANCE_SIDE) * side // GLANCE_SIDE for side in grey.shape)
    height, width = (np.diff(start, append=side) for start, side in zip((top, left), grey.shape, strict=True))
    sums = np.add.reduceat(np.add.reduceat(grey, top, 0, np.float32), left, 1)
    return np.asarray(sums / np.maximum(np.outer(height, width), 1), np.float32).ravel()
