"""Opening hostile bytes with Pillow: an allow-list of formats, no warnings, and every failure an outcome.

The only place where an image decoder is entered. Whatever a damaged or malicious file makes Pillow raise becomes a
Rejection: `not_an_image` when the bytes are none of the accepted formats, `truncated` when they begin as one of them
and then break off or are damaged. A picture with more pixels than allowed is refused from its header, before anything
is decoded. What kills the process instead of raising is found out by a child process (`isolation`).
"""

from __future__ import annotations

import io
import re
import struct
import warnings
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from PIL import Image

from image_release.outcomes import Outcome, Rejection
from image_release.problems import printable
from image_release.settings import FilterSettings
from image_release.values import ImageFacts

# Pillow warns of damaged metadata and of many pixels; we answer with outcomes. For the whole process, because
# `catch_warnings` is not safe in threads.
warnings.filterwarnings("ignore", module=r"PIL\.")

SIGNATURES = (
    ("JPEG", 0, b"\xff\xd8\xff"),
    ("PNG", 0, b"\x89PNG\r\n\x1a\n"),
    ("WEBP", 8, b"WEBP"),
    ("AVIF", 4, b"ftypavi"),
    ("GIF", 0, b"GIF8"),
    ("TIFF", 0, b"II*\0"),
    ("TIFF", 0, b"MM\0*"),
)
"""Format, offset and first bytes that belong to no other; a BMP's are two letters, which text may begin with."""
MAX_JPEG_SCANS = 500
"""Cameras and optimisers write at most about a hundred; each one may cost a pass over the whole picture."""
AN_ADDRESS = re.compile(r"<[^<>]* at 0x[0-9a-f]+>", re.IGNORECASE)
START_OF_SCAN = b"\xff\xda"
ORIENTATION_TAG = 0x112
SHORT = 3
"""TIFF's type of 16-bit numbers, the only one that the standard allows for the orientation."""
SIDEWAYS = range(5, 9)
"""EXIF orientations that exchange width and height."""

T = TypeVar("T")


def read_header(data: bytes, sha256: str, settings: FilterSettings) -> ImageFacts | Rejection:
    """Read an image's header and judge its size, before decode (the published method's first filter)."""
    announced = announced_format(data)
    if announced and announced not in settings.formats:
        return Rejection(Outcome.NOT_AN_IMAGE, f"{announced} is not among the accepted formats")
    if announced == "JPEG" and _scans(data) > MAX_JPEG_SCANS:
        return Rejection(Outcome.TRUNCATED, f"a JPEG of more than {MAX_JPEG_SCANS} scans")
    try:
        with open_image(data, settings.formats) as image:
            facts = _facts(image, data, sha256)
    except Image.DecompressionBombError:
        return Rejection(Outcome.TOO_MANY_PIXELS, f"far more pixels than {settings.max_pixels}")
    except Exception:  # noqa: BLE001 - Pillow's plugins raise nearly everything on damaged bytes
        if announced:
            return Rejection(Outcome.TRUNCATED, f"the header of this {announced} breaks off or is damaged")
        return Rejection(Outcome.NOT_AN_IMAGE, "none of the accepted formats" if data else "no bytes")
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


def _scans(data: bytes) -> int:
    """How often a scan may start in a JPEG: four times as fast as `bytes.count` of two bytes."""
    values = np.frombuffer(data, np.uint8)
    return int(np.count_nonzero((values[:-1] == START_OF_SCAN[0]) & (values[1:] == START_OF_SCAN[1])))


def announced_format(data: bytes) -> str | None:
    """The format that the first bytes announce, whether or not the rest keeps the promise."""
    return next((name for name, offset, first in SIGNATURES if data.startswith(first, offset)), None)


def open_image(data: bytes, formats: tuple[str, ...]) -> Image.Image:
    """Open, header only, with the decoders of these formats alone. Raises whatever Pillow raises."""
    return Image.open(io.BytesIO(data), formats=formats)


def decoded(decode: Callable[[], T]) -> T | Rejection:
    """Run a decoder on bytes whose header could be read; whatever it raises is a fact about the file."""
    try:
        return decode()
    except MemoryError:
        return Rejection(Outcome.CRASHED, "decoding it takes more memory than there is")
    except Exception as error:  # noqa: BLE001 - Pillow's plugins raise nearly everything on damaged bytes
        return Rejection(Outcome.TRUNCATED, _reason(error))


def orientation(image: Image.Image) -> int:
    """EXIF orientation, 1…8, of an opened image; 1 where it is absent or broken.

    Not by Pillow's `getexif`: that decodes a whole PNG to look behind its pixels, and copies whatever sizes a hostile
    block states. A TIFF counts as upright: Pillow turns it while loading, and exchanges its sides at once.
    """
    block = image.info.get("exif", b"")
    return _stated_orientation(block.removeprefix(b"Exif\0\0")) if isinstance(block, bytes) else 1


def _stated_orientation(block: bytes) -> int:
    """Look the orientation up in the first directory of an EXIF block, which is a small TIFF file."""
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}L", block, 4)
        (entries,) = struct.unpack_from(f"{order}H", block, start)
        for entry in range(entries):
            tag, kind, _, value = struct.unpack_from(f"{order}HHLH", block, start + 2 + 12 * entry)
            if tag == ORIENTATION_TAG:
                return value if kind == SHORT and value in range(1, 9) else 1
    except struct.error:
        pass  # the block breaks off: what is left states no orientation
    return 1


def _facts(image: Image.Image, data: bytes, sha256: str) -> ImageFacts:
    width, height = image.size
    if orientation(image) in SIDEWAYS:
        width, height = height, width
    name = image.format or ""
    return ImageFacts(
        sha256=sha256,
        width=width,
        height=height,
        format="JPEG" if name == "MPO" else name,  # several JPEGs in a file, as some cameras write
        bytes=len(data),
        frames=_frames(image),
    )


def _frames(image: Image.Image) -> int:
    """Number of pictures in the file, as far as it can be told at once: a GIF of many has 2, counting reads it all."""
    if image.format == "GIF":
        try:
            return 2 if getattr(image, "is_animated", False) else 1
        except Exception:  # noqa: BLE001 - what follows the first frame may be damaged: only that one counts
            return 1
    return int(getattr(image, "n_frames", 1)) if image.format != "TIFF" else 1


def _reason(error: Exception) -> str:
    """One short printable sentence, the same every time: messages may quote the file, or an object's address."""
    return printable(" ".join(AN_ADDRESS.sub("", str(error)).split())) or type(error).__name__
