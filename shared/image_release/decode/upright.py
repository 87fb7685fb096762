"""A decoded picture of any mode as upright 8-bit RGB in sRGB.

Palette, 16-bit, float, CMYK, LAB and transparent pictures all become RGB; transparency is laid on white, as a page
would show it. That is done in bands of rows, so that a large picture is never held twice in a wide mode, and each band
may be averaged down by a whole factor at once.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from image_release.decode.colour import to_srgb

BAND_PIXELS = 4_000_000
"""Of a band that is converted at once: most pictures are one band."""
TRANSPARENT_MODES = frozenset({"RGBA", "LA", "PA", "La", "RGBa"})
KEPT_MODES = frozenset({"RGB", "L", "CMYK", "LAB"})
"""Modes that colour management starts from; any other becomes RGB first."""
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes a picture of an EXIF orientation upright."""
WHITE_LEVELS = (1.0, 255.0, 65_535.0, 4_294_967_295.0)
"""What a picture of 32-bit numbers may mean by white: the first that holds its brightest point."""


def upright_srgb(image: Image.Image, turn: int, factor: int = 1) -> Image.Image:
    """Make a loaded image (its first frame) upright 8-bit sRGB, `turn` being its EXIF orientation.

    `factor`: each square of so many pixels becomes their mean.
    """
    profile = image.info.get("icc_profile")
    managed = to_srgb(_flattened(image, factor), profile if isinstance(profile, bytes) else None)
    return managed.transpose(TURNS[turn]) if turn in TURNS else managed


def _flattened(image: Image.Image, factor: int) -> Image.Image:
    """Without transparency, palette and more than 8 bits: RGB, L, CMYK or LAB."""
    if factor == 1 and image.mode in KEPT_MODES and "transparency" not in image.info:
        return image
    white = _white_level(image)
    rows = max(1, BAND_PIXELS // (image.width * factor)) * factor
    if rows >= image.height:
        return _reduced(_flat_band(image, white), factor)
    result = None
    for top in range(0, image.height, rows):
        band = image.crop((0, top, image.width, min(top + rows, image.height)))
        part = _reduced(_flat_band(band, white), factor)
        result = result or Image.new(part.mode, (part.width, -(-image.height // factor)))
        result.paste(part, (0, top // factor))
    assert result is not None
    return result


def _reduced(band: Image.Image, factor: int) -> Image.Image:
    return band.reduce(factor) if factor > 1 else band


def _flat_band(image: Image.Image, white: float | None) -> Image.Image:
    if white is not None:
        return _eight_bit(image, white)
    if image.mode in TRANSPARENT_MODES or "transparency" in image.info:
        layer = image.convert("RGBA")
        page = Image.new("RGB", image.size, "white")
        page.paste(layer, mask=layer)
        return page
    if image.mode in KEPT_MODES:
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _white_level(image: Image.Image) -> float | None:
    """The number that means white in a grey picture of more than 8 bits; None for every other picture.

    Pillow's own conversion to 8 bits clips instead of scaling.
    """
    if image.mode.startswith("I;16"):
        return WHITE_LEVELS[2]
    if image.mode not in ("I", "F"):
        return None
    brightest = float(np.nan_to_num(np.asarray(image.getextrema()[1], np.float64), posinf=WHITE_LEVELS[-1]))
    levels = WHITE_LEVELS if image.mode == "F" else WHITE_LEVELS[1:]
    return next((level for level in levels if brightest <= level), levels[-1])


def _eight_bit(image: Image.Image, white: float) -> Image.Image:
    values = np.asarray(image, np.float32) * np.float32(255 / white)
    return Image.fromarray(np.clip(np.nan_to_num(values) + 0.5, 0, 255).astype(np.uint8))
