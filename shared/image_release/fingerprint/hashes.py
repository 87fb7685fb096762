"""The 36 perceptual hashes of the published method, from one small grey square and two cached matrices.

The method hashes 36 centred crops: 0, 10 … 50 % of the width cut away, times the same of the height. Cropping, Lanczos
scaling to 32 pixels and the low 8 frequencies of a cosine transform are all linear along an axis, so the six crops of
an axis fold into one operator of 48 rows: `R @ grey @ C.T` holds all 36 blocks of 8 x 8 coefficients. Crops are shares
of a side, so after the reduction to a fixed square one operator serves every image and both axes.

The bits are those of ImageHash: row-major over the 8 x 8 block, the most significant bit first
(`imagehash.hex_to_hash` of `to_hex`), set where a coefficient is above the median of the block. The reduction changes a
few bits; a test bounds how many.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from image_release.decode import shipped_resizer

HASH_VERSION = "1"
CROPS = 6
"""Number of crops along an axis: 0, 10 … 50 % of the side are cut away."""
SIDE = 256
"""Side of the grey square that all crops are taken from, in pixels: eight times that of a scaled crop."""
PHASH_PIXELS = 32
"""Side of a scaled crop, in pixels."""
PHASH_FREQUENCIES = 8
"""Number of frequencies along an axis that a hash is made of."""
LANCZOS_LOBES = 3.0
COEFFICIENT_PLACES = 3
"""Decimal places to which coefficients are rounded before they are compared. In flat and periodic images some equal the
median exactly, and without rounding the noise of the computation would set their bits."""

Kind = Literal["phash", "dhash"]


def crop_hashes(grey: Image.Image, kind: Kind = "phash") -> NDArray[np.uint64]:
    """(36,): the 64-bit hashes of an upright grey image (mode L); index = 6 x width step + height step."""
    pixels = np.asarray(shipped_resizer().resize(grey, (SIDE, SIDE), "bilinear"), np.float32)
    return _phashes(pixels) if kind == "phash" else _dhashes(pixels)


def to_hex(value: np.uint64) -> str:
    """A hash as ImageHash writes it: 16 hexadecimal digits."""
    return f"{int(value):016x}"


def _phashes(pixels: NDArray[np.float32]) -> NDArray[np.uint64]:
    """Which of the low 64 coefficients of each crop are above their median."""
    operator = _phash_operator()
    coefficients = operator @ pixels @ operator.T
    blocks = coefficients.reshape(CROPS, PHASH_FREQUENCIES, CROPS, PHASH_FREQUENCIES).transpose(2, 0, 1, 3)
    flat = blocks.reshape(CROPS * CROPS, -1).round(COEFFICIENT_PLACES)
    half = PHASH_FREQUENCIES**2 // 2
    median = np.sort(flat, axis=1)[:, half - 1 : half + 1].mean(axis=1, keepdims=True)  # as np.median, but faster
    return _packed(flat > median)


def _dhashes(pixels: NDArray[np.float32]) -> NDArray[np.uint64]:
    """Which pixels of each crop, scaled to 9 x 8, are darker than their right neighbour."""
    scaled = _scaling(8) @ pixels @ _scaling(9).T
    blocks = scaled.reshape(CROPS, 8, CROPS, 9).transpose(2, 0, 1, 3).round()
    return _packed((blocks[..., 1:] > blocks[..., :-1]).reshape(CROPS * CROPS, -1))


def _packed(bits: NDArray[np.bool_]) -> NDArray[np.uint64]:
    return np.packbits(bits, axis=1).view(">u8").astype(np.uint64).ravel()


@cache
def _phash_operator() -> NDArray[np.float32]:
    """(48, SIDE): for each of six crops, the low 8 frequencies (DCT-II, unscaled) of its 32 Lanczos pixels."""
    position = (2 * np.arange(PHASH_PIXELS) + 1) / (2 * PHASH_PIXELS)
    cosine = 2 * np.cos(np.pi * np.arange(PHASH_FREQUENCIES)[:, None] * position)
    crops = _scaling(PHASH_PIXELS).reshape(CROPS, PHASH_PIXELS, SIDE)
    return (cosine @ crops).reshape(-1, SIDE).astype(np.float32)


@cache
def _scaling(pixels: int) -> NDArray[np.float32]:
    """(6 x pixels, SIDE): for each of six crops the weights that scale it to `pixels` pixels, Lanczos as in Pillow."""
    edges = np.arange(SIDE + 1.0)
    rows = []
    for step in range(CROPS):
        cut = SIDE * step / 20
        scale = (SIDE - 2 * cut) / pixels
        centres = cut + (np.arange(pixels)[:, None] + 0.5) * scale
        distance = (edges[:-1] + 0.5 - centres) / max(scale, 1.0)
        weights = np.sinc(distance) * np.sinc(distance / LANCZOS_LOBES) * (np.abs(distance) < LANCZOS_LOBES)
        inside = np.clip(np.minimum(edges[1:], SIDE - cut) - np.maximum(edges[:-1], cut), 0, 1)
        weights = weights * inside  # exclude pixels outside the crop
        rows.append(weights / weights.sum(axis=1, keepdims=True))
    return np.concatenate(rows).astype(np.float32)
