"""From bytes to upright RGB pixels: a cheap draft for examining an image, and the whole of it for making renditions.

EXIF orientation and colour profile are applied. Of an animation the first frame is used. A JPEG is shrunk while it is
loaded, which saves most of the decoding; other formats are averaged down right after loading, which saves memory.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from image_release.decode.containers import CANVAS, CONTAINER, open_image
from image_release.decode.jpeg import Jpeg, lacks_pixels
from image_release.decode.opening import SIDEWAYS, decoded, orientation
from image_release.decode.png import Png
from image_release.decode.upright import upright_srgb
from image_release.outcomes import Rejection
from image_release.values import ImageFacts

DRAFT_SIDE_PX = 512
"""Minimum long side of a draft, if the original is not smaller: twice the side that the 36 hashes are made from."""

NOTHING = (127, 128)
"""Levels of pixels that libjpeg has no data for; 127 where it turns inks into light."""
MAX_CHECKED_PIXELS = 16_000_000
"""Pixels of a JPEG that are compared one by one when it may lack some; a larger one is compared at a smaller size."""


class UndecodableError(Exception):
    """An image that was decoded before cannot be decoded now; the message is the decoder's."""


@dataclass(frozen=True, eq=False)
class Draft:
    """An upright image at reduced size, in sRGB; `facts` describe the original."""

    image: Image.Image
    facts: ImageFacts
    step: float = 0.0
    """Mean step of a JPEG's luminance quantisation, which says how coarsely it was saved. 0 for other formats."""

    @cached_property
    def rgb(self) -> NDArray[np.uint8]:
        """(height, width, 3): the pixels."""
        return np.asarray(self.image)

    @property
    def scale(self) -> float:
        """Long side of the draft divided by the original's, 0…1."""
        return float(max(self.image.size)) / max(self.facts.width, self.facts.height)


def decode_draft(data: bytes, facts: ImageFacts, side_px: int = DRAFT_SIDE_PX) -> Draft | Rejection:
    """Decode cheaply, to a long side of at least `side_px` pixels if the original has as many."""
    long = max(facts.width, facts.height)
    least = (max(1, facts.width * side_px // long), max(1, facts.height * side_px // long))
    return decoded(lambda: _draft(data, facts, least))


def decode_full(data: bytes, facts: ImageFacts, at_least: tuple[int, int] | None = None) -> Image.Image | Rejection:
    """Decode the whole image: RGB, upright, sRGB, without metadata.

    With `at_least` (upright width and height in pixels) the image may be shrunk, as long as both sides stay as large.
    """
    return decoded(lambda: _decode(data, facts, at_least or (facts.width, facts.height)))


def thumbnail_jpeg(data: bytes, facts: ImageFacts, side_px: int, quality: int) -> bytes:
    """A small JPEG for a tagger, with a long side of at most `side_px`. Raises UndecodableError if decoding fails."""
    draft = decode_draft(data, facts, side_px)
    if isinstance(draft, Rejection):
        raise UndecodableError(draft.reason)
    image = draft.image
    image.thumbnail((side_px, side_px), Image.Resampling.BICUBIC)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _draft(data: bytes, facts: ImageFacts, least: tuple[int, int]) -> Draft:
    with open_image(data, (facts.format,)) as image:
        return Draft(_loaded(image, least, data), facts, _quantisation_step(image))


def _lacks_pixels(data: bytes, loaded: Image.Image) -> bool:
    """Whether a JPEG or PNG lacks pixels without having said so. This costs time only where something points to it."""
    container = loaded.info.get(CONTAINER)
    if isinstance(container, Jpeg):
        cut = not container.ended or (container.progressive and not container.complete) or _ends_in_nothing(loaded)
        return cut and lacks_pixels(data, container, _pixels_of)
    return isinstance(container, Png) and _ends_in_zeros(loaded) and container.lacks_rows()


def _ends_in_zeros(loaded: Image.Image) -> bool:
    """Whether one of the last two rows is empty, as those are that a PNG does not give."""
    last = [loaded.crop((0, row, loaded.width, row + 1)) for row in range(max(0, loaded.height - 2), loaded.height)]
    return any(not np.asarray(row).any() for row in last)


def _ends_in_nothing(loaded: Image.Image) -> bool:
    """Whether the last pixel has the level in the middle, which libjpeg gives pixels that are missing."""
    last = loaded.getpixel((loaded.width - 1, loaded.height - 1))
    return all(level in NOTHING for level in (last if isinstance(last, tuple) else (last,)))


def _pixels_of(data: bytes) -> bytes:
    """The pixels of a JPEG, shrunk if it is large, so that checking it takes no more memory than showing it."""
    with open_image(data, ("JPEG",)) as image:
        scale = math.ceil(math.sqrt(image.width * image.height / MAX_CHECKED_PIXELS))
        image.draft(None, (max(1, image.width // scale), max(1, image.height // scale)))
        return image.tobytes()


def _decode(data: bytes, facts: ImageFacts, least: tuple[int, int]) -> Image.Image:
    """Decode with the decoder that read the header. Raises whatever Pillow raises."""
    with open_image(data, (facts.format,)) as image:
        return _loaded(image, least, data)


def _quantisation_step(image: Image.Image) -> float:
    """`Draft.step` of an opened image."""
    tables = getattr(image, "quantization", None)
    table = tables.get(min(tables)) if tables else None
    return sum(table) / len(table) if table else 0.0


def _loaded(image: Image.Image, least: tuple[int, int], data: bytes) -> Image.Image:
    """Load an image opened from `data`, upright and in sRGB, shrunk while both sides stay at least `least`.

    `least` is upright, in pixels.
    """
    turn = orientation(image)
    width, height = least[::-1] if turn in SIDEWAYS else least
    image.draft(None, (width, height))
    full = image.info.get(CANVAS, image.size)
    factor = max(1, min(full[0] // width, full[1] // height))
    image.load()
    if _lacks_pixels(data, image):
        raise UndecodableError("the data break off before the last pixel")
    result = upright_srgb(image, turn, factor)
    result.info = {}
    return result
