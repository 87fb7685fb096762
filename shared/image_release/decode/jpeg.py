"""JPEG: where the image ends, how many passes it takes, and whether all of its pixels are there.

Markers are followed from the start, so nothing inside a thumbnail, a comment or behind the end is taken for a part of
the image. libjpeg shows grey where data break off, and does not say so through Pillow. So where the end marker is
missing, or looks as if it had been put on later, the image is decoded twice with different bytes behind its data: if
any MCU is made of those bytes, the two differ.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

END_OF_IMAGE = b"\xff\xd9"
PADDINGS = (
    bytes((place * 89 + 23) % 251 for place in range(512)),
    bytes((place * 151 + 190) % 241 for place in range(512)),
)
"""Two rows of bytes that are no marker and have no bit in common at their beginnings."""
SOI, EOI, SOS = 0xD8, 0xD9, 0xDA
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
ARITHMETIC = frozenset(range(0xC9, 0xD0)) - {0xCC}
WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})
APPLICATION_DATA = frozenset(range(0xE0, 0xF0))
COMMENT = 0xFE
USED_DATA = ((0xE1, b"Exif\0\0", 6), (0xE2, b"ICC_PROFILE\0", 14), (0xEE, b"Adobe", 12))
"""Marker, first bytes and least length of application data that shape the picture."""
IN_HEADER = re.compile(rb"\xff[^\x00\xff]")
PRINTABLE = bytes([*range(9, 14), *range(32, 127)])
TEXT_BYTES, KEPT_TEXT_BYTES = 40, 8
"""Printable bytes at the end of a file that are a text, because coded pixels hold no 40 of them in a row; and how many
of them are kept, because the last coded pixels may be printable."""
RESTARTS = range(0xD0, 0xD8)
IS_MARKER = np.array([second not in {0, 0xFF, *RESTARTS} for second in range(256)])
"""Whether a byte behind 0xFF ends the data of a scan."""
SEARCHED_AT_ONCE = 1_000_000
MAX_MARKERS = 20_000
"""Number of markers that are followed in the header, and behind it; cameras write some tens."""
ALL_COEFFICIENTS = (1 << 64) - 1


@dataclass(slots=True)
class Jpeg:
    """What the markers of a JPEG say."""

    frame: int = 0
    """The second byte of the marker of its frame; 0: it has none."""
    width: int = 0
    height: int = 0
    sampling: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Horizontal and vertical sampling of each component."""
    rubbish: bool = False
    """Whether anything stands between the segments of the header."""
    scans: int = 0
    passes_of: dict[int, int] = field(default_factory=dict)
    """Number of scans that give something of each component."""
    data_end: int = 0
    """Where the data of the last scan end: at the next marker, or with the file."""
    end: int = 0
    """Where the end marker stands, or what cannot belong to the image; else where the file ends."""
    ended: bool = False
    """Whether it is the end marker."""
    missing: dict[int, int] = field(default_factory=dict)
    """Bits of the coefficients of each component that no scan has given in full yet."""

    @property
    def progressive(self) -> bool:
        """Whether the image comes in passes that are held in memory together."""
        return self.frame in PROGRESSIVE

    @property
    def arithmetic(self) -> bool:
        """Whether its data are coded arithmetically; then bytes behind them may count as zeros."""
        return self.frame in ARITHMETIC

    @property
    def held_whole(self) -> bool:
        """Whether libjpeg holds all coefficients: in a progressive image, or where not all components come together."""
        return self.progressive or self.scans > 1

    @property
    def samples_a_pixel(self) -> float:
        """Samples of all components together, for each pixel."""
        return sum(self._density(component) for component in self.sampling)

    @property
    def passes(self) -> float:
        """Samples that all scans together pass over, for each pixel."""
        return sum(count * self._density(component) for component, count in self.passes_of.items())

    def _density(self, component: int) -> float:
        """Samples of a component for each pixel; that of the densest one is 1."""
        across = max(sides[0] for sides in self.sampling.values())
        down = max(sides[1] for sides in self.sampling.values())
        own = self.sampling[component]
        return own[0] * own[1] / (across * down)

    @property
    def complete(self) -> bool:
        """Whether the scans so far give all coefficients of all components."""
        return bool(self.missing) and not any(self.missing.values())


def read_jpeg(data: bytes) -> Jpeg:
    """Follow the markers of a JPEG to its end. Scans that follow a complete image are not part of it."""
    jpeg = Jpeg(data_end=len(data), end=len(data))
    place, going = 2, True
    for _ in range(MAX_MARKERS):
        found = IN_HEADER.search(data, place)
        if not found or not going or jpeg.scans:
            break
        jpeg.rubbish = jpeg.rubbish or found.start() > place
        place, going = _follow(jpeg, data, found.start())
    if going and jpeg.scans:
        _read_scans(jpeg, data, place)
    return jpeg


def _read_scans(jpeg: Jpeg, data: bytes, place: int) -> None:
    """Go on behind the header of the first scan."""
    going = True
    for at in islice(_markers_behind(data, place), MAX_MARKERS):
        if at < place:
            continue
        jpeg.data_end = min(jpeg.data_end, at)
        place, going = _follow(jpeg, data, at)
        if not going:
            return


def _follow(jpeg: Jpeg, data: bytes, at: int) -> tuple[int, bool]:
    """Read the segment of a marker; return where it ends, and whether the image may go on there."""
    marker, place = data[at + 1], at + 2
    if marker in (EOI, SOI) or (marker == SOS and jpeg.complete):
        jpeg.end, jpeg.ended = at, marker == EOI
        return place, False
    if marker in WITHOUT_LENGTH:
        return place, True
    length = _length(data, place)
    if marker == SOS and length:
        _read_scan(jpeg, data[place + 2 : place + length])
        jpeg.data_end = len(data)
    elif marker in FRAMES and not jpeg.frame:
        _read_frame(jpeg, marker, data[place + 2 : place + length])
    return place + length, length > 0


def _markers_behind(data: bytes, place: int) -> Iterator[int]:
    """Places behind the first header of a scan that may be markers: neither stuffed bytes nor restarts.

    Those of a megabyte are found at once, which is ten times as fast as one by one. The caller skips those inside
    segments.
    """
    for start in range(place, len(data) - 1, SEARCHED_AT_ONCE):
        values = np.frombuffer(data, np.uint8, min(SEARCHED_AT_ONCE + 1, len(data) - start), start)
        escapes = (values[:-1] == 0xFF).nonzero()[0]  # noqa: PLR2004 - the first byte of every marker
        yield from (escapes[IS_MARKER[values[escapes + 1]]] + start).tolist()


def _length(data: bytes, place: int) -> int:
    """Bytes of a segment with its length; 0 if the file breaks off in it, or if the length is impossible."""
    length = int.from_bytes(data[place : place + 2], "big")
    return length if length >= 2 and place + length <= len(data) else 0  # noqa: PLR2004


def _read_frame(jpeg: Jpeg, marker: int, segment: bytes) -> None:
    if len(segment) < 6:  # noqa: PLR2004
        return
    jpeg.frame = marker
    jpeg.height, jpeg.width, count = struct.unpack_from(">HHB", segment, 1)
    for place in range(6, min(len(segment) - 2, 6 + 3 * count), 3):
        component, sampling = segment[place], segment[place + 1]
        jpeg.sampling[component] = (max(1, sampling >> 4), max(1, sampling & 15))
    jpeg.missing = dict.fromkeys(jpeg.sampling, ALL_COEFFICIENTS)


def _read_scan(jpeg: Jpeg, segment: bytes) -> None:
    jpeg.scans += 1
    count = segment[0] if segment else 0
    if len(segment) < 1 + 2 * count + 3:
        return
    first, last, bits = segment[1 + 2 * count : 4 + 2 * count]
    given = ALL_COEFFICIENTS
    if jpeg.progressive:
        # A scan whose lowest bit is not 0 is followed by others with the bits that are still missing.
        given = 0 if bits & 15 else (1 << min(last, 63) + 1) - (1 << min(first, 63))
    for component in segment[1 : 1 + 2 * count : 2]:
        if component in jpeg.missing:
            jpeg.missing[component] &= ~given
            jpeg.passes_of[component] = jpeg.passes_of.get(component, 0) + 1


def image_only(data: bytes, jpeg: Jpeg) -> bytes:
    """The bytes of the image alone, with an end marker."""
    if jpeg.ended:
        end = jpeg.end + len(END_OF_IMAGE)
        return data if end == len(data) else data[:end]
    return _scans_of(data, jpeg) + PADDINGS[0] + END_OF_IMAGE


def _scans_of(data: bytes, jpeg: Jpeg) -> bytes:
    """The data up to the last byte of the last scan, without what fills or follows a file that breaks off.

    A server's error page or zeros of a file that was not written to its end would pass for pixels.
    """
    scans = data[: jpeg.data_end].rstrip(b"\xff")
    coded = len(scans.rstrip(PRINTABLE))
    if len(scans) - coded >= TEXT_BYTES:
        scans = scans[: coded + KEPT_TEXT_BYTES]
    filled = scans.rstrip(b"\0")
    return scans if len(scans) - len(filled) <= 1 else filled + (b"\0" if filled.endswith(b"\xff") else b"")


def lacks_pixels(data: bytes, jpeg: Jpeg, pixels_of: Callable[[bytes], bytes]) -> bool:
    """Whether any MCU of an image is missing. `pixels_of` decodes; it is called twice."""
    if jpeg.arithmetic:
        return not jpeg.ended
    if not jpeg.ended and not jpeg.complete:
        return True
    scans = _scans_of(data, jpeg)
    one, other = (pixels_of(scans + padding + END_OF_IMAGE) for padding in PADDINGS)
    return one != other


def without_metadata(data: bytes) -> bytes:
    """The same image without comments and application data, but for colour transform, orientation and profile."""
    parts, place = [data[:2]], 2
    while (found := IN_HEADER.search(data, place)) and data[found.start() + 1] != SOS:
        marker, start = data[found.start() + 1], found.end()
        place = start + (0 if marker in WITHOUT_LENGTH else _length(data, start))
        if _shapes_the_picture(marker, data[start + 2 : place]):
            parts.append(data[found.start() : place])
        if place == start and marker not in WITHOUT_LENGTH:
            return data
    return b"".join([*parts, data[found.start() :] if found else b""])


def _shapes_the_picture(marker: int, segment: bytes) -> bool:
    """Whether a segment of the header is needed to show the image as it is meant."""
    if marker in APPLICATION_DATA or marker == COMMENT:
        return any(
            marker == kind and segment.startswith(name) and len(segment) >= least for kind, name, least in USED_DATA
        )
    return True
