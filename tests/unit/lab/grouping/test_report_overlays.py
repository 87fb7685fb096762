"""One image aligned with another: equal parts are in the same place, and the difference shows the others."""

import base64
import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from image_release.dedup import AlignedPair, Blocks, Difference, Evidence
from image_release.lab.grouping.report.overlays import overlays


def decoded(shown):
    """The pixels of an image in a page."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(shown.uri.partition(",")[2]))), np.float32)


@pytest.fixture
def original():
    noise = np.random.default_rng(3).integers(0, 256, (12, 16, 3), np.uint8)
    return Image.fromarray(noise).resize((400, 300), Image.Resampling.BICUBIC)


def aligned(transform):
    nothing = np.zeros((1, 1))
    blocks = Blocks((0, 0, 1, 1), nothing > 0, nothing > 0, nothing, nothing, np.stack([nothing, nothing]), nothing)
    return AlignedPair(
        np.asarray(transform, float), blocks, {}, {}, 0.0, Evidence("", "registration", 0, 1, 5), Difference.CAMERA
    )


CROP = [[1 / 0.8, 0, -0.1 / 0.8], [0, 1 / 0.8, -0.1 / 0.8], [0, 0, 1]]
"""From shares of the whole to shares of its middle 80 %."""


class TestOverlays:
    def test_put_a_crop_where_it_was_cut_out(self, original):
        """Inside the crop the two are equal; around it there is nothing."""
        found = overlays(original, original.crop((40, 30, 360, 270)), aligned(CROP))
        over, whole = decoded(found.aligned), np.asarray(original, np.float32)
        assert np.abs(over - whole)[50:250, 60:340].mean() < 4
        assert np.abs(over[:20] - 128).mean() < 2

    def test_turn_a_mirrored_copy_back(self, original):
        """The transform can mirror."""
        found = overlays(
            original, original.transpose(Image.Transpose.FLIP_LEFT_RIGHT), aligned([[-1, 0, 1], [0, 1, 0], [0, 0, 1]])
        )
        assert np.abs(decoded(found.aligned) - np.asarray(original, np.float32)).mean() < 4

    def test_show_what_was_put_on_and_not_how_bright_the_copy_is(self, original):
        """For a darker copy with a caption, the caption is black and the rest is white."""
        copy = original.point(lambda value: 20 + value * 0.6)
        ImageDraw.Draw(copy).rectangle((0, 240, 400, 300), fill=(255, 255, 255))
        difference = decoded(overlays(original, copy, aligned(np.eye(3))).difference)
        assert difference[:230].mean() > 245
        assert difference[250:].mean() < 60
