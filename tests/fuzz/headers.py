"""Headers: what follows markers, chunks and boxes by hand never raises, and never leaves the file."""

import random

from image_release.decode.bmff import stated_colour
from image_release.decode.bmp import with_ordinary_masks
from image_release.decode.budget import jpeg_cost
from image_release.decode.gif import first_image_only
from image_release.decode.jpeg import image_only, read_jpeg, without_metadata
from image_release.decode.png import BrokenPngError, read_png
from image_release.decode.tiff import black_is_zero
from image_release.decode.webp import mended_webp
from image_release.values import ImageFacts
from tests.fuzz.damage import damaged
from tests.odd_images.every import CASES


def check(seed: int) -> None:
    """Damage a file and read it as every format, whatever it was."""
    rng = random.Random(seed)
    data = damaged(rng.choice(CASES).data, rng)
    jpeg = read_jpeg(data)
    assert 0 <= jpeg.data_end <= len(data)
    assert 0 <= jpeg.end <= len(data)
    assert jpeg_cost(jpeg, ImageFacts("", 100, 100, "JPEG", len(data))).cpu_s >= 0
    assert len(image_only(data, jpeg)) <= len(data) + 1_000
    assert len(without_metadata(data)) <= len(data)
    stated_colour(data)
    mended = mended_webp(data)
    assert mended is None or len(mended) <= len(data) + 100
    with_ordinary_masks(data)
    first, frames = first_image_only(data)
    assert frames in (1, 2)
    assert len(first) <= len(data) + 2
    other = black_is_zero(data)
    assert other is None or len(other) == len(data)
    png = read_png(data)
    assert all(chunk.start <= chunk.end <= len(data) for chunk in png.chunks if chunk.start <= len(data))
    try:
        assert png.frames >= 1
        png.colour(), png.transparency(), png.critical_fault(), png.pixels_only()
    except BrokenPngError:
        return
