"""The budget of an image: what decoding it takes at most, computed from its header, and whether that is allowed.

The numbers are the same on every machine. Memory is what decoding adds to a process; time is in seconds of a core like
one of Lambda's. Both were measured on images of 80 megapixels (decision 19) and are rounded up. What the budget refuses
is `too_many_pixels`. The limits of the child process stand behind it, for what a header does not tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from image_release.decode.containers import open_image
from image_release.decode.jpeg import Jpeg, read_jpeg
from image_release.decode.png import GREY_ALPHA, PALETTE, SAMPLES, TRUECOLOUR, TRUECOLOUR_ALPHA, Header, read_png
from image_release.outcomes import Outcome, Rejection
from image_release.settings import FilterSettings
from image_release.values import ImageFacts

MB = 1_000_000
NS = 1e-9


class Rates(NamedTuple):
    """What decoding takes: bytes of memory a pixel, nanoseconds a pixel, nanoseconds a byte of the file."""

    memory: float
    pixel: float
    byte: float


RATES = {
    "WEBP": Rates(17, 30, 80),  # libwebp holds three canvases, Pillow a fourth
    "AVIF": Rates(11, 50, 100),
    "AVIF, deep or transparent": Rates(18, 70, 100),
    "HEIC": Rates(11, 50, 30),
    "GIF": Rates(2, 15, 25),
    "BMP": Rates(4, 15, 0),
    "BMP, runs": Rates(3, 110, 330),  # Pillow decodes them in Python
}
DEAREST = Rates(20, 110, 330)
"""More than any format takes, so that the headers of ordinary images need not be read again."""
CONVERTED_BYTES, CONVERTED_PIXELS = 12, 4_000_000
"""Bytes a pixel, and pixels, of the band that is converted at once."""
JPEG_SHOWN_BYTES, JPEG_SHOWN_PIXELS = 10, 16_000_000
"""Bytes a pixel, and pixels, of a JPEG behind its decoder, which shrinks a larger one."""
COEFFICIENT_BYTES = 2
SAMPLE_NS = 1.0
"""Nanoseconds that a pass over one sample takes."""
TIFF_NS = Rates(0, 15, 25)


@dataclass(frozen=True, slots=True)
class DecodeCost:
    """Memory and time that decoding an image takes at most."""

    memory_mb: float
    cpu_s: float


def judge_cost(cost: DecodeCost, settings: FilterSettings) -> Rejection | None:
    """Reject an image whose decoding takes more than the budget allows; None if it is accepted."""
    if cost.memory_mb > settings.max_decode_mb:
        reason = f"decoding it takes {cost.memory_mb:.0f} MB > {settings.max_decode_mb}"
    elif cost.cpu_s > settings.max_decode_s:
        reason = f"decoding it takes {cost.cpu_s:.1f} s > {settings.max_decode_s:g}"
    else:
        return None
    return Rejection(Outcome.TOO_MANY_PIXELS, reason)


def is_decoded_alone(cost: DecodeCost, settings: FilterSettings) -> bool:
    """Whether an image takes so much memory that nothing else is decoded beside it."""
    return cost.memory_mb > settings.alone_above_mb


def cost_of(data: bytes, facts: ImageFacts, settings: FilterSettings) -> DecodeCost:
    """What decoding an image takes at most. The header of an ordinary image is not read again for it."""
    if facts.format == "JPEG":
        return jpeg_cost(read_jpeg(data), facts)
    most = _cost(DEAREST, facts)
    if most.memory_mb <= settings.alone_above_mb and most.cpu_s <= settings.max_decode_s:
        return most
    if facts.format == "PNG":
        return png_cost(read_png(data).header, facts)
    if facts.format == "TIFF":
        return _tiff_cost(data, facts)
    return _cost(RATES[_kind(data, facts)], facts)


def jpeg_cost(jpeg: Jpeg, facts: ImageFacts) -> DecodeCost:
    """The cost of a JPEG: each scan passes over its samples, and a progressive one is held as coefficients.

    One that may lack pixels is decoded twice more.
    """
    held = COEFFICIENT_BYTES * jpeg.samples_a_pixel * facts.pixels if jpeg.held_whole else 0
    shown = JPEG_SHOWN_BYTES * min(facts.pixels, JPEG_SHOWN_PIXELS) * (1 if jpeg.ended else 2)
    passes = jpeg.passes * facts.pixels * SAMPLE_NS + facts.pixels * 8 + facts.bytes * 20
    return DecodeCost((held + shown) / MB, passes * NS * (1 if jpeg.ended else 3))


def png_cost(header: Header, facts: ImageFacts) -> DecodeCost:
    """The cost of a PNG by its samples; Pillow holds colours in four bytes a pixel, and reads all bits of 16."""
    kinds = SAMPLES.get(header.colour_type, 4)
    coloured = header.colour_type in (TRUECOLOUR, TRUECOLOUR_ALPHA, GREY_ALPHA)
    transparent = header.colour_type in (TRUECOLOUR_ALPHA, GREY_ALPHA, PALETTE)
    raw = kinds * header.bits / 8
    return _cost(Rates(4 if coloured else max(1, raw), 5 * raw + 10 * transparent + 3, 25), facts)


def _tiff_cost(data: bytes, facts: ImageFacts) -> DecodeCost:
    """The cost of a TIFF: libtiff holds a whole strip, which may be the whole image, beside what it becomes."""
    with open_image(data, (facts.format,)) as image:
        tags = getattr(image, "tag_v2", {})
        bits = sum(tags.get(258, (8,))) if isinstance(tags.get(258, (8,)), tuple) else tags.get(258, 8)
        return _cost(Rates(4 + max(1.0, bits / 8), TIFF_NS.pixel, TIFF_NS.byte), facts)


def _kind(data: bytes, facts: ImageFacts) -> str:
    """The name of an image's rates."""
    if facts.format not in ("AVIF", "BMP"):
        return facts.format
    with open_image(data, (facts.format,)) as image:
        if facts.format == "BMP":
            return "BMP, runs" if image.info.get("compression") in (1, 2) else "BMP"
        return "AVIF, deep or transparent" if image.mode == "RGBA" or _is_deep(data) else "AVIF"


def _is_deep(data: bytes) -> bool:
    """Whether any part of an AVIF has more than 8 bits a sample, as its decoder's configuration says."""
    place = data.find(b"av1C")
    while place >= 0:
        if data[place + 6 : place + 7] and data[place + 6] & 0x40:
            return True
        place = data.find(b"av1C", place + 4)
    return False


def _cost(rates: Rates, facts: ImageFacts) -> DecodeCost:
    converted = CONVERTED_BYTES * min(facts.pixels, CONVERTED_PIXELS)
    memory = rates.memory * facts.pixels + converted + facts.bytes
    return DecodeCost(memory / MB, (rates.pixel * facts.pixels + rates.byte * facts.bytes) * NS)
