"""Containers: bytes are given to Pillow so that nothing beside the pixels decides whether they are shown.

`open_image` opens a file whose pixels are whole although its container is not, and puts into the image's `info` what
the container says of its colours, orientation and transparency, the same keys for every format.
"""

from __future__ import annotations

import io
from collections.abc import Callable

from PIL import Image

from image_release.decode.bmff import stated_colour
from image_release.decode.bmp import with_ordinary_masks
from image_release.decode.cicp import Colour
from image_release.decode.gif import first_image_only
from image_release.decode.heic import FORMAT as HEIC
from image_release.decode.heic import is_heic, open_heic
from image_release.decode.jpeg import image_only, read_jpeg, without_metadata
from image_release.decode.png import GREY_ALPHA, read_png
from image_release.decode.tiff import PHOTOMETRIC_TAG, WHITE_IS_ZERO, black_is_zero
from image_release.decode.webp import mended_webp

HDR = "hdr"
"""Key of a `HighDynamicRange` in an image's `info`."""
CANVAS = "canvas"
"""Key in `info` of width and height of a canvas that is larger than the frame on it."""
FRAME = "frame"
"""Key in `info` of the frame's left, top, right and bottom on its canvas."""
GREY = "grey"
"""Key in `info` of an image whose mode has colours although its pixels have none."""
CONTAINER = "container"
"""Key in `info` of a `Jpeg` or `Png`, which can tell whether pixels are missing."""
INVERTED = "inverted"
"""Key in `info` of a TIFF that counts from white to black; Pillow turns it around itself if it has at most 8 bits."""
FRAMES = "frames"
"""Key of the number of images in the file, where Pillow does not see all of them."""

SIGNATURES = (
    ("JPEG", 0, b"\xff\xd8\xff"),
    ("PNG", 0, b"\x89PNG\r\n\x1a\n"),
    ("WEBP", 8, b"WEBP"),
    ("AVIF", 4, b"ftypavi"),
    ("GIF", 0, b"GIF8"),
    ("TIFF", 0, b"II*\0"),
    ("TIFF", 0, b"MM\0*"),
)
"""Format, offset, and bytes that only this format has there. BMP is missing: text may begin with its two letters."""


def announced_format(data: bytes) -> str | None:
    """The format that the first bytes announce, even if the rest is damaged; None if they announce none."""
    if is_heic(data):
        return HEIC
    return next((name for name, offset, first in SIGNATURES if data.startswith(first, offset)), None)


def open_image(data: bytes, formats: tuple[str, ...]) -> Image.Image:
    """Open an image, reading its header only, with the decoders of these formats. Raises whatever Pillow raises."""
    opener = OPENERS.get(announced_format(data) or "")
    if opener:
        return opener(data, formats)
    try:
        image = _open(data, formats)
    except Exception:
        ordinary = with_ordinary_masks(data) if "BMP" in formats else None
        if ordinary is None:
            raise
        return _open(ordinary, ("BMP",))
    if image.format == "AVIF" and not image.info.get("icc_profile"):
        _state_colour(image, stated_colour(data) or Colour())
    return image


def _open(data: bytes, formats: tuple[str, ...]) -> Image.Image:
    return Image.open(io.BytesIO(data), formats=formats)


def _open_png(data: bytes, formats: tuple[str, ...]) -> Image.Image:
    png = read_png(data)
    image = _open(png.pixels_only(), formats)
    _state_colour(image, png.colour())
    image.info["exif"] = png.exif
    if (transparency := png.transparency()) is not None:
        image.info["transparency"] = transparency
    if png.header.colour_type == GREY_ALPHA:
        image.info[GREY] = True
    if frame := png.shown_frame:
        image.info[CANVAS] = (png.header.width, png.header.height)
        image.info[FRAME] = (frame.left, frame.top, frame.left + frame.width, frame.top + frame.height)
    image.info[FRAMES] = png.frames
    image.info[CONTAINER] = png
    return image


def _open_jpeg(data: bytes, formats: tuple[str, ...]) -> Image.Image:
    jpeg = read_jpeg(data)
    if not jpeg.scans:
        raise OSError("a JPEG without a scan")
    whole = image_only(data, jpeg)
    if jpeg.rubbish:
        whole = without_metadata(whole)  # Pillow reads rubbish byte by byte
    try:
        image = _open(whole, formats)
    except Exception:  # noqa: BLE001 - Pillow's readers of metadata raise nearly everything
        image = _open(without_metadata(whole), formats)
    image.info[CONTAINER] = jpeg
    return image


def _open_webp(data: bytes, formats: tuple[str, ...]) -> Image.Image:
    try:
        return _open(data, formats)
    except Exception:
        mended = mended_webp(data)
        if mended is None:
            raise
        return _open(mended, formats)


def _open_gif(data: bytes, formats: tuple[str, ...]) -> Image.Image:
    first, frames = first_image_only(data)
    image = _open(first, formats)
    tiles = getattr(image, "tile", None)
    if tiles and tiles[0].extents not in (None, (0, 0, *image.size)):
        image.info[CANVAS], image.info[FRAME] = image.size, tiles[0].extents
    image.info[FRAMES] = frames
    return image


def _open_heic(data: bytes, formats: tuple[str, ...]) -> Image.Image:
    if HEIC not in formats:
        raise OSError("HEIC is not asked for")
    image = open_heic(data)
    if not image.info.get("icc_profile"):
        _state_colour(image, stated_colour(data) or Colour())
    return image


def _open_tiff(data: bytes, formats: tuple[str, ...]) -> Image.Image:
    try:
        image = _open(data, formats)
    except Exception:
        other = black_is_zero(data)
        if other is None:
            raise
        image = _open(other, formats)
        image.info[INVERTED] = True
    if getattr(image, "tag_v2", {}).get(PHOTOMETRIC_TAG) == WHITE_IS_ZERO:
        image.info[INVERTED] = True
    return image


def _state_colour(image: Image.Image, colour: Colour) -> None:
    image.info.pop("icc_profile", None)
    if colour.profile:
        image.info["icc_profile"] = colour.profile
    if colour.hdr:
        image.info[HDR] = colour.hdr


OPENERS: dict[str, Callable[[bytes, tuple[str, ...]], Image.Image]] = {
    "PNG": _open_png,
    "JPEG": _open_jpeg,
    "WEBP": _open_webp,
    "GIF": _open_gif,
    "TIFF": _open_tiff,
    HEIC: _open_heic,
}
"""Formats whose containers are read by us first."""
