"""Displacements: the shift that would make each block fit best after registration, and how much it explains."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from image_release.dedup.blocks import BLOCK
from image_release.dedup.prepared_image import MIDDLE, PreparedImage
from image_release.dedup.registration import AlignedBlocks, Registered, residual

Floats = NDArray[np.float32]

ACROSS_DOWN = [0, 3]
"""Indices of the two shifts among the parameters of the fit."""


@dataclass(frozen=True, slots=True, eq=False)
class Displacements:
    """The shift that would make each of the `n` blocks of the middle level fit best, after registration."""

    alone: Floats
    """(n,): length of the shift, in pixels of the working image."""
    pooled: Floats
    """(n,): the same for the block together with its eight neighbours."""
    explained: Floats
    """(n,): share of the block's residual that the shift removes, 0…1."""
    explained_pooled: Floats
    """(n,): the same for the block together with its eight neighbours."""


def displacements(one: PreparedImage, registered: Registered) -> Displacements:
    """Measure how far the blocks of `one` are still displaced."""
    aligned = registered.levels[MIDDLE]
    own = block_sums(one, MIDDLE, aligned)
    pooled = neighbourhood_sums(one, aligned.inside, own)
    return Displacements(solved_shift(own), solved_shift(pooled), explained_share(own), explained_share(pooled))


def block_sums(one: PreparedImage, level: int, aligned: AlignedBlocks) -> Floats:
    """(6, n): the sums over each block that its displacement is solved from.

    They are the three entries of the normal matrix, the two of the right side, and the squared residual.
    """
    mine = one.level(level)
    left = residual(mine, aligned)
    # Slopes are kept for a shift of half the longer side; here the unit is one pixel.
    right_x, right_y = (np.einsum("np,np->n", left, slope) / one.half for slope in mine.slopes)
    normal = mine.normal[:, ACROSS_DOWN][:, :, ACROSS_DOWN] / one.half**2
    squares = np.einsum("np,np->n", left, left)
    return np.stack([normal[:, 0, 0], normal[:, 1, 1], normal[:, 0, 1], right_x, right_y, squares])


def neighbourhood_sums(one: PreparedImage, used: NDArray[np.bool_], own: Floats) -> Floats:
    """(m, n): the sums `own` of each block and its eight neighbours together, of those that are used."""
    rows, columns = one.blocks
    padded = np.pad(np.where(used, own, 0).reshape(-1, rows, columns), ((0, 0), (1, 1), (1, 1)))
    down = padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]
    return np.asarray((down[:, :, :-2] + down[:, :, 1:-1] + down[:, :, 2:]).reshape(len(own), -1))


def shifts(one: PreparedImage, registered: Registered) -> Floats:
    """(2, n): the shift across and down that would make each block, with its eight neighbours, fit best, in pixels."""
    aligned = registered.levels[MIDDLE]
    return _shift(neighbourhood_sums(one, aligned.inside, block_sums(one, MIDDLE, aligned)))


def solved_shift(sums: Floats) -> Floats:
    """(n,): length of the displacement that explains a block's residual best, drawn towards 0, in pixels."""
    return np.asarray(np.hypot(*_shift(sums)), np.float32)


def _shift(sums: Floats) -> Floats:
    """(2, n): the displacement that explains a block's residual best, drawn towards 0, in pixels."""
    xx, yy, xy, rx, ry, _ = sums
    believed = 0.02 * (xx + yy) + BLOCK * BLOCK * 0.5
    one, two = xx + believed, yy + believed
    determinant = one * two - xy * xy
    return np.stack([(two * rx - xy * ry) / determinant, (one * ry - xy * rx) / determinant])


def explained_share(sums: Floats) -> Floats:
    """(n,): share of a block's residual that a displacement removes: little of noise, most of a real displacement."""
    xx, yy, xy, rx, ry, squares = sums
    determinant = np.maximum(xx * yy - xy * xy, 1e-6 * xx * yy + 1e-6)
    taken = (yy * rx * rx - 2 * xy * rx * ry + xx * ry * ry) / determinant
    return np.asarray(np.clip(taken / np.maximum(squares, 1e-3), 0, 1), np.float32)
