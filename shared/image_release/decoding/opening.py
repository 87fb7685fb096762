"""Opening hostile bytes with Pillow: an allow-list of formats, no warnings, and every failure an outcome.

The only place where an image decoder is entered. Whatever exception a damaged or malicious file raises in Pillow
becomes a Rejection: `not_an_image` when nothing could be recognised, `truncated` when the picture breaks off or is
damaged. A picture with more pixels than allowed is refused from its header, before anything is decoded.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from typing import TypeVar

from PIL import ExifTags, Image, UnidentifiedImageError

from image_release.outcomes import Outcome, Rejection
from image_release.settings import FilterSettings
from image_release.values import ImageFacts

Image.MAX_IMAGE_PIXELS = None  # our own limit comes first, from the header, with an outcome instead of a warning

SIDEWAYS = frozenset({5, 6, 7, 8})
"""EXIF orientations that exchange width and height."""
PILLOW_FORMATS = {"MPO": "JPEG"}
"""Formats that Pillow tells apart and we do not: a JPEG with several pictures in it, as cameras write."""

T = TypeVar("T")


def read_header(data: bytes, sha256: str, settings: FilterSettings) -> ImageFacts | Rejection:
    """Read an image's header and judge its size, before decode (the published method's first filter)."""
    facts = guarded(lambda: _facts(data, sha256, settings), Outcome.NOT_AN_IMAGE)
    if isinstance(facts, Rejection):
        return facts
    return judge_size(facts, settings) or facts


def judge_size(facts: ImageFacts, settings: FilterSettings) -> Rejection | None:
    """Judge an image by the size that its header states, orientation applied."""
    if facts.pixels > settings.max_pixels:
        return Rejection(Outcome.TOO_MANY_PIXELS, f"{facts.width}×{facts.height} pixels > {settings.max_pixels}")
    short, long = sorted((facts.width, facts.height))
    if short < settings.min_short_side_px:
        return Rejection(Outcome.TOO_SMALL, f"short side {short} < {settings.min_short_side_px}")
    if long < settings.min_long_side_px:
        return Rejection(Outcome.TOO_SMALL, f"long side {long} < {settings.min_long_side_px}")
    return None


def open_image(data: bytes, formats: tuple[str, ...]) -> Image.Image:
    """Open, header only. Raises whatever Pillow raises: call it under `guarded`."""
    accepted = [*formats, "MPO"] if "JPEG" in formats else list(formats)
    return Image.open(io.BytesIO(data), formats=accepted)


def orientation(image: Image.Image) -> int:
    """EXIF orientation, 1…8; a broken or absent one is 1."""
    value = image.getexif().get(ExifTags.Base.Orientation, 1)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1  # noqa: PLR2004 - the eight of the standard


def guarded(decode: Callable[[], T], outcome: Outcome) -> T | Rejection:
    """Run a decoder; any exception of it is a fact about the file, told as `outcome`.

    Pillow's plugins raise nearly everything on damaged input (OSError, SyntaxError, struct.error, ValueError, …), so
    the whole of Exception is meant. Memory errors too: the header may promise what the file does not hold.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return decode()
    except UnidentifiedImageError:
        return Rejection(Outcome.NOT_AN_IMAGE, "no known image format")
    except Exception as error:  # noqa: BLE001 - see above
        return Rejection(outcome, _reason(error))


def _facts(data: bytes, sha256: str, settings: FilterSettings) -> ImageFacts:
    with open_image(data, settings.formats) as image:
        width, height = image.size
        if orientation(image) in SIDEWAYS:
            width, height = height, width
        name = image.format or ""
        return ImageFacts(
            sha256=sha256,
            width=width,
            height=height,
            format=PILLOW_FORMATS.get(name, name),
            bytes=len(data),
            frames=getattr(image, "n_frames", 1) if name in ("GIF", "WEBP", "PNG", "AVIF") else 1,
        )


def _reason(error: Exception) -> str:
    """One short printable sentence; messages of decoders may quote the file."""
    text = " ".join(str(error).split())[:120]
    return "".join(sign for sign in text if sign.isprintable()) or type(error).__name__
