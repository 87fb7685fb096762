"""HEIC and HEIF, as phones write them: decoded by pillow-heif, which the extra `heic` installs."""

from __future__ import annotations

import io
from functools import cache

from PIL import Image

FORMAT = "HEIC"
WHAT_TO_INSTALL = "HEIC needs the extra: pip install 'image-release[heic]'"
BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"})
"""Brands of files whose pictures are coded by HEVC (ISO/IEC 23008-12, annex B)."""


def is_heic(data: bytes) -> bool:
    """Whether a file announces pictures coded by HEVC, by its main brand or by one that it fits."""
    if data[4:8] != b"ftyp":
        return False
    length = min(int.from_bytes(data[:4], "big"), 256)
    return any(data[place : place + 4] in BRANDS for place in (8, *range(16, length, 4)))


@cache
def can_decode() -> bool:
    """Whether pillow-heif is installed."""
    try:
        import pillow_heif
    except ImportError:
        return False
    pillow_heif.register_heif_opener(thumbnails=False)
    return True


def open_heic(data: bytes) -> Image.Image:
    """Open a HEIC, reading its header only. pillow-heif turns it upright itself. Raises whatever it raises."""
    if not can_decode():
        raise OSError(WHAT_TO_INSTALL)
    image = Image.open(io.BytesIO(data), formats=("HEIF",))
    image.info.pop("exif", None)
    return image
