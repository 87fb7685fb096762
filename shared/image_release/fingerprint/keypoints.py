"""Keypoints of a working image, described so that a mirrored copy can be matched at no extra cost.

Keypoints are extrema of differences of Gaussians in three octaves. There are at most MOST_POINTS, spread over a grid so
that the text of a watermark cannot take them all. Each is described by the low frequencies of an upright 12 x 12 patch.
The frequencies even in x are kept apart from those odd in x, because mirroring a patch changes the sign of the odd ones
only. Let P be the product of the even parts of two patches and Q the product of their odd parts: P + |Q| says how alike
they are, mirrored or not, and the sign of Q says which of the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

Floats = NDArray[np.float32]

MOST_POINTS = 96
"""Maximum number of keypoints of an image."""
SIGMAS = (1.0, 1.41, 2.0, 2.83)
"""Blurs of an octave, in pixels of the octave."""
OCTAVES = 3
GRID = (6, 4)
"""Columns and rows of the grid over which points are spread."""
BAND = 40
"""Number of pixels that are blurred by one matrix product: the fastest of 32 to 86."""
PATCH = 12
"""Samples along a side of a patch."""
STEP_SIGMAS = 1.35
"""Distance between the samples of a patch, in sigmas of its point."""
EVEN, ODD = 21, 17
"""Number of frequencies that describe a patch: even in x, and odd in x."""
LEAST_EXTREMUM = 0.8 / 50
"""Minimum strength of an extremum, as a share of the image's contrast."""
MOST_EDGE = 12.1
"""Ratio of squared trace to determinant of the curvature beyond which an extremum lies on an edge, where its place
along the edge is undetermined."""


@dataclass(frozen=True, slots=True, eq=False)
class Keypoints:
    """The `n` keypoints of a working image."""

    places: Floats
    """(n, 3): x, y and sigma, in pixels of the working image."""
    even: NDArray[np.int8]
    """(n, 21): frequencies of the patch that are even in x, times 127."""
    odd: NDArray[np.int8]
    """(n, 17): frequencies of the patch that are odd in x, times 127."""


def keypoints(grey: NDArray[np.uint8]) -> Keypoints:
    """Find and describe the keypoints of a working image (height, width); their order depends on the image only."""
    image = grey.astype(np.float32)
    least = LEAST_EXTREMUM * max(float(image.std()), 8.0)
    found, levels, current, scale = [], [], image, 1
    for octave in range(OCTAVES):
        blurred = [blur(current, sigma) for sigma in SIGMAS]
        levels.append(blurred)
        found.append(_extrema(blurred, octave, scale, least))
        if min(current.shape) < 2 * PATCH:
            break
        current, scale = halved(blurred[1]), scale * 2
    points = np.concatenate(found)
    points = points[np.lexsort((points[:, 0], points[:, 1], -points[:, 3]))]
    points = points[_spread(points, image.shape)]
    described = _described(points, levels)
    return Keypoints(points[:, :3].astype(np.float32), described[:, :EVEN], described[:, EVEN:])


def blur(image: Floats, sigma: float) -> Floats:
    """Gaussian blur of an image (height, width) by `sigma` pixels, by matrix products; edges are mirrored."""
    height, width = image.shape
    down, across = np.empty_like(image), np.empty_like(image)
    for part, reached, weights in _bands(height, sigma):
        np.matmul(weights, image[reached], out=down[part])
    for part, reached, weights in _bands(width, sigma):
        np.matmul(down[:, reached], weights.T, out=across[:, part])
    return across


@lru_cache(maxsize=1024)
def _bands(size: int, sigma: float) -> tuple[tuple[slice, slice, Floats], ...]:
    """The weights of a blur along one axis, in bands: which pixels are made, from which pixels, by which weights.

    A matrix for the whole axis would consist mostly of zeros; going row by row, most of the cost would be calls.
    """
    reach = int(4 * sigma + 1)  # pixels on each side that count
    weights = _gaussian(size, sigma, reach)
    edges = np.linspace(0, size, max(1, round(size / BAND)) + 1).round().astype(int).tolist()
    parts = [(slice(a, b), slice(max(0, a - reach), min(size, b + reach))) for a, b in pairwise(edges)]
    return tuple((part, reached, weights[part, reached].copy()) for part, reached in parts)


def _gaussian(size: int, sigma: float, reach: int) -> Floats:
    """(size, size): row i holds the weights of the blur at pixel i, up to `reach` pixels on each side."""
    offsets = np.arange(-reach, reach + 1)
    weights = np.exp(-(offsets**2) / (2 * sigma * sigma))
    weights /= weights.sum()
    if size < 2 * reach:
        return _gaussian_of_few(size, offsets, weights)
    band = np.zeros((size, size + 2 * reach), np.float32)
    row, column = band.strides
    as_strided(band, (size, len(weights)), (row + column, column))[:] = weights
    matrix = band[:, reach : reach + size].copy()
    matrix[:, :reach] += band[:, :reach][:, ::-1]
    matrix[:, size - reach :] += band[:, reach + size :][:, ::-1]
    return matrix


def _gaussian_of_few(size: int, offsets: NDArray[np.int_], weights: NDArray[np.float64]) -> Floats:
    """As `_gaussian`, if the blur reaches beyond both edges: beyond the mirrored image its last pixel is repeated."""
    at = np.arange(size)[:, None] + offsets
    at = np.where(at < 0, -at - 1, at)
    at = np.clip(np.where(at >= size, 2 * size - 1 - at, at), 0, size - 1)
    matrix = np.zeros((size, size), np.float32)
    np.add.at(matrix, (np.arange(size)[:, None], at), np.broadcast_to(weights, at.shape).astype(np.float32))
    return matrix


def halved(image: Floats) -> Floats:
    """Halve the sides of an image: each pixel is the mean of four. An odd last row or column is left out."""
    whole = image[: len(image) // 2 * 2, : image.shape[1] // 2 * 2]
    # Fifteen times as fast as a mean over two axes of a reshaped image.
    upper, lower = whole[::2, ::2] + whole[::2, 1::2], whole[1::2, ::2] + whole[1::2, 1::2]
    return np.asarray((upper + lower) / 4, np.float32)


def _extrema(blurred: list[Floats], octave: int, scale: int, least: float) -> Floats:
    """Extrema of an octave's differences of Gaussians that are not on edges, located to a part of a pixel.

    Returns rows of x, y, sigma, strength, octave, level, x in the octave, y in the octave. `scale` is the size of a
    pixel of the octave, in pixels of the working image.
    """
    differences = np.stack([after - before for before, after in pairwise(blurred)])
    strengths = np.abs(differences)
    peak = (strengths > least) & (strengths >= _strongest_around(strengths))
    peak[1:] &= strengths[1:] >= strengths[:-1] * 0.98
    peak[:-1] &= strengths[:-1] >= strengths[1:] * 0.98
    peak[:, :2], peak[:, -2:], peak[:, :, :2], peak[:, :, -2:] = False, False, False, False
    return _located(differences, peak, octave, scale)


def _strongest_around(strengths: Floats) -> Floats:
    """The largest of the 3 x 3 values around each value, level by level."""
    padded = np.pad(strengths, ((0, 0), (1, 1), (1, 1)))
    rows = np.maximum(np.maximum(padded[:, :-2], padded[:, 1:-1]), padded[:, 2:])
    return np.maximum(np.maximum(rows[:, :, :-2], rows[:, :, 1:-1]), rows[:, :, 2:])


def _located(here: Floats, peak: NDArray[np.bool_], octave: int, scale: int) -> Floats:
    """Locate peaks in `here` (levels, height, width) by parabolas through their neighbours; drops those on edges."""
    at = np.flatnonzero(peak)
    _, height, width = here.shape
    flat = here.ravel()  # looking up one index a point is twice as fast as three
    middle = flat[at]
    right, left, below, above = (flat[at + step] for step in (1, -1, width, -width))
    xx, yy = right + left - 2 * middle, below + above - 2 * middle
    corners = [flat[at + step] for step in (width + 1, width - 1, 1 - width, -width - 1)]
    xy = (corners[0] - corners[1] - corners[2] + corners[3]) / 4
    bend = xx * yy - xy * xy
    kept = np.flatnonzero((bend > 0) & ((xx + yy) ** 2 < MOST_EDGE * bend))
    middle, right, left, below, above, xx, yy = (each[kept] for each in (middle, right, left, below, above, xx, yy))
    level, rest = np.divmod(at[kept], height * width)
    y, x = np.divmod(rest, width)
    px = x + np.clip((left - right) / 2 / np.where(xx == 0, 1e-6, xx), -0.5, 0.5)
    py = y + np.clip((above - below) / 2 / np.where(yy == 0, 1e-6, yy), -0.5, 0.5)
    sigma = np.array(SIGMAS)[level] * 1.19 * scale
    strength = np.abs(middle) * (1 + 0.15 * octave)
    columns = ((px + 0.5) * scale, (py + 0.5) * scale, sigma, strength, np.full(len(x), octave), level, px, py)
    found: Floats = np.stack(columns, axis=1).astype(np.float32)
    return found


def _spread(points: Floats, shape: tuple[int, ...]) -> NDArray[np.intp]:
    """Indices of the kept points: the strongest of each cell of the grid in turn. `points` are strongest first."""
    column = np.minimum((points[:, 0] / shape[1] * GRID[0]).astype(int), GRID[0] - 1)
    row = np.minimum((points[:, 1] / shape[0] * GRID[1]).astype(int), GRID[1] - 1)
    cell = row * GRID[0] + column
    order = np.argsort(cell, kind="stable")
    rank = np.empty(len(points), int)
    rank[order] = np.arange(len(points)) - np.searchsorted(cell[order], cell[order])
    return np.sort(np.lexsort((np.arange(len(points)), rank))[:MOST_POINTS])


def _described(points: Floats, levels: list[list[Floats]]) -> NDArray[np.int8]:
    """(n, 38): even and odd frequencies of each point's patch, normalised to length 127."""
    cosine = _cosine()
    frequencies = cosine @ _patches(points, levels) @ cosine.T
    even, odd = _kept()
    vector = np.concatenate([frequencies[:, even[0], even[1]], frequencies[:, odd[0], odd[1]]], axis=1)
    vector /= np.maximum(np.linalg.norm(vector, axis=1, keepdims=True), 1e-6)
    described: NDArray[np.int8] = np.rint(vector * 127).astype(np.int8)
    return described


def _patches(points: Floats, levels: list[list[Floats]]) -> Floats:
    """(n, 12, 12): bilinear samples around each point, in the blurred image where it was found; edges are repeated.

    The positions of a patch form a grid, so the shares are computed once a row and once a column.
    """
    # All blurred images lie one after the other, so that the points of all of them are sampled at once.
    images = [image for blurred in levels for image in blurred[:-1]]
    flat = np.concatenate([image.ravel() for image in images])
    begins = np.cumsum([0, *(image.size for image in images[:-1])])
    octave, level = points[:, 4].astype(np.intp), points[:, 5].astype(np.intp)
    source = octave * (len(SIGMAS) - 1) + level
    heights, widths = np.array([image.shape for image in images]).T[:, source, None]
    offsets = np.arange(PATCH) - (PATCH - 1) / 2
    reach = offsets * (np.array(SIGMAS) * STEP_SIGMAS)[level, None]
    x = np.clip(points[:, 6, None] + reach, 0, widths - 1.001)
    y = np.clip(points[:, 7, None] + reach, 0, heights - 1.001)
    left, top = x.astype(np.intp), y.astype(np.intp)
    right_share, lower_share = (x - left)[:, None, :], (y - top)[:, :, None]
    at = (begins[source, None] + top * widths)[:, :, None] + left[:, None, :]
    below = at + widths[:, :, None]
    upper = flat[at] * (1 - right_share) + flat[at + 1] * right_share
    lower = flat[below] * (1 - right_share) + flat[below + 1] * right_share
    samples: Floats = (upper * (1 - lower_share) + lower * lower_share).astype(np.float32)
    return samples


@cache
def _cosine() -> Floats:
    """(PATCH, PATCH): the orthonormal cosine transform of PATCH samples."""
    steps = np.arange(PATCH)
    matrix = np.cos(np.pi * steps[:, None] * (2 * steps + 1) / (2 * PATCH)) * (2 / PATCH) ** 0.5
    matrix[0] *= 0.5**0.5
    return np.asarray(matrix, np.float32)


@cache
def _kept() -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The frequencies (rows, columns) that describe a patch, lowest first: those even in x, and those odd in x."""
    every = [(v, u) for v in range(7) for u in range(7) if 0 < u + v <= 8]  # noqa: PLR2004 - the low corner
    every.sort(key=lambda pair: (pair[0] + pair[1], pair[0]))
    even = [pair for pair in every if pair[1] % 2 == 0][:EVEN]
    odd = [pair for pair in every if pair[1] % 2 == 1][:ODD]
    return np.array(even).T, np.array(odd).T
