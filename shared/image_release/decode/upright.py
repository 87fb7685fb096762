"""A decoded image of any mode becomes upright 8-bit RGB in sRGB.

Palette, 16-bit, float, CMYK, LAB and transparent images all become RGB; transparent ones are put on white, as on a
page. This is done in bands of rows, so that a large image is never held twice in a wide mode. Each band may be averaged
down by a whole factor at once.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from image_release.decode.cicp import HighDynamicRange
from image_release.decode.colour import to_srgb
from image_release.decode.containers import CANVAS, FRAME, GREY, HDR, INVERTED
from image_release.decode.hdr import to_sdr

BAND_PIXELS = 4_000_000
"""Number of pixels that are converted at once; most images are a single band."""
TRANSPARENT_MODES = frozenset({"RGBA", "LA", "PA", "La", "RGBa"})
GREY_MODES = frozenset({"L", "LA", "La"})
KEPT_MODES = frozenset({"RGB", "L", "CMYK", "LAB"})
"""Modes that colour management accepts; any other is first converted to RGB."""
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""The transposition that makes an image of each EXIF orientation upright."""
WHITE_LEVELS = (1.0, 255.0, 65_535.0, 4_294_967_295.0)
"""Possible values of white in an image of 32-bit numbers; it is the first that is not below the brightest pixel."""


def upright_srgb(image: Image.Image, turn: int, factor: int = 1) -> Image.Image:
    """Convert the first frame of a loaded image to upright 8-bit sRGB; `turn` is its EXIF orientation.

    Each square of `factor` x `factor` pixels becomes their mean.
    """
    image = _without_empty_alpha(_on_canvas(image))
    hdr, profile = image.info.get(HDR), image.info.get("icc_profile")
    if hdr:
        managed = _tone_mapped(image, hdr, factor)
    else:
        managed = to_srgb(_flattened(image, factor), profile if isinstance(profile, bytes) else None)
    return managed.transpose(TURNS[turn]) if turn in TURNS else managed


def _on_canvas(image: Image.Image) -> Image.Image:
    """Put a frame that is smaller than its canvas in its place; around it the canvas is transparent."""
    if CANVAS not in image.info:
        return image
    size, box = image.info[CANVAS], image.info[FRAME]
    frame = image.crop(box) if image.size == size else image
    canvas = Image.new("RGBA", size)
    canvas.paste(frame.convert("RGBA"), box[:2])
    canvas.info = {key: value for key, value in image.info.items() if key != "transparency"}
    return canvas


def _without_empty_alpha(image: Image.Image) -> Image.Image:
    """Take a BMP whose alpha is zero everywhere as opaque, as browsers do: its writer left the byte empty."""
    if image.format == "BMP" and image.mode == "RGBA" and image.getchannel("A").getextrema() == (0, 0):
        return image.convert("RGB")
    return image


def _tone_mapped(image: Image.Image, hdr: HighDynamicRange, factor: int) -> Image.Image:
    """As `_flattened`, but in sRGB, for an image of a high dynamic range."""
    alpha = image.getchannel("A") if image.mode in ("RGBA", "LA") else None
    opaque = _flattened(image.convert("RGB") if alpha else image, factor)
    shown = to_sdr(opaque.convert("RGB"), hdr)
    if alpha is None:
        return shown
    shown.putalpha(_reduced(alpha, factor))
    return _flattened(shown, 1)


def _flattened(image: Image.Image, factor: int) -> Image.Image:
    """Convert to 8-bit RGB, L, CMYK or LAB, without transparency or palette."""
    if factor == 1 and image.mode in KEPT_MODES and "transparency" not in image.info:
        return image
    white, inverted = _white_level(image), INVERTED in image.info
    rows = max(1, BAND_PIXELS // (image.width * factor)) * factor
    if rows >= image.height:
        return _reduced(_flat_band(image, white, inverted=inverted), factor)
    result = None
    for top in range(0, image.height, rows):
        band = image.crop((0, top, image.width, min(top + rows, image.height)))
        part = _reduced(_flat_band(band, white, inverted=inverted), factor)
        result = result or Image.new(part.mode, (part.width, -(-image.height // factor)))
        result.paste(part, (0, top // factor))
    assert result is not None
    return result


def _reduced(band: Image.Image, factor: int) -> Image.Image:
    """Average a band down by a whole factor."""
    return band.reduce(factor) if factor > 1 else band


def _flat_band(image: Image.Image, white: float | None, *, inverted: bool) -> Image.Image:
    """As `_flattened`, for one band; `white` is the number that means white in an image of more than 8 bits."""
    if white is not None:
        return _eight_bit(image, white, inverted=inverted)
    if image.mode in TRANSPARENT_MODES or "transparency" in image.info:
        grey = image.mode in GREY_MODES or GREY in image.info
        layer = image.convert("LA" if grey else "RGBA")
        page = Image.new("L" if grey else "RGB", image.size, "white")
        page.paste(layer.convert(page.mode), mask=layer.getchannel("A"))
        return page
    if image.mode in KEPT_MODES:
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _white_level(image: Image.Image) -> float | None:
    """The number that means white in a grey image of more than 8 bits; None for every other image.

    It is needed because Pillow's own conversion to 8 bits clips instead of scaling.
    """
    if image.mode.startswith("I;16"):
        return WHITE_LEVELS[2]
    if image.mode not in ("I", "F"):
        return None
    brightest = float(np.nan_to_num(np.asarray(image.getextrema()[1], np.float64), posinf=WHITE_LEVELS[-1]))
    levels = WHITE_LEVELS if image.mode == "F" else WHITE_LEVELS[1:]
    return next((level for level in levels if brightest <= level), levels[-1])


def _eight_bit(image: Image.Image, white: float, *, inverted: bool) -> Image.Image:
    """Scale a grey image to 8 bits, so that `white` becomes 255; what is transparent becomes white."""
    values = np.asarray(image, np.float32)
    if isinstance(transparent := image.info.get("transparency"), int):
        values = np.where(values == transparent, np.float32(white), values)
    with np.errstate(over="ignore", invalid="ignore"):  # numbers of a damaged file may be anything
        values = values * np.float32(255 / white)
    levels = np.clip(np.nan_to_num(values) + 0.5, 0, 255).astype(np.uint8)
    return Image.fromarray(255 - levels if inverted else levels)
