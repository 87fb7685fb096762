"""What moves together in two pictures: most of a second shot, the frame of a template, little of another room."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from benchmarks.shot_changes import levels, local_light, parallax, things_moved
from benchmarks.templates import floor_plans, framed
from image_release.dedup import Difference, group_same
from image_release.dedup.common_motion import common_motion
from image_release.dedup.prepared_image import PreparedImage
from image_release.settings import GroupingSettings
from image_release.values import Override
from tests.unit.dedup.images import photo, seen

APART = Override("different", ("one", "other"))
"""Keeps two shots apart whatever the score of the same photograph is."""


def prepared(image):
    return PreparedImage(seen(image).fingerprint)


def lying_on_each_other(one, other):
    """Features of two pictures that are taken to lie exactly on each other."""
    return common_motion(one, other, np.linalg.inv(one.to_units()))


def shot(pixels):
    return Image.fromarray((np.clip(pixels, 0, 1) * 255).round().astype(np.uint8))


def same_view(one, other):
    """What tells two pictures of one view apart; None if they do not show the same view."""
    images = {"one": seen(one), "other": seen(other)}
    found = {
        view.difference for picture in group_same(images, [APART], GroupingSettings()) for view in picture.same_view
    }
    return found.pop() if found else None


def beside(seed, across, white):
    """Most of a picture, moved across, beside a part of another one, with a white bar over both."""
    page = photo(7, (480, 340))
    page.paste(photo(7, (480, 340)).crop((0, 0, 300, 340)), (across, 0))
    page.paste(photo(seed, (200, 340)), (280, 0))
    page.paste("white", (0, 200, 480, 200 + white))
    return page


class TestFeatures:
    def test_of_a_picture_and_itself(self):
        """Everything is found in its own place."""
        one = prepared(photo(3))
        found = lying_on_each_other(one, one)
        assert found["least_together"] == found["most_together"] > np.log(0.9)
        assert found["most_regions"] == 1.0
        assert found["mean_unlike"] == pytest.approx(np.log(0.02), abs=0.01)
        assert found["least_drawn"] == 0.0

    def test_of_two_different_pictures(self):
        """What is found by chance does not move like its neighbours."""
        found = lying_on_each_other(prepared(photo(3)), prepared(photo(4)))
        assert found["most_together"] < np.log(0.15)
        assert found["mean_lost"] > np.log(0.15)

    @settings(max_examples=20, deadline=None)
    @given(st.integers(-8, 8), st.integers(-8, 8))
    def test_of_a_picture_that_lies_beside_its_place(self, across, down):
        """All of it moves together, as far as patches are looked for."""
        wide = photo(5, (520, 380))
        one, other = (
            prepared(wide.crop((20, 20, 500, 360))),
            prepared(wide.crop((20 + across, 20 + down, 500 + across, 360 + down))),
        )
        assert lying_on_each_other(one, other)["least_together_inside"] > np.log(0.7)

    @settings(max_examples=10, deadline=None)
    @given(st.integers(0, 10_000))
    def test_do_not_depend_on_the_order_of_the_two(self, seed):
        """Both ways are measured."""
        one, other = prepared(photo(seed)), prepared(photo(seed + 1))
        assert lying_on_each_other(one, other) == pytest.approx(lying_on_each_other(other, one), abs=1e-4)

    def test_of_pictures_without_texture(self):
        """Nothing is found, and nothing fails."""
        grey = prepared(Image.new("RGB", (480, 340), (120, 120, 120)))
        found = lying_on_each_other(grey, prepared(photo(3)))
        assert all(np.isfinite(value) for value in found.values())
        assert found["mean_drawn"] > 0
        assert found["most_count"] == pytest.approx(np.log(3))

    def test_stay_as_the_weights_were_fitted_on_them(self):
        """Three fifths of one picture are moved by six pixels in the other, which ends sooner. Other figures need other
        weights."""
        found = lying_on_each_other(prepared(beside(8, 0, 70)), prepared(beside(9, 6, 90).crop((0, 0, 420, 340))))
        figures = {
            "least_together": -0.605,
            "least_together_inside": -0.554,
            "least_drawn": 0.226,
            "most_together": -0.532,
            "most_together_inside": -0.45,
            "most_count": 4.852,
            "most_regions": 0.75,
            "mean_smooth": -0.26,
            "mean_lost": -2.577,
            "mean_unlike": -3.173,
            "mean_unlike_75": -1.672,
            "mean_worst_regions": -2.216,
            "mean_half_regions": -0.551,
            "mean_drawn": 0.38,
        }
        assert found == pytest.approx(figures, abs=0.02)

    def test_of_two_pages_of_a_template(self):
        """The frame is found and the middle is not, and paper is a single tone."""
        page = Image.new("RGB", (480, 340), "white")
        frame = photo(6).crop((0, 0, 480, 90))
        page.paste(frame, (0, 0))
        pages = [page.copy(), page.copy()]
        for number, each in enumerate(pages):
            ImageDraw.Draw(each).rectangle((310, 110, 470, 280), outline="black", width=4)
            each.paste(photo(20 + number, (300, 180)), (0, 110))
        one, other = map(prepared, pages)
        found = lying_on_each_other(one, other)
        assert found["least_drawn"] > np.log(1.3)
        assert found["mean_worst_regions"] < np.log(0.3)
        assert found["most_regions"] < 0.8


class TestPictures:
    @pytest.mark.parametrize("seed", range(4))
    def test_of_a_template_are_no_view(self, seed):
        """Floor plans of different flats, and photographs in one frame, repeat nothing that a traveller looks at."""
        assert same_view(*floor_plans(2, random.Random(seed))) is None
        assert same_view(*framed([photo(30 + seed), photo(50 + seed)], random.Random(seed))) is None

    @pytest.mark.parametrize("seed", [1, 2, 3])
    @pytest.mark.parametrize(
        ("change", "difference"),
        [(parallax, Difference.CAMERA), (local_light, Difference.LIGHT)],
    )
    def test_of_one_view_say_what_differs(self, seed, change, difference):
        """A camera that moved, or light that changed in parts."""
        pixels = levels(photo(60 + seed))
        assert same_view(shot(pixels), shot(change(pixels, np.random.default_rng(seed)))) is difference

    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_in_which_things_moved(self, seed):
        """A part of another picture lies where it did not lie before."""
        pixels, other = levels(photo(60 + seed)), levels(photo(80 + seed))
        changed = things_moved(pixels, other, np.random.default_rng(seed))
        assert same_view(shot(pixels), shot(changed)) is Difference.THINGS
