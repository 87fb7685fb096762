"""Coding-independent code points (ITU-T H.273): what the numbers in cICP of PNG and nclx of AVIF and HEIC mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from image_release.decode.profiles import SRGB_CHROMATICITIES, SRGB_CURVE, Chromaticities, Curve, matrix_profile

D65 = (0.3127, 0.329)
BT_2020: Chromaticities = (*D65, 0.708, 0.292, 0.17, 0.797, 0.131, 0.046)
PRIMARIES: dict[int, Chromaticities] = {
    4: (0.31, 0.316, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08),
    5: (*D65, 0.64, 0.33, 0.29, 0.6, 0.15, 0.06),
    6: (*D65, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07),
    7: (*D65, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07),
    9: BT_2020,
    11: (0.314, 0.351, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
    12: (*D65, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06),
}
"""Primaries by their number; any other number, 1 and 2 among them, is sRGB's."""
EXPONENTS = {4: 2.2, 5: 2.8, 8: 1.0, 17: 2.6}
"""Transfer functions that are a power."""
TELEVISION = frozenset({1, 6, 14, 15})
BT_1886_CURVE: Curve = (2.4,)
PQ, HLG = 16, 18


@dataclass(frozen=True, slots=True)
class HighDynamicRange:
    """Samples that are brighter than white can be: their transfer function and primaries."""

    transfer: Literal["pq", "hlg"]
    primaries: Chromaticities


@dataclass(frozen=True, slots=True)
class Colour:
    """What samples mean: by an ICC profile, or with a high dynamic range; neither: sRGB."""

    profile: bytes | None = None
    hdr: HighDynamicRange | None = None


def colour_of_cicp(primaries: int, transfer: int, television: Curve = SRGB_CURVE) -> Colour:
    """What two numbers of H.273 say; `television` is the curve of BT.709 and its relatives.

    Browsers take it as that of a television (BT.1886) in PNG, and as sRGB's in AVIF, where encoders of films state it.
    """
    chromaticities = PRIMARIES.get(primaries, SRGB_CHROMATICITIES)
    if transfer == PQ:
        return Colour(hdr=HighDynamicRange("pq", chromaticities))
    if transfer == HLG:
        return Colour(hdr=HighDynamicRange("hlg", chromaticities))
    if transfer in TELEVISION:
        return Colour(matrix_profile(television, chromaticities))
    curve = (EXPONENTS[transfer],) if transfer in EXPONENTS else SRGB_CURVE
    return Colour(matrix_profile(curve, chromaticities))
