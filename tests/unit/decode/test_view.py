"""A local model looks at upright RGB, however the file was made."""

import numpy as np
import pytest
from PIL import Image

from image_release.decode import VIEW_PX, UndecodableError, decode_view, read_header
from image_release.hotel.examine import examine
from image_release.settings import FilterSettings, FingerprintSettings
from tests.odd_images.cases import encoded, scene

ANY_SIZE = FilterSettings(min_short_side_px=1, min_long_side_px=1, min_contrast=0)
PICTURE = scene()
GREY = PICTURE.convert("L")


def view(data: bytes) -> bytes:
    return decode_view(data, read_header(data, "0" * 64, ANY_SIZE))


def upright(image: Image.Image) -> bytes:
    """The view of the same picture in upright RGB."""
    return view(encoded(image.convert("RGB"), "PNG"))


def sideways() -> bytes:
    exif = Image.Exif()
    exif[0x112] = 6
    return encoded(PICTURE.transpose(Image.Transpose.ROTATE_90), "PNG", exif=exif)


def sixteen_bits() -> bytes:
    return encoded(Image.fromarray(np.asarray(GREY).astype(np.uint16) * 257), "PNG")


def animated() -> bytes:
    return encoded(PICTURE, "WEBP", save_all=True, append_images=[scene(2)], lossless=True)


def transparent() -> bytes:
    opaque = PICTURE.convert("RGBA")
    return encoded(opaque, "PNG")


@pytest.mark.parametrize(
    ("data", "shows"),
    [
        (encoded(Image.new("RGB", (1, 1), (9, 99, 199)), "PNG"), Image.new("RGB", (300, 200), (9, 99, 199))),
        (encoded(GREY, "PNG"), GREY),
        (encoded(GREY.convert("LA"), "PNG"), GREY),
        (encoded(GREY.convert("1"), "PNG"), GREY.convert("1")),
        (sixteen_bits(), GREY),
        (animated(), PICTURE),
        (sideways(), PICTURE),
        (transparent(), PICTURE),
        (encoded(PICTURE.quantize(64), "PNG"), PICTURE.quantize(64)),
    ],
    ids=[
        "one pixel",
        "grey",
        "grey and alpha",
        "black and white",
        "16 bit",
        "animated",
        "sideways",
        "alpha",
        "palette",
    ],
)
def test_an_odd_image_looks_like_the_same_picture_in_upright_rgb(data, shows):
    assert view(data) == upright(shows)


@pytest.mark.parametrize("mode", ["CMYK", "L"])
def test_a_jpeg_of_another_mode_looks_like_the_same_picture_in_rgb(mode):
    """Not to the bit, because a JPEG is not exact."""
    found, truth = (
        np.frombuffer(data, np.uint8).reshape(VIEW_PX, VIEW_PX, 3).astype(int)
        for data in (view(encoded(PICTURE.convert(mode), "JPEG", quality=95)), upright(PICTURE.convert(mode)))
    )
    assert np.abs(found - truth).mean() < 3


def test_the_view_of_examining_is_that_of_opening_the_image_again():
    for data in (sideways(), animated(), encoded(scene(3, 1800, 1200), "JPEG")):
        seen = examine(data, "0" * 64, ANY_SIZE, FingerprintSettings(), with_view=True)
        assert seen.view == view(data)
        assert len(seen.view) == VIEW_PX * VIEW_PX * 3
        assert examine(data, "0" * 64, ANY_SIZE, FingerprintSettings()).view is None


def test_an_image_that_cannot_be_decoded_any_more_is_an_error():
    data = encoded(PICTURE, "JPEG")
    facts = read_header(data, "0" * 64, ANY_SIZE)
    with pytest.raises(UndecodableError):
        decode_view(data[: len(data) // 2], facts)
