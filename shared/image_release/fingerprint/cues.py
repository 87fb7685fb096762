"""Cues about the quality of a file, measured once from its draft. The best of several copies is chosen by them.

A cue is no verdict. A soft file may show a soft photograph; only beside other copies of the same photograph does
softness mean that a file was enlarged, or a border that it was framed.

Sharpness and noise are measured in a few small windows at the draft's own resolution; measuring the whole draft would
take longer than decoding it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from image_release.decode import Draft

CELL = 8
"""Side of a cell in pixels: JPEG's blocks have this size, and flatness is measured in cells."""
FLAT_RANGE = 0.03
"""Maximum range of brightness inside a flat cell, as a share of the image's own range, which is smaller in
dark and faded images."""
LEAST_RANGE = 48.0
"""Minimum range of brightness of an image that is assumed, in grey levels."""
LEVELS = 16
"""Number of equal parts of the image's range of brightness, for `modal_share`."""
WINDOW = 64
"""Side of a window in pixels."""
WINDOWS = (3, 4)
"""Rows and columns of windows, spread evenly over what lies inside the borders."""
BANDS = (0.04, 0.08, 0.14, 0.20, 0.26, 0.32, 0.38, 0.44, 0.501)
"""Bounds of the bands of the spectrum, in cycles a pixel along the axis of the higher frequency. Enlarging leaves the
bands above a bound empty in this measure."""
BAND_MIDDLES = tuple((low + high) / 2 for low, high in itertools.pairwise(BANDS))
CORNER_SHARE = 0.012
"""Side of a corner as a share of the shorter side. It is blank if the corners are rounded by a twentieth."""
BESIDE = 4
"""Distance between a corner and the area that it is compared with, in sides of a corner."""
COLOUR_STEP = 4
"""Colour is measured at every fourth pixel in each direction."""
NEARLY_BLACK, NEARLY_WHITE = 3, 252
"""Grey levels up to which a channel counts as black, and from which it counts as white."""

Grey = NDArray[np.float32]
Bytes = NDArray[np.uint8]
Box = tuple[int, int, int, int]
"""Top, bottom, left, right."""


@dataclass(frozen=True, slots=True)
class Cues:
    """The cues of one file."""

    noise: float
    """Mean standard deviation inside the flattest tenth of the cells, in grey levels."""
    peak: float
    """log10 of the steepest hundredth of the second differences over their mean; high if edges were sharpened."""
    blockiness: float
    """Brightness steps across JPEG's 8-pixel grid over all steps, minus 1; 0 if the draft is smaller than the file."""
    brightness: float
    """Mean brightness inside the borders, in grey levels."""
    saturation: float
    """Mean of the largest minus the smallest channel, in grey levels."""
    tint: float
    """Largest minus smallest mean of the three channels, in grey levels."""
    black: float
    """Share of pixels that are nearly black."""
    white: float
    """Share of pixels that are nearly white."""
    full: float
    """Share of pixels of which at least one channel is nearly 255."""
    corners: float
    """Difference between the corners and what lies inwards, in grey levels, if the corners are flat and alike."""
    border: float
    """Mean standard deviation of the brightness inside each border, in grey levels: 0 for bars of one colour."""
    flat_share: float
    """Share of cells that are flat."""
    modal_share: float
    """Largest share of pixels inside any interval of a sixteenth of the image's range of brightness."""
    step: float
    """Mean step of a JPEG's luminance quantisation; 0 for other formats."""
    scale: float
    """Long side of the draft over that of the file, 0…1."""
    spectrum: tuple[float, ...]
    """log10 of the mean power of the windows in each of BANDS."""

    def to_array(self) -> NDArray[np.float32]:
        """The cues as an array (COUNT,), in the order of the fields."""
        single = [getattr(self, field.name) for field in fields(self)[:-1]]
        return np.array([*single, *self.spectrum], np.float32)

    @classmethod
    def from_array(cls, values: NDArray[np.float32]) -> Cues:
        """The cues that `to_array` made an array of."""
        numbers = [float(value) for value in values]
        names = [field.name for field in fields(cls)[:-1]]
        single = dict(zip(names, numbers, strict=False))
        return cls(**single, spectrum=tuple(numbers[len(names) :]))


COUNT = len(fields(Cues)) - 1 + len(BANDS) - 1
"""Number of cues, each band of the spectrum counted."""


def measure(draft: Draft, grey: Bytes, inside: tuple[float, float, float, float]) -> Cues:
    """Measure the cues of a draft.

    `grey` (height, width) is its brightness. `inside` is what lies inside its borders: left, top, right and bottom as
    shares of the sides.
    """
    box = _box(grey, inside)
    windows = _windows(grey[box[0] : box[1], box[2] : box[3]])
    deviations = np.sort(_cells(windows).std(axis=1))
    colour = draft.rgb[box[0] : box[1] : COLOUR_STEP, box[2] : box[3] : COLOUR_STEP].reshape(-1, 3)
    red, green, blue = np.ascontiguousarray(colour.T)
    lightest = np.maximum(np.maximum(red, green), blue)
    darkest = np.minimum(np.minimum(red, green), blue)
    means = np.array([red.mean(), green.mean(), blue.mean()])
    flat_share, modal_share = _shares(grey)
    return Cues(
        noise=float(deviations[: max(1, len(deviations) // 10)].mean()),
        peak=_peak(windows),
        blockiness=_blockiness(grey) if draft.scale >= 1 else 0.0,
        brightness=float(means @ (0.299, 0.587, 0.114)),
        saturation=float((lightest - darkest).mean()),
        tint=float(np.ptp(means)),
        black=float((lightest <= NEARLY_BLACK).mean()),
        white=float((darkest >= NEARLY_WHITE).mean()),
        full=float((lightest >= NEARLY_WHITE).mean()),
        corners=_corners(grey),
        border=_border(grey, box),
        flat_share=flat_share,
        modal_share=modal_share,
        step=draft.step,
        scale=draft.scale,
        spectrum=_spectrum(windows),
    )


def _box(grey: Bytes, inside: tuple[float, float, float, float]) -> Box:
    """What lies inside the borders, in pixels."""
    height, width = grey.shape
    left, top, right, bottom = inside
    return round(top * height), round(bottom * height), round(left * width), round(right * width)


def _windows(grey: Bytes) -> Grey:
    """(n, 64, 64): evenly spread windows; an image smaller than a window is continued at its edges."""
    missing = [max(0, WINDOW - side) for side in grey.shape]
    whole = np.pad(grey, ((0, missing[0]), (0, missing[1])), mode="edge")
    rows, columns = (
        np.unique(np.linspace(0, (side - WINDOW) // CELL, count).astype(np.intp)) * CELL
        for side, count in zip(whole.shape, WINDOWS, strict=True)
    )
    parts = [whole[row : row + WINDOW, column : column + WINDOW] for row in rows for column in columns]
    return np.array(parts, np.float32)


def _spectrum(windows: Grey) -> tuple[float, ...]:
    """log10 of the mean power of the windows in each of BANDS."""
    taper = np.hanning(WINDOW).astype(np.float32)
    centred = windows - windows.mean(axis=(1, 2), keepdims=True)
    power = np.abs(np.fft.rfft2(centred * taper[:, None] * taper)) ** 2 / WINDOW**2
    down, across = np.abs(np.fft.fftfreq(WINDOW)), np.fft.rfftfreq(WINDOW)
    band = np.digitize(np.maximum(down[:, None], across[None]), BANDS).ravel()
    mean = power.mean(axis=0).ravel()
    sums, counts = np.bincount(band, mean, len(BANDS) + 1), np.bincount(band, minlength=len(BANDS) + 1)
    return tuple(float(value) for value in np.log10(sums[1:-1] / counts[1:-1] + 1e-3))


def _shares(grey: Bytes) -> tuple[float, float]:
    """`flat_share`, measured on every second cell in each direction, and `modal_share`."""
    # An image smaller than two cells is continued at its edges: less cannot be measured.
    missing = [max(0, 2 * CELL - side) for side in grey.shape]
    whole = np.pad(grey, ((0, missing[0]), (0, missing[1])), mode="edge")
    counts = np.bincount(whole[::2, ::2].ravel(), minlength=256)
    total = np.concatenate([[0], np.cumsum(counts)])
    low, high = np.searchsorted(total[1:], np.array([0.002, 0.998]) * total[-1])
    range_ = max(float(high - low), LEAST_RANGE)
    rows, columns = whole.shape[0] // CELL, whole.shape[1] // CELL
    bands = whole[: rows * CELL].reshape(rows, CELL, -1)[::2]
    spans = _across(bands.max(axis=1), columns, np.maximum).astype(np.int16) - _across(
        bands.min(axis=1), columns, np.minimum
    )
    size = max(1, round(range_ / LEVELS))
    return float((spans < FLAT_RANGE * range_).mean()), float((total[size:] - total[:-size]).max() / total[-1])


def _across(lines: Bytes, columns: int, taken: np.ufunc) -> Bytes:
    """Maximum or minimum (`taken`) of every second cell of each line, vectorised along the lines and not the cells."""
    found = lines[:, : columns * CELL : 2 * CELL]
    for offset in range(1, CELL):
        found = taken(found, lines[:, offset : columns * CELL : 2 * CELL])
    return found


def _peak(windows: Grey) -> float:
    """`peak`, measured in every second window."""
    some = windows[::2]
    second = some[:, 1:-1, 1:-1] * 4 - some[:, :-2, 1:-1] - some[:, 2:, 1:-1] - some[:, 1:-1, :-2] - some[:, 1:-1, 2:]
    second = np.abs(second).ravel()
    steepest = np.partition(second, -len(second) // 100)[-len(second) // 100 :]
    return float(np.log10((steepest.mean() + 1) / (second.mean() + 1)))


def _cells(windows: Grey) -> Grey:
    """(n, 64): the pixels of every cell of the windows."""
    count = WINDOW // CELL
    parts = windows.reshape(-1, count, CELL, count, CELL).transpose(0, 1, 3, 2, 4)
    return parts.reshape(-1, CELL * CELL)


def _blockiness(grey: Bytes) -> float:
    """`blockiness`, measured along every fourth row."""
    rows = grey[:: CELL // 2].astype(np.int16)
    steps = np.abs(np.diff(rows, axis=1)).mean(axis=0)
    on_grid = steps[CELL - 1 :: CELL]
    return float(on_grid.mean() / max(float(steps.mean()), 0.05) - 1) if len(on_grid) else 0.0


def _corners(grey: Bytes) -> float:
    """`corners`: the second smallest difference between a corner and what lies inwards, less their own variation."""
    side = max(2, round(min(grey.shape) * CORNER_SHARE))
    found = []
    for flipped in (grey, grey[::-1], grey[:, ::-1], grey[::-1, ::-1]):
        corner, inner = (
            flipped[:side, :side],
            flipped[BESIDE * side : (BESIDE + 2) * side, BESIDE * side : (BESIDE + 2) * side],
        )
        if not inner.size:
            return 0.0
        found.append((float(corner.mean()), float(corner.std()), float(inner.mean())))
    level, spread, inside = np.array(found).T
    different = np.sort(np.abs(level - inside))[1]
    return float(max(0.0, different - 3 * np.ptp(level) - 3 * spread.max()))


def _border(grey: Bytes, box: Box) -> float:
    """`border`: mean of the standard deviations of the borders that were found; 0 if there is none."""
    top, bottom, left, right = box
    parts = (
        grey[: top * 3 // 4],
        grey[bottom + (len(grey) - bottom) // 4 :],
        grey[:, : left * 3 // 4],
        grey[:, right + (grey.shape[1] - right) // 4 :],
    )
    spreads = [float(part[:, ::2].std()) for part in parts if part.size]
    return sum(spreads) / len(spreads) if spreads else 0.0
