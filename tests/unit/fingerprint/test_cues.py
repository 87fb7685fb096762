"""Cues tell what was done to a file, as plain numbers; each changes in the direction of its name."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from image_release.decode import decode_draft, read_header
from image_release.fingerprint import fingerprint
from image_release.settings import FilterSettings, FingerprintSettings
from tests.conftest import ROOT

EVERY_SIZE = FilterSettings(min_short_side_px=1, min_long_side_px=1)
PHOTOGRAPH = Image.open(ROOT / "samples/hotels/casa-brisa/pool.jpg").convert("RGB").resize((720, 480))


def draft_of(image, kind="JPEG", quality=90):
    out = io.BytesIO()
    image.save(out, kind, quality=quality)
    facts = read_header(out.getvalue(), "a" * 64, EVERY_SIZE)
    return decode_draft(out.getvalue(), facts)


def cues(image, kind="JPEG", quality=90):
    return fingerprint(draft_of(image, kind, quality), FingerprintSettings()).cues


def grain(deviation):
    noise = np.random.default_rng(1).normal(0, deviation, (*PHOTOGRAPH.size[::-1], 3))
    return Image.fromarray(np.clip(np.asarray(PHOTOGRAPH) + noise, 0, 255).astype(np.uint8))


def rounded(colour):
    mask = Image.new("L", PHOTOGRAPH.size)
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, 719, 479), 40, fill=255)
    page = Image.new("RGB", PHOTOGRAPH.size, colour)
    page.paste(PHOTOGRAPH, mask=mask)
    return page


class TestQuality:
    def test_is_read_from_the_tables_of_a_jpeg(self):
        """The coarser a file was saved, the larger the step; other formats have none."""
        fine, coarse = (cues(PHOTOGRAPH, quality=quality).step for quality in (90, 40))
        assert 0 < fine < coarse
        assert cues(PHOTOGRAPH, "PNG").step == 0

    def test_is_seen_at_the_grid_of_blocks(self):
        assert cues(PHOTOGRAPH, quality=15).blockiness > cues(PHOTOGRAPH, quality=95).blockiness + 0.1


class TestSharpness:
    @pytest.mark.parametrize(
        "softened",
        [
            PHOTOGRAPH.resize((288, 192), Image.Resampling.LANCZOS).resize((720, 480), Image.Resampling.BICUBIC),
            PHOTOGRAPH.filter(ImageFilter.GaussianBlur(2)),
        ],
        ids=["enlarged", "blurred"],
    )
    def test_is_lost_in_the_finest_bands(self, softened):
        """An enlarged or blurred image has lost power there, but not in the coarsest band."""
        before, after = cues(PHOTOGRAPH).spectrum, cues(softened).spectrum
        assert after[5] < before[5] - 0.5
        assert after[0] == pytest.approx(before[0], abs=0.3)

    def test_is_not_told_from_noise_by_the_spectrum_alone(self):
        """Noise has a cue of its own because grain raises the finest bands too."""
        assert cues(grain(15)).spectrum[7] > cues(PHOTOGRAPH).spectrum[7]
        assert cues(grain(15)).noise > 3 * cues(PHOTOGRAPH).noise


class TestColour:
    def test_of_a_grey_copy_is_none(self):
        assert cues(PHOTOGRAPH.convert("L").convert("RGB")).saturation < 1 < cues(PHOTOGRAPH).saturation

    def test_that_was_shifted_is_a_tint(self):
        warm = Image.fromarray((np.asarray(PHOTOGRAPH) * np.array([1.0, 0.9, 0.5])).astype(np.uint8))
        assert cues(warm).tint > cues(PHOTOGRAPH).tint + 10

    def test_at_its_ends_is_counted(self):
        lighter = PHOTOGRAPH.point(lambda value: min(255, value * 2))
        darker = PHOTOGRAPH.point(lambda value: max(0, value - 120))
        assert cues(lighter).white > cues(PHOTOGRAPH).white + 0.05
        assert cues(lighter).full > cues(lighter).white
        assert cues(darker).black > cues(PHOTOGRAPH).black + 0.05


class TestEdges:
    @pytest.mark.parametrize("colour", ["white", "black"])
    def test_round_corners_are_seen(self, colour):
        """Four corners of one colour that differ from what lies inside, whatever the colour."""
        assert cues(rounded(colour)).corners > 20
        assert cues(PHOTOGRAPH).corners == 0

    def test_a_border_of_one_colour_hardly_varies(self):
        """Bars of one colour vary only by the error of JPEG."""
        assert cues(ImageOps.expand(PHOTOGRAPH, (90, 0, 90, 0), "black")).border < 2


class TestLargeFiles:
    def test_are_measured_on_a_smaller_draft(self):
        """`scale` says by how much the draft is smaller."""
        assert cues(PHOTOGRAPH.resize((1600, 1066))).scale == 0.5
        assert cues(PHOTOGRAPH).scale == 1
