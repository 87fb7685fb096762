"""PNG: the chunks that decide about pixels, told apart from those that do not.

Pillow gets the critical chunks only, so a damaged or huge comment, profile or timestamp costs nobody a picture. What is
beside the pixels and changes how they look (transparency, colour, orientation, animation) is read here; of an ancillary
chunk whose checksum is wrong nothing counts, as in browsers (PNG specification, third edition, 13.1 and 4.3).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from image_release.decode.cicp import BT_1886_CURVE, Colour, colour_of_cicp
from image_release.decode.profiles import MAX_PROFILE_BYTES, Chromaticities, calibrated_profile

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KNOWN_CRITICAL = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})
GREY, TRUECOLOUR, PALETTE, GREY_ALPHA, TRUECOLOUR_ALPHA = 0, 2, 3, 4, 6
"""Colour types of IHDR."""
SAMPLES = {GREY: 1, TRUECOLOUR: 3, PALETTE: 1, GREY_ALPHA: 2, TRUECOLOUR_ALPHA: 4}
SEQUENCE_BYTES = 4
"""Bytes before the pixels in a chunk of an animation's frame."""
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Column and row where each pass of an interlaced image begins, and its steps."""
MAX_CHUNKS = 100_000
"""Number of chunks that are looked at; an image of 40 MB has 5,000."""
UNPACKED_AT_ONCE = 1_000_000
PLAUSIBLE_GAMMA = range(1_000, 1_000_001)
"""Values of gAMA, in 100,000ths, that are taken seriously."""


class BrokenPngError(Exception):
    """The critical chunks of a PNG are damaged or break off before the first pixel."""


class Chunk(NamedTuple):
    """A chunk of a PNG; `end` is where its data end, or the file does."""

    kind: bytes
    start: int
    end: int
    whole: bool
    """Whether the file holds all of its data and its checksum."""


class Header(NamedTuple):
    """IHDR without its constant parts."""

    width: int
    height: int
    bits: int
    colour_type: int
    interlaced: bool


class Frame(NamedTuple):
    """fcTL: size and place of an animation's frame on the canvas."""

    width: int
    height: int
    left: int
    top: int


@dataclass(frozen=True)
class Png:
    """A PNG whose chunks were walked through once. Raises BrokenPngError where a broken chunk is needed."""

    data: bytes
    chunks: tuple[Chunk, ...]

    @cached_property
    def header(self) -> Header:
        """The header of the image."""
        first = self.chunks[0] if self.chunks else None
        if first is None or first.kind != b"IHDR" or not self._sound(first) or first.end - first.start < 13:  # noqa: PLR2004
            raise BrokenPngError("the header of this PNG breaks off or is damaged")
        width, height, bits, colour_type, _, _, interlace = struct.unpack_from(">LLBBBBB", self.data, first.start)
        return Header(width, height, bits, colour_type, bool(interlace))

    @cached_property
    def ancillary(self) -> dict[bytes, bytes]:
        """Data of the first sound chunk of each ancillary kind before the pixels."""
        found: dict[bytes, bytes] = {}
        for chunk in self.chunks[: self._first_pixels]:
            if (
                chunk.kind not in KNOWN_CRITICAL
                and chunk.kind not in found
                and chunk.kind in READ
                and self._sound(chunk)
            ):
                found[chunk.kind] = self.data[chunk.start : chunk.end]
        return found

    @property
    def exif(self) -> bytes:
        """The EXIF block; empty if there is none."""
        return self.ancillary.get(b"eXIf", b"")

    @property
    def frames(self) -> int:
        """Number of images in the file, with a default image that is not part of the animation."""
        stated = self._stated_frames
        return stated + bool(stated and not self._default_is_first_frame) or 1

    @property
    def _stated_frames(self) -> int:
        block = self.ancillary.get(b"acTL", b"")
        stated = int.from_bytes(block[:4], "big") if len(block) >= 8 else 0  # noqa: PLR2004
        return stated if stated <= 0x80000000 else 0  # noqa: PLR2004

    @cached_property
    def _default_is_first_frame(self) -> bool:
        return b"fcTL" in self.ancillary

    @cached_property
    def shown_frame(self) -> Frame | None:
        """The animation's first frame, if the default image is not part of the animation; None: the default image."""
        if not self._stated_frames or self._default_is_first_frame:
            return None
        behind = self.chunks[self._first_pixels :]
        control = next((chunk for chunk in behind if chunk.kind == b"fcTL"), None)
        if control is None or not self._sound(control) or control.end - control.start < 26 or not self._frame_data:  # noqa: PLR2004
            return None
        frame = Frame(*struct.unpack_from(">4L", self.data, control.start + SEQUENCE_BYTES))
        fits = frame.left + frame.width <= self.header.width and frame.top + frame.height <= self.header.height
        return frame if fits and frame.width and frame.height else None

    @cached_property
    def _frame_data(self) -> list[Chunk]:
        """The chunks with the pixels of the first frame behind the default image."""
        found: list[Chunk] = []
        controls = 0
        for chunk in self.chunks[self._first_pixels :]:
            controls += chunk.kind == b"fcTL"
            if controls > 1:
                break
            if controls and chunk.kind == b"fdAT":
                found.append(chunk)
        return found if all(map(self._sound, found)) else []

    @cached_property
    def _first_pixels(self) -> int:
        return next((place for place, chunk in enumerate(self.chunks) if chunk.kind == b"IDAT"), len(self.chunks))

    def lacks_rows(self) -> bool:
        """Whether the data of the shown image end before its last row; Pillow leaves such rows black."""
        frame, header = self.shown_frame, self.header
        width, height = (frame.width, frame.height) if frame else (header.width, header.height)
        missing = raw_bytes(width, height, SAMPLES.get(header.colour_type, 1) * header.bits, header.interlaced)
        stream, skipped = zlib.decompressobj(), SEQUENCE_BYTES if frame else 0
        for chunk in self._frame_data if frame else self._default_data():
            packed = self.data[chunk.start + skipped : chunk.end]
            while missing > 0 and packed and not stream.eof:
                missing -= len(stream.decompress(packed, UNPACKED_AT_ONCE))
                packed = stream.unconsumed_tail
        return missing > 0

    def critical_fault(self) -> str | None:
        """Why browsers give this file up: a critical chunk has a wrong checksum or is unknown. None: they do not."""
        for chunk in self.chunks:
            critical = chunk.kind[0:1].isupper()
            if critical and chunk.kind not in KNOWN_CRITICAL:
                return "an unknown critical chunk"
            if chunk.kind == b"IEND":
                break
            if critical and chunk.whole and not self._sound(chunk):
                return f"a wrong checksum of {chunk.kind.decode()}"
        if self.header.colour_type == PALETTE and not any(
            map(self._is_used_palette, self.chunks[: self._first_pixels])
        ):
            return "no palette"
        return None

    def pixels_only(self) -> bytes:
        """A PNG of the critical chunks that show what a browser shows first. Raises BrokenPngError."""
        frame = self.shown_frame
        parts = [SIGNATURE, self._header_of(frame)]
        parts += [self._as_it_is(chunk) for chunk in self.chunks[: self._first_pixels] if self._is_used_palette(chunk)]
        if frame:
            parts += [_chunk(b"IDAT", self.data[item.start + SEQUENCE_BYTES : item.end]) for item in self._frame_data]
        else:
            parts += [self._as_it_is(chunk) for chunk in self._default_data()]
        return b"".join([*parts, _chunk(b"IEND", b"")])

    def _header_of(self, frame: Frame | None) -> bytes:
        stated = self.data[self.chunks[0].start : self.chunks[0].start + 13] if self.header else b""
        return _chunk(b"IHDR", struct.pack(">LL", frame.width, frame.height) + stated[8:] if frame else stated)

    def _is_used_palette(self, chunk: Chunk) -> bool:
        return chunk.kind == b"PLTE" and self.header.colour_type == PALETTE

    def _default_data(self) -> Iterator[Chunk]:
        """The first unbroken row of IDAT chunks: the specification allows no other chunk in between."""
        for chunk in self.chunks[self._first_pixels :]:
            if chunk.kind != b"IDAT":
                return
            yield chunk

    def _as_it_is(self, chunk: Chunk) -> bytes:
        if chunk.whole:
            return self.data[chunk.start - 8 : chunk.end + 4]
        return _chunk(chunk.kind, self.data[chunk.start : chunk.end])

    def _sound(self, chunk: Chunk) -> bool:
        """Whether a chunk is whole and its checksum is right."""
        if not chunk.whole:
            return False
        found = zlib.crc32(memoryview(self.data)[chunk.start - 4 : chunk.end])
        return found == int.from_bytes(self.data[chunk.end : chunk.end + 4], "big")

    def transparency(self) -> int | tuple[int, ...] | bytes | None:
        """What tRNS says, as Pillow takes it for the decoded image: scaled to its 8 bits, grey of 16 bits as it is."""
        block, header = self.ancillary.get(b"tRNS"), self.header
        if block is None:
            return None
        if header.colour_type == PALETTE:
            return block[:256] or None
        values: tuple[int, ...] = struct.unpack(f">{len(block) // 2}H", block[: len(block) // 2 * 2])
        if header.colour_type == GREY and values:
            kept_bits = 16 if header.bits == 16 else 8  # noqa: PLR2004
            white = (1 << header.bits) - 1
            return (values[0] & white) * ((1 << kept_bits) - 1) // white
        if header.colour_type == TRUECOLOUR and len(values) >= 3:  # noqa: PLR2004
            return tuple(value >> 8 if header.bits == 16 else value & 255 for value in values[:3])  # noqa: PLR2004
        return None

    def colour(self) -> Colour:
        """Meaning of the pixels by the specification's precedence: cICP, iCCP, sRGB, gAMA with cHRM, else sRGB."""
        for kind in (b"cICP", b"iCCP", b"sRGB", b"gAMA"):
            block = self.ancillary.get(kind)
            if block is not None and (found := self._meaning(kind, block)) is not None:
                return found
        return Colour()

    def _meaning(self, kind: bytes, block: bytes) -> Colour | None:
        """What one chunk says of colour; None if it says nothing usable."""
        if kind == b"cICP":
            return colour_of_cicp(block[0], block[1], BT_1886_CURVE) if len(block) == 4 and not block[2] else None  # noqa: PLR2004
        if kind == b"iCCP":
            profile = _unpacked_profile(block)
            return Colour(profile) if profile and _fits(profile, self.header.colour_type) else None
        if kind == b"sRGB":
            return Colour()
        gamma = int.from_bytes(block[:4], "big")
        if len(block) < 4 or gamma not in PLAUSIBLE_GAMMA:  # noqa: PLR2004
            return None
        return Colour(calibrated_profile(gamma / 100_000, self._chromaticities(), grey=self._is_grey))

    @property
    def _is_grey(self) -> bool:
        return self.header.colour_type in (GREY, GREY_ALPHA)

    def _chromaticities(self) -> Chromaticities | None:
        block = self.ancillary.get(b"cHRM", b"")
        return tuple(value / 100_000 for value in struct.unpack_from(">8L", block)) if len(block) >= 32 else None  # noqa: PLR2004


READ = frozenset({b"acTL", b"cHRM", b"cICP", b"eXIf", b"fcTL", b"gAMA", b"iCCP", b"sRGB", b"tRNS"})
"""Ancillary chunks that say how the pixels look; all others are never looked into."""


def raw_bytes(width: int, height: int, bits: int, interlaced: bool) -> int:  # noqa: FBT001 - a flag of the header
    """Bytes of all rows, each with its filter; an interlaced image comes as seven smaller ones."""
    passes = [(width, height)]
    if interlaced:
        passes = [(-(-(width - x) // across), -(-(height - y) // down)) for x, y, across, down in ADAM7]
    return sum(rows * (1 + -(-columns * bits // 8)) for columns, rows in passes if columns > 0 and rows > 0)


def read_png(data: bytes) -> Png:
    """Walk through the chunks of a PNG, up to its end or to where the file breaks off."""
    return Png(data, tuple(_chunks(data)))


def _chunks(data: bytes) -> Iterator[Chunk]:
    place, before = len(SIGNATURE), b""
    for _ in range(MAX_CHUNKS):
        if place + 8 > len(data):
            return
        (length,) = struct.unpack_from(">L", data, place)
        kind, start = data[place + 4 : place + 8], place + 8
        end = start + length
        if kind in READ or kind == b"fdAT" or kind[:1].isupper() or before == b"IDAT":
            yield Chunk(kind, start, min(end, len(data)), whole=end + 4 <= len(data))
        if kind == b"IEND":
            return
        place, before = end + 4, kind


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))


def _unpacked_profile(block: bytes) -> bytes | None:
    """The profile in an iCCP chunk; None if it is damaged or too large."""
    _, _, rest = block.partition(b"\0")
    try:
        profile = zlib.decompressobj().decompress(rest[1:], MAX_PROFILE_BYTES + 1)
    except zlib.error:
        return None
    return profile if rest[:1] == b"\0" and len(profile) <= MAX_PROFILE_BYTES else None


def _fits(profile: bytes, colour_type: int) -> bool:
    """Whether a profile speaks of the pixels' channels."""
    return profile[16:20] == (b"GRAY" if colour_type in (GREY, GREY_ALPHA) else b"RGB ") or (
        profile[16:20] == b"RGB " and colour_type in (GREY, GREY_ALPHA)
    )
