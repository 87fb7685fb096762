"""Where the metadata of a file lie: the EXIF, IPTC and XMP blocks of JPEG, PNG, WebP and TIFF."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from image_release.decode.credit.tiff import IPTC_TAG, XMP_TAG, first_directory, value_of

MAX_BLOCK = 1_000_000
"""Maximum size of a block, in bytes, also once it is unpacked; a larger one says nothing."""
MAX_PARTS = 2_000
"""Maximum number of segments or chunks of a file that are looked at."""
EXIF_HEAD = b"Exif\0\0"
XMP_HEAD = b"http://ns.adobe.com/xap/1.0/\0"
PHOTOSHOP_HEAD = b"Photoshop 3.0\0"
PNG_XMP_HEAD = b"XML:com.adobe.xmp\0"
IPTC_RESOURCE = 0x0404
START_OF_SCAN, END_OF_IMAGE = 0xDA, 0xD9
APP1, APP13 = 0xE1, 0xED
WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})


@dataclass(frozen=True, slots=True)
class MetadataBlocks:
    """The first block of each kind; empty where there is none."""

    exif: bytes = b""
    iptc: bytes = b""
    xmp: bytes = b""


NONE = MetadataBlocks()


def metadata_blocks(data: bytes) -> MetadataBlocks:
    """The metadata of a file of any format; none where it is damaged."""
    try:
        if data.startswith(b"\xff\xd8"):
            return _of_jpeg(data)
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            return _of_png(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _of_webp(data)
        if data[:4] in (b"II*\0", b"MM\0*"):
            return _of_tiff(data)
    except (struct.error, IndexError, zlib.error):
        pass  # the file breaks off in the middle of a block
    return NONE


def _of_jpeg(data: bytes) -> MetadataBlocks:
    exif = xmp = photoshop = b""
    for marker, content in _segments(data):
        if marker == APP1 and content.startswith(EXIF_HEAD):
            exif = exif or content.removeprefix(EXIF_HEAD)
        elif marker == APP1 and content.startswith(XMP_HEAD):
            xmp = xmp or content.removeprefix(XMP_HEAD)
        elif marker == APP13 and content.startswith(PHOTOSHOP_HEAD) and len(photoshop) < MAX_BLOCK:
            photoshop += content.removeprefix(PHOTOSHOP_HEAD)
    return MetadataBlocks(exif, _iptc_in(photoshop), xmp)


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The segments before the first scan: marker, and content. It ends where the file breaks off."""
    place = 2
    for _ in range(MAX_PARTS):
        place = data.find(b"\xff", place)
        while 0 <= place < len(data) - 1 and data[place + 1] == 0xFF:  # noqa: PLR2004 - filling
            place += 1
        if place < 0 or place + 4 > len(data):
            return
        marker = data[place + 1]
        if marker in (START_OF_SCAN, END_OF_IMAGE):
            return
        if marker in WITHOUT_LENGTH:
            place += 2
            continue
        length = int.from_bytes(data[place + 2 : place + 4], "big")
        yield marker, data[place + 4 : place + 2 + length]
        place += 2 + max(length, 2)


def _iptc_in(photoshop: bytes) -> bytes:
    """The IPTC block in Photoshop's resources: `8BIM`, number, name, length, content, each part of even length."""
    place = 0
    for _ in range(MAX_PARTS):
        if photoshop[place : place + 4] != b"8BIM":
            return b""
        number = int.from_bytes(photoshop[place + 4 : place + 6], "big")
        place += 6 + _even(1 + photoshop[place + 6])
        (length,) = struct.unpack_from(">L", photoshop, place)
        if number == IPTC_RESOURCE:
            return photoshop[place + 4 : place + 4 + min(length, MAX_BLOCK)]
        place += 4 + _even(length)
    return b""


def _even(length: int) -> int:
    return length + length % 2


def _of_png(data: bytes) -> MetadataBlocks:
    exif = xmp = b""
    place = 8
    for _ in range(MAX_PARTS):
        if place + 8 > len(data):
            break
        length, kind = struct.unpack_from(">L4s", data, place)
        if length <= MAX_BLOCK and kind == b"eXIf":
            exif = exif or data[place + 8 : place + 8 + length]
        elif length <= MAX_BLOCK and kind == b"iTXt" and data.startswith(PNG_XMP_HEAD, place + 8):
            xmp = xmp or _text_of_png(data[place + 8 + len(PNG_XMP_HEAD) : place + 8 + length])
        place += 12 + length
    return MetadataBlocks(exif, b"", xmp)


def _text_of_png(content: bytes) -> bytes:
    """The text of an `iTXt` chunk behind its keyword: it may be packed, and stands behind a language and a name."""
    is_packed = content[0] == 1
    *_, text = content[2:].split(b"\0", 2)
    if not is_packed:
        return text
    unpacker = zlib.decompressobj()
    unpacked = unpacker.decompress(text, MAX_BLOCK)
    return b"" if unpacker.unconsumed_tail else unpacked


def _of_webp(data: bytes) -> MetadataBlocks:
    exif = xmp = b""
    place = 12
    for _ in range(MAX_PARTS):
        if place + 8 > len(data):
            break
        kind, length = struct.unpack_from("<4sL", data, place)
        if length <= MAX_BLOCK and kind == b"EXIF":
            exif = exif or data[place + 8 : place + 8 + length].removeprefix(EXIF_HEAD)
        elif length <= MAX_BLOCK and kind == b"XMP ":
            xmp = xmp or data[place + 8 : place + 8 + length]
        place += 8 + _even(length)
    return MetadataBlocks(exif, b"", xmp)


def _of_tiff(data: bytes) -> MetadataBlocks:
    """A TIFF is its own EXIF block; IPTC and XMP are tags of its first directory."""
    entries = first_directory(data)
    iptc, xmp = (value_of(data, entries.get(tag), MAX_BLOCK) for tag in (IPTC_TAG, XMP_TAG))
    return MetadataBlocks(data, iptc, xmp)
