"""WebP: a file whose container is wrong or has broken metadata, put together again around its pixels.

libwebp gives up when the length in the RIFF header is wrong, or when a chunk behind the pixels breaks off.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

HEAD_BYTES = 12
ALPHA_FLAG, ANIMATION_FLAG, PROFILE_FLAG, EXIF_FLAG = 0x10, 0x02, 0x20, 0x08
KEPT_FLAGS = {b"ICCP": PROFILE_FLAG, b"ALPH": ALPHA_FLAG, b"ANIM": ANIMATION_FLAG, b"EXIF": EXIF_FLAG}
KEPT = frozenset({b"ICCP", b"ALPH", b"ANIM", b"ANMF", b"EXIF", b"VP8 ", b"VP8L"})
PIXELS = frozenset({b"ANMF", b"VP8 ", b"VP8L"})


@dataclass(frozen=True, slots=True)
class WebpHeader:
    """Size of the canvas, and how the first image is coded."""

    width: int
    height: int
    lossless: bool
    animated: bool


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and data of each whole chunk, whatever length the container states."""
    place = HEAD_BYTES
    while place + 8 <= len(data):
        name, length = struct.unpack_from("<4sL", data, place)
        if place + 8 + length > len(data):
            return
        yield name, data[place + 8 : place + 8 + length]
        place += 8 + length + length % 2


def mended_webp(data: bytes) -> bytes | None:
    """The same image in a right container, without broken metadata; None if its pixels are not all there."""
    kept: list[tuple[bytes, bytes]] = []
    extended = b""
    for name, content in _chunks(data):
        if name == b"VP8X" and len(content) == 10 and not kept:  # noqa: PLR2004
            extended = content
        still = any(former in PIXELS - {b"ANMF"} for former, _ in kept)
        if name in KEPT and not (still and name in PIXELS):
            kept.append((name, content))
    if not any(name in PIXELS for name, _ in kept):
        return None
    if extended:
        flags = sum(flag for name, flag in KEPT_FLAGS.items() if any(name == former for former, _ in kept))
        flags |= extended[0] & ALPHA_FLAG
        kept.insert(0, (b"VP8X", bytes([flags]) + extended[1:]))
    body = b"".join(
        name + struct.pack("<L", len(content)) + content + bytes(len(content) % 2) for name, content in kept
    )
    return b"RIFF" + struct.pack("<L", len(body) + 4) + b"WEBP" + body


def read_webp(data: bytes) -> WebpHeader | None:
    """Read the header of a WebP; None if it is damaged. libwebp would take the memory of the canvas at once."""
    name, block = data[12:16], data[20:30]
    if len(block) < 10:  # noqa: PLR2004
        return None
    if name == b"VP8X":
        width, height = (int.from_bytes(block[place : place + 3], "little") + 1 for place in (4, 7))
        lossless = b"VP8L" in data[30:4096]
        return WebpHeader(width, height, lossless=lossless, animated=bool(block[0] & ANIMATION_FLAG))
    if name == b"VP8L":
        bits = int.from_bytes(block[1:5], "little")
        return WebpHeader((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, lossless=True, animated=False)
    width, height = struct.unpack_from("<HH", block, 6)
    return WebpHeader(width & 0x3FFF, height & 0x3FFF, lossless=False, animated=False)
