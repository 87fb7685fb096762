"""The budget of an image: what its header says that decoding takes, and what is refused for it."""

import struct
import zlib

import pytest

from image_release.decode import cost_of, judge_cost
from image_release.decode.budget import is_decoded_alone, jpeg_cost, png_cost
from image_release.decode.jpeg import Jpeg, read_jpeg
from image_release.decode.png import Header, read_png
from image_release.hotel.examine import examiner_version
from image_release.outcomes import Outcome
from image_release.settings import FilterSettings, Settings
from image_release.values import ImageFacts
from tests.odd_images.bmp import bmp
from tests.odd_images.cases import encoded, scene
from tests.odd_images.jpeg import PLAIN, PROGRESSIVE, SCANS_LIKE, last_scan

BUDGET = FilterSettings()


def facts_of(format_: str, width: int, height: int, size: int = 400_000) -> ImageFacts:
    return ImageFacts("0" * 64, width, height, format_, size)


def large(jpeg: Jpeg) -> ImageFacts:
    """Facts of the largest image that the shipped settings allow."""
    assert jpeg.frame
    return facts_of("JPEG", 8_900, 8_900)


class TestScans:
    def test_are_counted_where_the_image_has_them(self):
        """What looks like a scan in rubbish behind the end is none; neither are scans behind a complete image."""
        surplus = PROGRESSIVE[:-2] + PROGRESSIVE[last_scan(PROGRESSIVE) : -2] * 400 + PROGRESSIVE[-2:]
        assert [read_jpeg(data).scans for data in (PLAIN, PLAIN + SCANS_LIKE, PROGRESSIVE, surplus)] == [1, 1, 10, 10]

    def test_cost_a_pass_over_their_samples_each(self):
        """Thousands of lawful scans of a large image are refused, and so is nothing that optimisers write."""
        jpeg = read_jpeg(PROGRESSIVE)
        assert judge_cost(jpeg_cost(jpeg, large(jpeg)), BUDGET) is None
        jpeg.passes_of = dict.fromkeys(jpeg.sampling, 200)
        refused = judge_cost(jpeg_cost(jpeg, large(jpeg)), BUDGET)
        assert refused.outcome is Outcome.TOO_MANY_PIXELS
        assert refused.reason.endswith(" s > 3")


class TestMemory:
    @pytest.mark.parametrize(
        ("format_", "megapixels", "accepted"),
        [("WEBP", 25, True), ("WEBP", 79, False), ("GIF", 79, True), ("AVIF", 50, True), ("JPEG", 79, True)],
    )
    def test_is_what_the_decoder_of_the_format_holds(self, format_, megapixels, accepted):
        """A WebP of 79 megapixels would take 1.3 GB."""
        image = scene()
        data = encoded(image, format_, **({"speed": 10} if format_ == "AVIF" else {}))
        facts = facts_of(format_, 1_000, megapixels * 1_000)
        rejection = judge_cost(cost_of(data, facts, BUDGET), BUDGET)
        assert (rejection is None) == accepted
        assert accepted or rejection.outcome is Outcome.TOO_MANY_PIXELS

    def test_of_a_progressive_jpeg_holds_its_coefficients(self):
        """Two bytes for each sample: at 79 megapixels of four inks a progressive image does not fit."""
        image = scene().convert("CMYK")
        costs = {
            progressive: jpeg_cost(jpeg, large(jpeg)).memory_mb
            for progressive in (False, True)
            if (jpeg := read_jpeg(encoded(image, "JPEG", progressive=progressive)))
        }
        assert costs[True] - costs[False] == pytest.approx(8 * 79.21, rel=0.01)
        assert costs[False] < BUDGET.max_decode_mb < costs[True]

    def test_of_an_ordinary_photo_is_small(self):
        """Photos of 24 megapixels are decoded where they are, without a child process."""
        for data in (PLAIN, encoded(scene(), "JPEG", progressive=True)):
            assert not is_decoded_alone(cost_of(data, facts_of("JPEG", 6_000, 4_000), BUDGET), BUDGET)

    def test_that_is_large_is_taken_alone(self):
        """A lossless WebP of 25 megapixels is decoded alone."""
        data = encoded(scene(), "WEBP", lossless=True)
        assert is_decoded_alone(cost_of(data, facts_of("WEBP", 5_000, 5_000), BUDGET), BUDGET)


class TestPng:
    def test_of_more_bits_takes_more_time(self):
        """Two bytes a sample, and seven passes, cost what their bytes do."""
        facts = facts_of("PNG", 8_900, 8_900)
        costs = [png_cost(Header(8_900, 8_900, bits, kind, interlaced=True), facts) for bits, kind in ((8, 0), (16, 6))]
        assert costs[0].cpu_s < 1 < costs[1].cpu_s
        assert costs[0].memory_mb < costs[1].memory_mb

    def test_that_is_small_is_never_read_twice(self):
        """The dearest format's rates tell that it fits."""
        cost = cost_of(b"", facts_of("PNG", 2_000, 1_000), BUDGET)
        assert judge_cost(cost, BUDGET) is None


class TestSettings:
    def test_widen_or_narrow_the_budget(self):
        """The keys are in the settings, and the reason names the number."""
        cost = cost_of(PLAIN, facts_of("JPEG", 4_000, 4_000), BUDGET)
        narrow = BUDGET.model_copy(update={"max_decode_mb": 100})
        assert judge_cost(cost, BUDGET) is None
        assert judge_cost(cost, narrow).reason == f"decoding it takes {cost.memory_mb:.0f} MB > 100"

    def test_change_neither_the_digest_nor_remembered_refusals(self):
        """No hotel is *changed*, and nothing is examined again, because the budget is another one."""
        other = Settings(filter=FilterSettings(max_decode_mb=1, max_decode_s=9, alone_above_mb=2))
        assert other.digest() == Settings().digest()
        assert examiner_version(other) == examiner_version(Settings())


class TestRuns:
    def test_of_a_bmp_are_dear(self):
        """Pillow decodes them in Python, at the speed of Python."""
        palette = bytes(range(4)) * 256
        data = bmp(b"\xff\1\x69\1\0\0" * 240, 8, compression=1, palette=palette)
        facts = facts_of("BMP", 8_000, 8_000)
        plain = bmp(bytes(360 * 240), 8, palette=palette)
        assert cost_of(data, facts, BUDGET).cpu_s > 3 * cost_of(plain, facts, BUDGET).cpu_s


def test_a_png_that_unpacks_to_more_than_it_states_is_read_to_its_last_row_only():
    """Counting rows takes no more memory or time than the rows that are stated."""
    head = b"IHDR" + struct.pack(">LLBBBBB", 400, 300, 8, 0, 0, 0, 0)
    packed = zlib.compress(bytes(200_000_000), 9)
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">L", 13) + head + struct.pack(">L", zlib.crc32(head))
    data += struct.pack(">L", len(packed)) + b"IDAT" + packed + struct.pack(">L", zlib.crc32(b"IDAT" + packed))
    assert not read_png(data).lacks_rows()
