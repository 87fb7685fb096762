"""Pictures of a high dynamic range (PQ and HLG) on a screen without it.

1. Light in cd/m²: the inverse of SMPTE ST 2084 for PQ; for HLG the inverse OETF and the OOTF of ITU-R BT.2100-2 for a
   screen of 1,000 cd/m² (system gamma 1.2).
2. White is 203 cd/m² (ITU-R BT.2408-7). What is brighter in the picture is rolled off by the EETF of ITU-R BT.2390-11,
   5.4.1, on the brightest channel, so that hues stay. The picture's own brightest light is the source's peak: a picture
   without highlights stays exactly as it is.
3. The picture's primaries become sRGB's, what lies outside is clipped, and the result gets sRGB's curve.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from image_release.decode.cicp import HighDynamicRange
from image_release.decode.profiles import SRGB_CHROMATICITIES, rgb_to_xyz

WHITE_NITS = 203.0
HLG_PEAK_NITS = 1_000.0
HLG_GAMMA = 1.2
M1, M2 = 0.1593017578125, 78.84375
C1, C2, C3 = 0.8359375, 18.8515625, 18.6875
"""Constants of SMPTE ST 2084."""
HLG_A, HLG_B, HLG_C = 0.17883277, 0.28466892, 0.55991073
"""Constants of HLG in BT.2100."""
BT_2100_LUMINANCE = np.array([0.2627, 0.678, 0.0593], np.float32)
PEAK_PERCENTILE = 99.9
"""The brightest light counts without a thousandth of the pixels, so that a spark does not darken a picture."""
BAND_PIXELS = 1_000_000
"""Number of pixels that are computed at once."""
TABLE = 4_096
"""Entries of the table from linear light to levels of sRGB."""

Floats = NDArray[np.float32]


def to_sdr(image: Image.Image, hdr: HighDynamicRange) -> Image.Image:
    """Convert an RGB image whose samples are PQ or HLG to sRGB."""
    levels = np.asarray(image)
    step = max(1, max(levels.shape[:2]) // 512)
    peak = float(np.percentile(_nits(levels[::step, ::step], hdr).max(axis=-1), PEAK_PERCENTILE))
    matrix = _to_srgb_primaries(hdr)
    result = np.empty_like(levels)
    rows = max(1, BAND_PIXELS // levels.shape[1])
    for top in range(0, levels.shape[0], rows):
        light = _rolled_off(_nits(levels[top : top + rows], hdr), peak) @ matrix
        places = (np.clip(light, 0, 1) * np.float32(TABLE * TABLE)) ** np.float32(0.5)
        result[top : top + rows] = _SRGB_LEVELS[places.astype(np.int32)]
    return Image.fromarray(result)


def _nits(levels: NDArray[np.uint8], hdr: HighDynamicRange) -> Floats:
    """Light of each channel in cd/m²."""
    if hdr.transfer == "pq":
        return _PQ_NITS[levels]
    scene = _HLG_SCENE[levels]
    luminance = np.maximum(scene @ BT_2100_LUMINANCE, np.float32(1e-6))
    shown: Floats = scene * (np.float32(HLG_PEAK_NITS) * luminance ** np.float32(HLG_GAMMA - 1))[..., None]
    return shown


def _rolled_off(nits: Floats, peak: float) -> Floats:
    """Light in units of white, at most 1: all channels of a pixel by the factor that its brightest one needs."""
    if peak <= WHITE_NITS:
        return nits / np.float32(WHITE_NITS)
    brightest = np.maximum(nits.max(axis=-1), np.float32(1e-4))
    factor = _eetf(np.minimum(brightest, peak), peak) / brightest
    rolled: Floats = nits * (factor / np.float32(WHITE_NITS))[..., None].astype(np.float32)
    return rolled


def _eetf(nits: Floats, peak: float) -> NDArray[np.float64]:
    """BT.2390's roll-off from 0…peak to 0…white, in cd/m²: the same below a knee, a Hermite spline above."""
    top = _pq_of(peak)
    signal = _pq_of(nits) / top
    white = _pq_of(WHITE_NITS) / top
    knee = 1.5 * white - 0.5
    share = np.clip((signal - knee) / (1 - knee), 0, 1)
    spline = (2 * share**3 - 3 * share**2 + 1) * knee + (share**3 - 2 * share**2 + share) * (1 - knee)
    spline = spline + (3 * share**2 - 2 * share**3) * white
    return _light_of_pq(np.where(signal < knee, signal, spline) * top)


def _pq_of(nits: float | Floats) -> NDArray[np.float64]:
    power = (np.asarray(nits, np.float64) / 10_000) ** M1
    signal: NDArray[np.float64] = ((C1 + C2 * power) / (1 + C3 * power)) ** M2
    return signal


def _light_of_pq(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    root = signal ** (1 / M2)
    light: NDArray[np.float64] = 10_000 * (np.maximum(root - C1, 0) / (C2 - C3 * root)) ** (1 / M1)
    return light


def _scene_of_hlg(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    bright = (np.exp((signal - HLG_C) / HLG_A) + HLG_B) / 12
    return np.where(signal <= 0.5, signal**2 / 3, bright)  # noqa: PLR2004 - HLG's two halves meet there


def _to_srgb_primaries(hdr: HighDynamicRange) -> Floats:
    """The matrix that rows of linear light are multiplied with."""
    own, srgb = rgb_to_xyz(hdr.primaries), rgb_to_xyz(SRGB_CHROMATICITIES)
    assert own is not None
    assert srgb is not None
    matrix: Floats = (np.linalg.inv(srgb) @ own).T.astype(np.float32)
    return matrix


def _srgb_levels() -> NDArray[np.uint8]:
    light = (np.arange(TABLE + 1) / TABLE) ** 2
    curve = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)  # noqa: PLR2004 - sRGB's
    levels: NDArray[np.uint8] = (curve * 255 + 0.5).astype(np.uint8)
    return levels


_CODES = np.arange(256) / 255
_PQ_NITS: Floats = _light_of_pq(_CODES).astype(np.float32)
_HLG_SCENE: Floats = _scene_of_hlg(_CODES).astype(np.float32)
_SRGB_LEVELS = _srgb_levels()
"""Levels of sRGB by the square root of light, which has about as many steps in the dark as the eye."""
