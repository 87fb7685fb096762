"""Opening hostile bytes with Pillow: an allow-list of formats, no warnings, and every failure an outcome.

An image decoder is entered here and in `containers` only. Whatever a damaged or malicious file makes Pillow raise
becomes a Rejection: `not_an_image` if the bytes are in none of the accepted formats, `truncated` if they begin in one
of them but break off or are damaged. An image with more pixels than allowed is rejected by its header, before it is
decoded. A file that kills the process, instead of raising, is found by a child process (`child_process`).
"""

from __future__ import annotations

import re
import struct
import warnings
from collections.abc import Callable
from typing import TypeVar

from PIL import Image

from image_release.child_process import ChildLimitError
from image_release.decode.containers import CANVAS, FRAMES, announced_format, open_image
from image_release.decode.heic import FORMAT as HEIC
from image_release.decode.heic import WHAT_TO_INSTALL, can_decode
from image_release.decode.png import read_png
from image_release.outcomes import Outcome, Rejection
from image_release.problems import printable
from image_release.settings import FilterSettings
from image_release.values import ImageFacts

# Pillow warns of damaged metadata and of many pixels; we return outcomes instead. The filter holds for the whole
# process, because `catch_warnings` is not safe in threads.
warnings.filterwarnings("ignore", module=r"PIL\.")

AN_ADDRESS = re.compile(r"<[^<>]* at 0x[0-9a-f]+>", re.IGNORECASE)
"""An object in a message of Pillow, with its address in memory, which differs from run to run."""
OUT_OF_MEMORY = "out of memory"
"""What decoders say that could not get memory, if they do not raise MemoryError."""
ORIENTATION_TAG = 0x112
SHORT = 3
"""TIFF's type of 16-bit numbers, the only type that the standard allows for the orientation."""
SIDEWAYS = range(5, 9)
"""EXIF orientations that exchange width and height."""

OTHER_NAMES = {"MPO": "JPEG", "HEIF": HEIC}
"""Pillow's names of formats that we call by another one; some cameras write several JPEGs into a file."""

T = TypeVar("T")


def read_header(data: bytes, sha256: str, settings: FilterSettings) -> ImageFacts | Rejection:
    """Read an image's header and judge its size, before it is decoded (the published method's first filter)."""
    announced = announced_format(data)
    if announced and announced not in settings.accepted_formats:
        return Rejection(Outcome.NOT_AN_IMAGE, f"{announced} is not among the accepted formats")
    if announced == HEIC and not can_decode():
        return Rejection(Outcome.NOT_AN_IMAGE, WHAT_TO_INSTALL)
    try:
        with open_image(data, settings.accepted_formats) as image:
            facts = _facts(image, data, sha256)
    except Image.DecompressionBombError:
        return Rejection(Outcome.TOO_MANY_PIXELS, f"far more pixels than {settings.max_pixels}")
    except Exception:  # noqa: BLE001 - Pillow's plugins raise nearly everything on damaged bytes
        if announced:
            return Rejection(Outcome.TRUNCATED, f"the header of this {announced} breaks off or is damaged")
        return Rejection(Outcome.NOT_AN_IMAGE, "none of the accepted formats" if data else "no bytes")
    return judge_size(facts, settings) or _critical_fault(data, facts) or facts


def _critical_fault(data: bytes, facts: ImageFacts) -> Rejection | None:
    """Reject a PNG with damage to what decides about its pixels, which Pillow does not look for."""
    fault = read_png(data).critical_fault() if facts.format == "PNG" else None
    return Rejection(Outcome.TRUNCATED, fault) if fault else None


def judge_size(facts: ImageFacts, settings: FilterSettings) -> Rejection | None:
    """Judge an image by the size in its header, with its orientation applied; None if it is accepted."""
    if facts.pixels > settings.max_pixels:
        return Rejection(Outcome.TOO_MANY_PIXELS, f"{facts.width}×{facts.height} pixels > {settings.max_pixels}")
    short, long = sorted((facts.width, facts.height))
    if short < settings.min_short_side_px:
        return Rejection(Outcome.TOO_SMALL, f"short side {short} < {settings.min_short_side_px}")
    if long < settings.min_long_side_px:
        return Rejection(Outcome.TOO_SMALL, f"long side {long} < {settings.min_long_side_px}")
    return None


def decoded(decode: Callable[[], T]) -> T | Rejection:
    """Run a decoder on bytes whose header could be read; whatever it raises becomes a Rejection of the file.

    Raises ChildLimitError where memory ends, which says nothing about the file.
    """
    try:
        return decode()
    except Exception as error:
        if isinstance(error, MemoryError) or OUT_OF_MEMORY in str(error).lower():
            raise ChildLimitError("decoding it takes more memory than there is") from error
        return Rejection(Outcome.TRUNCATED, _reason(error))


def orientation(image: Image.Image) -> int:
    """EXIF orientation, 1…8, of an opened image; 1 if it is absent or broken.

    Pillow's `getexif` is not used: it decodes a whole PNG to search behind its pixels, and copies as many bytes as a
    hostile block states. A TIFF counts as upright: Pillow turns it while loading, and swaps its sides when opening.
    """
    block = image.info.get("exif", b"")
    return _stated_orientation(block.removeprefix(b"Exif\0\0")) if isinstance(block, bytes) else 1


def _stated_orientation(block: bytes) -> int:
    """Read the orientation from the first directory of an EXIF block, which is a small TIFF file."""
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
        pass  # the block breaks off before it states an orientation
    return 1


def _facts(image: Image.Image, data: bytes, sha256: str) -> ImageFacts:
    """What the header of an opened image says, with the orientation applied."""
    width, height = image.info.get(CANVAS, image.size)
    if orientation(image) in SIDEWAYS:
        width, height = height, width
    name = image.format or ""
    return ImageFacts(
        sha256=sha256,
        width=width,
        height=height,
        format=OTHER_NAMES.get(name, name),
        bytes=len(data),
        frames=_frames(image),
    )


def _frames(image: Image.Image) -> int:
    """Number of images in the file, as far as it is known without reading all of it: 2 for any GIF of several."""
    if FRAMES in image.info:
        return int(image.info[FRAMES])
    return int(getattr(image, "n_frames", 1)) if image.format != "TIFF" else 1


def _reason(error: Exception) -> str:
    """The decoder's message, printable and the same in every run: it may quote the file, or an object's address."""
    return printable(" ".join(AN_ADDRESS.sub("", str(error)).split())) or type(error).__name__
