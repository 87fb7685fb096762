"""Hostile bytes become upright pixels or an outcome: every format, mode and orientation, and non-images."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from image_release.decode import decode_draft, decode_full, flat, read_header
from image_release.outcomes import Outcome, Rejection
from image_release.settings import FilterSettings

FILTER = FilterSettings()
WIDTH, HEIGHT = 360, 240


def scene() -> Image.Image:
    """An image whose quarters have one colour each: red, green / blue, white."""
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    for box, colour in (((0, 0), (200, 30, 30)), ((1, 0), (30, 160, 30)), ((0, 1), (30, 30, 200))):
        image.paste(
            colour, (box[0] * WIDTH // 2, box[1] * HEIGHT // 2, (box[0] + 1) * WIDTH // 2, (box[1] + 1) * HEIGHT // 2)
        )
    return image


def saved(image: Image.Image, format_: str, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, format_, **options)
    return out.getvalue()


def pixels(data: bytes) -> np.ndarray:
    facts = read_header(data, "0" * 64, FILTER)
    assert not isinstance(facts, Rejection), facts
    image = decode_full(data, facts)
    assert isinstance(image, Image.Image), image
    assert (image.mode, image.info, image.size) == ("RGB", {}, (facts.width, facts.height))
    return np.asarray(image)


def quarters(data: bytes) -> list[tuple[int, int, int]]:
    """The middle of each quarter, in reading order."""
    rgb = pixels(data)
    height, width = rgb.shape[:2]
    places = [
        (height // 4, width // 4),
        (height // 4, 3 * width // 4),
        (3 * height // 4, width // 4),
        (3 * height // 4, 3 * width // 4),
    ]
    return [tuple(int(value) for value in rgb[place]) for place in places]


def looks_like(found, expected, levels=12):
    return np.abs(np.array(found, int) - np.array(expected, int)).max() <= levels


COLOURS = [(200, 30, 30), (30, 160, 30), (30, 30, 200), (255, 255, 255)]


def rejected(data: bytes, filter_settings: FilterSettings = FILTER) -> Rejection:
    facts = read_header(data, "0" * 64, filter_settings)
    if isinstance(facts, Rejection):
        return facts
    drawn = decode_draft(data, facts)
    assert isinstance(drawn, Rejection), drawn
    return drawn


class TestFormats:
    @pytest.mark.parametrize(
        ("format_", "options"),
        [
            ("JPEG", {"quality": 95}),
            ("JPEG", {"quality": 95, "progressive": True}),
            ("PNG", {}),
            ("WEBP", {"quality": 95}),
            ("WEBP", {"lossless": True}),
            ("AVIF", {"quality": 95}),
            ("GIF", {}),
            ("TIFF", {}),
            ("TIFF", {"compression": "tiff_lzw"}),
            ("BMP", {}),
        ],
    )
    def test_each_accepted_one_gives_its_pixels(self, format_, options):
        """Every accepted format is decoded, and the facts name it."""
        data = saved(scene(), format_, **options)
        assert read_header(data, "0" * 64, FILTER).format == format_
        assert looks_like(quarters(data), COLOURS)

    @pytest.mark.parametrize("format_", ["PPM", "ICO", "PCX", "TGA", "EPS", "PDF", "SGI"])
    def test_any_other_is_no_image(self, format_):
        """Pillow could open the file, but its decoder is never entered."""
        rejection = read_header(saved(scene(), format_), "0" * 64, FILTER)
        assert rejection.outcome is Outcome.NOT_AN_IMAGE

    def test_the_settings_narrow_what_is_accepted(self):
        """A site may accept JPEG only."""
        rejection = read_header(saved(scene(), "PNG"), "0" * 64, FilterSettings(formats=("JPEG",)))
        assert (rejection.outcome, rejection.reason) == (Outcome.NOT_AN_IMAGE, "PNG is not among the accepted formats")


class TestModes:
    def test_cmyk_becomes_rgb(self):
        """CMYK files, as printers send them."""
        assert looks_like(quarters(saved(scene().convert("CMYK"), "JPEG", quality=95)), COLOURS)

    def test_a_palette_becomes_rgb(self):
        """Palettes are used by GIF and small PNG files."""
        data = saved(scene().quantize(16), "PNG")
        assert looks_like(quarters(data), COLOURS)

    def test_transparency_lies_on_white(self):
        """As on a page, a hole is white, whatever colour the file has below it."""
        image = scene().convert("RGBA")
        image.paste((200, 30, 30, 0), (0, 0, WIDTH // 2, HEIGHT // 2))
        for data in (saved(image, "PNG"), saved(image, "WEBP", lossless=True)):
            assert looks_like(quarters(data), [(255, 255, 255), *COLOURS[1:]])

    def test_a_transparent_palette_entry_lies_on_white(self):
        """The transparency of GIF."""
        image = scene().quantize(8)
        image.info["transparency"] = image.getpixel((10, 10))
        assert looks_like(
            quarters(saved(image, "PNG", transparency=image.getpixel((10, 10)))), [(255,) * 3, *COLOURS[1:]]
        )

    @pytest.mark.parametrize("scale", [1, 257])
    def test_grey_of_sixteen_bits_is_scaled_and_not_clipped(self, scale):
        """Half of white stays half of white."""
        values = np.full((HEIGHT, WIDTH), 100 * 257, np.uint16)
        values[:, : WIDTH // 2] = 200 * 257
        found = quarters(saved(Image.fromarray(values), "PNG" if scale == 1 else "TIFF"))
        assert looks_like(found, [(200,) * 3, (100,) * 3] * 2, 1)

    def test_one_bit_becomes_black_and_white(self):
        """A scan has one bit a pixel."""
        image = scene().convert("L").point(lambda value: 255 * (value > 100)).convert("1")
        assert {value for colour in quarters(saved(image, "PNG")) for value in colour} <= {0, 255}

    @pytest.mark.parametrize("format_", ["GIF", "WEBP", "PNG", "TIFF"])
    def test_the_first_frame_of_an_animation_counts(self, format_):
        """The other frames are not decoded."""
        other = Image.new("RGB", (WIDTH, HEIGHT), "black")
        data = saved(
            scene(),
            format_,
            save_all=True,
            append_images=[other, other],
            **({"lossless": True} if format_ == "WEBP" else {}),
        )
        assert looks_like(quarters(data), COLOURS)

    def test_an_embedded_profile_is_applied(self):
        """An image in another colour space keeps its meaning: in this profile red and green are swapped."""
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        swapped = profile.replace(b"rXYZ", b"....").replace(b"gXYZ", b"rXYZ").replace(b"....", b"gXYZ")
        red, green, blue, white = quarters(saved(scene(), "PNG", icc_profile=swapped))
        assert red[1] > red[0] + 100
        assert green[0] > green[1] + 70
        assert looks_like([blue, white], COLOURS[2:])

    @pytest.mark.parametrize("profile", [b"no profile", b"\0" * 128, b"x" * 5_000_000])
    def test_a_broken_profile_is_ignored(self, profile):
        """The colours stay as they are in the file."""
        assert looks_like(quarters(saved(scene(), "JPEG", quality=95, icc_profile=profile)), COLOURS)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
class TestOrientation:
    @pytest.mark.parametrize("turn", range(1, 9))
    @pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF"])
    def test_is_applied_to_pixels_and_facts(self, format_, turn):
        """All eight orientations give the same upright image, and the facts hold its width and height."""
        undo = {2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM}
        undo |= {5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE}
        undo |= {8: Image.Transpose.ROTATE_270}
        stored = scene().transpose(undo[turn]) if turn in undo else scene()
        exif = Image.Exif()
        exif[0x112] = turn
        options = {"lossless": True} if format_ == "WEBP" else {"quality": 95} if format_ == "JPEG" else {}
        data = saved(stored, format_, exif=exif, **options)
        facts = read_header(data, "0" * 64, FILTER)
        assert (facts.width, facts.height) == (WIDTH, HEIGHT)
        assert looks_like(quarters(data), COLOURS)

    @pytest.mark.parametrize(
        "block", [b"", b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"]
    )
    def test_that_cannot_be_read_is_upright(self, block):
        """A broken block is ignored."""
        assert looks_like(quarters(saved(scene(), "JPEG", quality=95, exif=block)), COLOURS)

    @pytest.mark.parametrize("stated", [0, 9, 65_535])
    def test_out_of_range_is_upright(self, stated):
        """Only 1…8 are orientations."""
        block = b"Exif\0\0II*\0" + struct.pack("<LHHHLHH", 8, 1, 0x112, 3, 1, stated, 0)
        assert looks_like(quarters(saved(scene(), "JPEG", quality=95, exif=block)), COLOURS)


class TestFilter:
    @pytest.mark.parametrize(
        ("size", "reason"),
        [
            ((320, 199), "short side 199 < 200"),
            ((199, 320), "short side 199 < 200"),
            ((299, 200), "long side 299 < 300"),
            ((320, 200), None),
            ((200, 300), None),
        ],
    )
    def test_judges_short_and_long_side(self, size, reason):
        """The limits hold for the short and the long side, whichever is the width; the limits are allowed."""
        found = read_header(saved(Image.new("RGB", size), "JPEG"), "0" * 64, FILTER)
        assert (found.reason if isinstance(found, Rejection) else None) == reason
        assert reason is None or found.outcome is Outcome.TOO_SMALL

    def test_judges_the_sides_after_turning(self):
        """The limits hold for the image that people see, which the header tells."""
        exif = Image.Exif()
        exif[0x112] = 6
        facts = read_header(saved(scene(), "JPEG", exif=exif), "0" * 64, FILTER)
        assert (facts.width, facts.height) == (HEIGHT, WIDTH)

    def test_refuses_a_bomb_from_its_header(self):
        """100,000 × 100,000 pixels announced in 60 bytes: nothing is decoded."""
        for side, outcome in ((100_000, Outcome.TOO_MANY_PIXELS), (9_000, Outcome.TOO_MANY_PIXELS)):
            head = b"IHDR" + struct.pack(">LLBBBBB", side, side, 8, 2, 0, 0, 0)
            data = b"\x89PNG\r\n\x1a\n" + struct.pack(">L", 13) + head + struct.pack(">L", zlib.crc32(head))
            data += struct.pack(">L", 0) + b"IDAT" + struct.pack(">L", zlib.crc32(b"IDAT"))
            assert rejected(data).outcome is outcome

    def test_a_very_wide_picture_is_too_small(self):
        """60,000 × 1 pixels are rejected as too small."""
        found = read_header(saved(Image.new("RGB", (60_000, 1)), "PNG"), "0" * 64, FILTER)
        assert (found.outcome, found.reason) == (Outcome.TOO_SMALL, "short side 1 < 200")

    def test_finds_what_shows_nothing(self):
        """One colour and a faint gradient are flat; a photograph is not."""
        gradient = Image.linear_gradient("L").resize((WIDTH, HEIGHT)).point(lambda value: 120 + value // 64)
        for image, expected in ((Image.new("RGB", (WIDTH, HEIGHT), "beige"), True), (gradient, True), (scene(), False)):
            data = saved(image, "PNG")
            found = flat(decode_draft(data, read_header(data, "0" * 64, FILTER)), FILTER)
            assert (found is not None) == expected
            assert found is None or found.outcome is Outcome.NO_CONTENT


class TestDamage:
    @pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF"])
    @pytest.mark.parametrize("share", [0.5, 0.9])
    def test_a_file_that_breaks_off_is_truncated(self, format_, share):
        """Half an image is never shown."""
        rng = np.random.default_rng(1)
        data = saved(Image.fromarray(rng.integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)), format_)
        assert rejected(data[: int(len(data) * share)]).outcome is Outcome.TRUNCATED

    @pytest.mark.parametrize(
        "data", [b"", b"\0" * 100, b"<!doctype html><title>404</title>", b"BM is how this text begins", b"%PDF-1.7"]
    )
    def test_what_is_no_picture_is_not_an_image(self, data):
        """For instance an error page under an image's name."""
        assert rejected(data).outcome is Outcome.NOT_AN_IMAGE

    def test_reasons_are_the_same_every_time(self):
        """A manifest must not change because an object has another address in memory."""
        data = saved(scene(), "GIF")[:300]
        assert rejected(data) == rejected(bytes(bytearray(data)))
