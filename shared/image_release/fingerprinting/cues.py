"""Cues about the quality of a file, measured once from its draft: what choosing the best of several copies needs.

None of them is a verdict. A soft file may be a soft photograph; only against other copies of the same photograph does
softness mean that a file was enlarged, or a border that it was framed.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

CELL = 8
"""Pixels of a cell: JPEG's blocks, and what counts as flat."""
FLAT_RANGE = 0.03
"""Of the picture's own range of brightness: a cell within it is flat, also in a dark or faded picture."""
LEAST_RANGE = 48.0
"""Grey levels: a picture's range counts as at least this."""
LEVELS = 16
SAMPLED_PX = 512
"""The middle of a draft, of this side, is looked at: at native resolution as far as the draft has it."""
CORNER_SHARE = 0.03


@dataclass(frozen=True, slots=True)
class Cues:
    """Each a plain number; see `measure` for what it is."""

    detail: float
    """log10 of the energy of the finest octave over that of the next: low where a file was enlarged or smoothed."""
    blockiness: float
    """Steps across JPEG's 8-pixel grid over steps elsewhere, minus 1; 0 where the draft is not at native size."""
    noise: float
    """Deviation inside the flattest tenth of the cells, grey levels."""
    brightness: float
    saturation: float
    """Mean of the largest minus the smallest channel."""
    corners: float
    """How much lighter or darker the four corners are than what lies beside them: rounded corners, vignettes."""
    flat_share: float
    """Share of cells that are flat."""
    modal_share: float
    """Share of the commonest sixteenth of the picture's own range of brightness, found where it is commonest."""
    native: float
    """1 where the draft has the file's own resolution."""

    def to_array(self) -> NDArray[np.float32]:
        """The numbers in the order of the fields."""
        return np.array([getattr(self, field.name) for field in fields(self)], np.float32)

    @classmethod
    def from_array(cls, values: NDArray[np.float32]) -> Cues:
        """Back from `to_array`."""
        return cls(*(float(value) for value in values))


COUNT = len(fields(Cues))


def measure(rgb: NDArray[np.uint8], *, native: bool) -> Cues:
    """Measure a draft (height, width, 3)."""
    # A picture smaller than two cells is continued at its edges: there is nothing to measure in less.
    missing = [max(0, 2 * CELL - side) for side in rgb.shape[:2]]
    colour = np.pad(rgb, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="edge").astype(np.float32)
    grey = colour @ np.array([0.299, 0.587, 0.114], np.float32)
    middle = _middle(grey)
    finest = middle - _smoothed(middle)
    half = middle[: len(middle) // 2 * 2, : middle.shape[1] // 2 * 2]
    half = half.reshape(half.shape[0] // 2, 2, half.shape[1] // 2, 2).mean(axis=(1, 3))
    coarser = half - _smoothed(half)
    cells = _cells(grey)
    spans = np.ptp(cells, axis=1)
    deviations = np.sort(_cells(middle).std(axis=1))
    low, high = np.percentile(grey, (0.2, 99.8))
    range_ = max(float(high - low), LEAST_RANGE)
    return Cues(
        detail=float(np.log10((finest**2).mean() + 0.01) - np.log10((coarser**2).mean() + 0.01)),
        blockiness=_blockiness(grey) if native else 0.0,
        noise=float(deviations[: max(1, len(deviations) // 10)].mean()),
        brightness=float(grey.mean()),
        saturation=float(np.ptp(colour[::4, ::4], axis=2).mean()),
        corners=_corners(grey),
        flat_share=float((spans < FLAT_RANGE * range_).mean()),
        modal_share=_modal_share(grey, range_ / LEVELS),
        native=float(native),
    )


def _modal_share(grey: NDArray[np.float32], window: float) -> float:
    """The largest share of pixels within a window of brightness, wherever it lies."""
    counts = np.bincount(np.clip(grey.ravel(), 0, 255).astype(np.intp), minlength=256)
    total = np.concatenate([[0], np.cumsum(counts)])
    size = max(1, round(window))
    return float((total[size:] - total[:-size]).max() / grey.size)


def _middle(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = grey.shape
    top, left = max(0, (height - SAMPLED_PX) // 2), max(0, (width - SAMPLED_PX) // 2)
    return grey[top : top + SAMPLED_PX, left : left + SAMPLED_PX]


def _smoothed(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """3 x 3 binomial smoothing, edges repeated."""
    padded = np.pad(grey, 1, mode="edge")
    rows = padded[:-2] + 2 * padded[1:-1] + padded[2:]
    smoothed: NDArray[np.float32] = (rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]) / 16
    return smoothed


def _cells(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, 64): the pixels of every whole cell."""
    rows, columns = grey.shape[0] // CELL, grey.shape[1] // CELL
    whole = grey[: rows * CELL, : columns * CELL].reshape(rows, CELL, columns, CELL)
    return whole.transpose(0, 2, 1, 3).reshape(rows * columns, CELL * CELL)


def _blockiness(grey: NDArray[np.float32]) -> float:
    steps = np.abs(np.diff(grey, axis=1)).mean(axis=0)
    on_grid = steps[CELL - 1 :: CELL]
    return float(on_grid.mean() / max(float(steps.mean()), 0.05) - 1) if len(on_grid) else 0.0


def _corners(grey: NDArray[np.float32]) -> float:
    height, width = grey.shape
    side = max(2, round(min(height, width) * CORNER_SHARE))
    differences = []
    for flipped in (grey, grey[::-1], grey[:, ::-1], grey[::-1, ::-1]):
        corner, beside = flipped[: side // 2, : side // 2], flipped[side : 2 * side, side : 2 * side]
        differences.append(abs(float(corner.mean()) - float(beside.mean())))
    return float(np.median(differences))
