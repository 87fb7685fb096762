"""ICC profiles made from numbers: how a picture that states gamma and primaries, but has no profile, gets one.

The result is an ICC v4 profile with a matrix and a curve, or with a curve alone for grey (ICC.1:2022, 8.3 and 8.4).
"""

from __future__ import annotations

import struct
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

MAX_PROFILE_BYTES = 4_000_000
"""Maximum size of a profile; a larger one is ignored. Profiles of printers have up to 3 MB."""
Chromaticities = tuple[float, ...]
"""x and y of white, red, green and blue, as cHRM has them."""
SRGB_CHROMATICITIES: Chromaticities = (0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)
SRGB_GAMMA = 1 / 2.2
GAMMA_TOLERANCE = 0.05
"""Share by which a gamma may differ from sRGB's to mean sRGB, as in libpng (PNG_GAMMA_THRESHOLD)."""
CHROMATICITY_TOLERANCE = 0.005
"""Difference of chromaticities that nobody sees: writers round them differently."""
D50 = np.array([0.9642, 1.0, 0.8249])
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
Curve = tuple[float, ...]
"""An exponent alone, or the five parameters of ICC's parametric curve of type 3."""
SRGB_CURVE: Curve = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def calibrated_profile(gamma: float, chromaticities: Chromaticities | None, *, grey: bool) -> bytes | None:
    """A profile for samples that are light to the power of `gamma`; None if that is sRGB or makes no sense.

    Without chromaticities a gamma like that of sRGB means sRGB; with them it is taken at its word, as in browsers.
    """
    near = abs(gamma / SRGB_GAMMA - 1) < GAMMA_TOLERANCE
    if near and not chromaticities:
        return None
    if grey:
        return _profile(b"GRAY", {b"kTRC": _curve((1 / gamma,))})
    return matrix_profile((1 / gamma,), chromaticities or SRGB_CHROMATICITIES)


@lru_cache(16)
def matrix_profile(curve: Curve, chromaticities: Chromaticities) -> bytes | None:
    """A profile of a curve and primaries; None if it is sRGB or makes no sense."""
    same = max(abs(a - b) for a, b in zip(chromaticities, SRGB_CHROMATICITIES, strict=True)) < CHROMATICITY_TOLERANCE
    if same and curve == SRGB_CURVE:
        return None
    to_xyz = rgb_to_xyz(SRGB_CHROMATICITIES if same else chromaticities)
    if to_xyz is None:
        return None
    columns = _adapted_to_d50(to_xyz).T
    tags = {
        kind: b"XYZ \0\0\0\0" + _fixed(*column)
        for kind, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)
    }
    return _profile(b"RGB ", tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), _curve(curve)))


def rgb_to_xyz(chromaticities: Chromaticities) -> NDArray[np.float64] | None:
    """The matrix from linear RGB to XYZ with white at Y = 1; None if the primaries span nothing."""
    xy = np.array(chromaticities, np.float64).reshape(4, 2)
    if (xy[:, 1] <= 0).any() or (xy > 2).any() or (xy < 0).any():  # noqa: PLR2004
        return None
    xyz = np.column_stack([xy[:, 0] / xy[:, 1], np.ones(4), (1 - xy.sum(axis=1)) / xy[:, 1]])
    primaries = xyz[1:].T
    if abs(np.linalg.det(primaries)) < 1e-6:  # noqa: PLR2004
        return None
    result: NDArray[np.float64] = primaries * np.linalg.solve(primaries, xyz[0])
    return result


def _adapted_to_d50(to_xyz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bradford's adaptation of a matrix from its own white to that of ICC profiles."""
    gain = (BRADFORD @ D50) / (BRADFORD @ to_xyz.sum(axis=1))
    adapted: NDArray[np.float64] = np.linalg.inv(BRADFORD) @ np.diag(gain) @ BRADFORD @ to_xyz
    return adapted


def _profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """An ICC profile of an input device with these tags."""
    tags = {b"desc": _text("calibrated"), b"cprt": _text("none"), b"wtpt": b"XYZ \0\0\0\0" + _fixed(*D50)} | tags
    table, body = b"", b""
    start = 132 + 12 * len(tags)
    for kind, data in tags.items():
        table += struct.pack(">4sLL", kind, start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = struct.pack(">L4sL", start + len(body), b"", 0x04300000) + b"mntr" + space + b"XYZ "
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + _fixed(*D50)
    return head.ljust(128, b"\0") + struct.pack(">L", len(tags)) + table + body


def _text(text: str) -> bytes:
    encoded = text.encode("utf-16-be")
    return b"mluc\0\0\0\0" + struct.pack(">LL2s2sLL", 1, 12, b"en", b"US", len(encoded), 28) + encoded


def _curve(parameters: Curve) -> bytes:
    """A parametric curve: of type 0 with an exponent alone, of type 3 with five parameters."""
    return b"para\0\0\0\0" + struct.pack(">HH", 0 if len(parameters) == 1 else 3, 0) + _fixed(*parameters)


def _fixed(*values: float) -> bytes:
    """Numbers of 16 bits before and 16 bits behind the point."""
    return b"".join(struct.pack(">l", round(value * 65_536)) for value in values)
