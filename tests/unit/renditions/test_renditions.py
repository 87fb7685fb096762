"""Renditions: every size from one decode, never enlarged, without metadata, and as good as resizing directly."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from image_release.decode import PillowResizer, SimdResizer, best_resizer, decode_full, read_header
from image_release.outcomes import Outcome, Rejection
from image_release.renditions import (
    fitted,
    generate,
    rendition_digest,
    rendition_extension,
)
from image_release.settings import DEFAULT_RENDITIONS, FilterSettings, RenditionSettings, Settings
from samples.partners import sample_hotels


@pytest.fixture(scope="module")
def photograph():
    """A sample photograph, 960 × 640, enlarged so that most default sizes are smaller."""
    with Image.open(sample_hotels()[0].photographs()["lobby"]) as image:
        out = io.BytesIO()
        image.resize((1920, 1280), Image.Resampling.LANCZOS).save(out, "JPEG", quality=92)
    return out.getvalue()


def facts_of(data: bytes):
    facts = read_header(data, "0" * 64, FilterSettings(min_short_side_px=1, min_long_side_px=1))
    assert not isinstance(facts, Rejection)
    return facts


def made(data: bytes, *renditions: RenditionSettings, resizer=None):
    found = generate(data, facts_of(data), renditions, resizer)
    assert not isinstance(found, Rejection), found
    return found


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


class TestDefaults:
    def test_are_fourteen_sizes_with_names_of_their_own(self):
        """The sizes that the site needs, from hero to thumb."""
        assert len({rendition.name for rendition in Settings().renditions}) == 14

    def test_are_made_as_they_are_described(self, photograph):
        """Each file has the size and format that the rendition says, fits its box, and is not enlarged."""
        for settings, rendition in zip(DEFAULT_RENDITIONS, made(photograph, *DEFAULT_RENDITIONS), strict=True):
            image = opened(rendition.data)
            assert (rendition.name, image.size) == (settings.name, (rendition.width, rendition.height))
            assert (image.format, image.mode) == ("JPEG", "RGB")
            assert rendition.width <= min(settings.width, 1920)
            assert rendition.height <= min(settings.height, 1280)


class TestSize:
    @given(st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 3000), st.integers(1, 3000))
    def test_fits_keeps_the_shape_and_enlarges_nothing(self, width, height, box_width, box_height):
        """The shape is kept within half a pixel, for any shape and box."""
        found = fitted(width, height, (box_width, box_height))
        scale = min(box_width / width, box_height / height, 1)
        assert 1 <= found[0] <= min(box_width, width)
        assert 1 <= found[1] <= min(box_height, height)
        assert all(abs(side - max(1, whole * scale)) <= 0.5 for side, whole in zip(found, (width, height), strict=True))

    def test_of_a_small_original_is_its_own(self):
        """A box larger than the image changes nothing."""
        assert fitted(320, 240, (2048, 1365)) == (320, 240)


class TestQuality:
    @pytest.mark.parametrize("resizer", [PillowResizer(), best_resizer()], ids=lambda resizer: resizer.name)
    def test_of_the_pyramid_is_that_of_direct_lanczos(self, photograph, resizer):
        """A thumb that was made through five other sizes looks like one that was made directly."""
        full = decode_full(photograph, facts_of(photograph))
        recipes = [
            RenditionSettings(name=r.name, width=r.width, height=r.height, format="png") for r in DEFAULT_RENDITIONS
        ]
        for rendition in made(photograph, *recipes, resizer=resizer):
            direct = full.resize((rendition.width, rendition.height), Image.Resampling.LANCZOS)
            difference = np.abs(np.asarray(opened(rendition.data), float) - np.asarray(direct, float))
            assert difference.mean() < 1.5, rendition.name

    def test_of_both_resizers_is_the_same_to_the_eye(self, photograph):
        """Without the SIMD wheel renditions look the same."""
        if not isinstance(best_resizer(), SimdResizer):
            pytest.skip("no wheel of the SIMD resizer for this machine")
        settings = RenditionSettings(name="card", width=400, height=267, format="png")
        [slow], [fast] = (made(photograph, settings, resizer=resizer) for resizer in (PillowResizer(), SimdResizer()))
        difference = np.abs(np.asarray(opened(slow.data), float) - np.asarray(opened(fast.data), float))
        assert difference.mean() < 0.5
        assert np.percentile(difference, 99.9) <= 3

    def test_setting_decides_on_bytes(self, photograph):
        """Higher quality gives more bytes, and JPEG is progressive if asked for."""
        sizes = [
            len(made(photograph, RenditionSettings(name="a", width=640, height=427, quality=q))[0].data)
            for q in (50, 70, 90)
        ]
        assert sizes == sorted(sizes)
        [progressive] = made(photograph, RenditionSettings(name="a", width=640, height=427, progressive=True))
        assert opened(progressive.data).info["progressive"]

    @pytest.mark.parametrize("contrast", [0.7, 1.05, 1.5])
    def test_contrast_is_pillows(self, photograph, contrast):
        """Contrast is changed around the mean brightness, as in the published method, within one level of rounding."""
        plain, changed = (
            opened(
                made(photograph, RenditionSettings(name="a", width=320, height=213, format="png", contrast=value))[
                    0
                ].data
            )
            for value in (1.0, contrast)
        )
        expected = np.asarray(ImageEnhance.Contrast(plain).enhance(contrast), int)
        assert np.abs(np.asarray(changed, int) - expected).max() <= 1

    @pytest.mark.parametrize("format_", ["jpeg", "webp", "png"])
    def test_each_format_is_what_it_says(self, photograph, format_):
        """Each format has its own extension."""
        [rendition] = made(photograph, RenditionSettings(name="a", width=320, height=213, format=format_))
        assert (opened(rendition.data).format, rendition.format) == (format_.upper(), format_)
        assert rendition_extension(format_) == {"jpeg": "jpg"}.get(format_, format_)


class TestMetadata:
    def test_is_not_written(self, photograph):
        """No EXIF, profile or comment of a partner's file is published."""
        exif = Image.Exif()
        exif[0x010E] = "a description"
        exif.get_ifd(0x8825)[1] = "N"
        out = io.BytesIO()
        opened(photograph).save(out, "JPEG", exif=exif, comment=b"secret", icc_profile=b"no profile")
        for format_ in ("jpeg", "webp", "png"):
            [rendition] = made(out.getvalue(), RenditionSettings(name="a", width=320, height=213, format=format_))
            info = opened(rendition.data).info
            assert set(info) & {"exif", "comment", "icc_profile", "xmp"} == set()
            assert b"secret" not in rendition.data
            assert b"a description" not in rendition.data


class TestDamage:
    def test_of_an_original_is_told(self, photograph):
        """A file of which only the beginning can be read becomes an outcome."""
        facts = facts_of(photograph)
        found = generate(photograph[: len(photograph) // 2], facts, DEFAULT_RENDITIONS)
        assert isinstance(found, Rejection)
        assert found.outcome is Outcome.TRUNCATED


class TestDigest:
    def test_changes_with_whatever_shapes_the_file_and_with_nothing_else(self):
        """A rendition is made again when its recipe changes; a new name alone is not a new recipe."""
        settings = RenditionSettings(name="a", width=320, height=213)
        changes = [
            {"width": 321},
            {"height": 214},
            {"quality": 81},
            {"contrast": 1.1},
            {"format": "webp"},
            {"progressive": True},
        ]
        digests = {rendition_digest(settings.model_copy(update=change)) for change in changes}
        assert len(digests | {rendition_digest(settings)}) == len(changes) + 1
        assert rendition_digest(settings.model_copy(update={"name": "b"})) == rendition_digest(settings)
