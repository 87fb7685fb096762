"""Regions in which two aligned images differ: a thing that moved is told from a mark that lies on one of them."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from benchmarks.known_failures import under_a_code
from image_release.dedup.changed_regions import LEAST_BLOCKS, LEAST_SCORE, after_a_look, changed_regions
from image_release.dedup.matching import candidate_pairs
from image_release.dedup.prepared_image import FINEST, PreparedImage
from image_release.dedup.registration import align_coarsely, register
from image_release.dedup.weights import none_of, region_weights
from tests.unit.dedup.images import captioned, photo, seen

SIZE = (640, 480)
THING, MARK = 2.7, 3.5
"""Log-odds of a mark: below the first, two images are no clear pair whatever their score; above the other, they are."""


def room(seed=1):
    """A wall, a floor, a window, a bed and pictures, softly lit."""
    chance = np.random.default_rng(seed)
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]].astype(np.float32)
    light = 150 + 60 * np.exp(-(((x - 100) / 300) ** 2) - ((y - 120) / 240) ** 2)
    pixels = np.where(y > 300, light * 0.7, light)[..., None].repeat(3, axis=2)
    image = Image.fromarray(pixels.astype(np.uint8))
    draw = ImageDraw.Draw(image)
    draw.rectangle((60, 60, 180, 220), fill=(235, 240, 245), outline=(90, 80, 70), width=8)
    draw.polygon(((260, 300), (480, 280), (600, 400), (330, 440)), fill=(120, 60, 50))
    draw.rectangle((250, 200, 420, 300), fill=(80, 70, 90))
    for number in range(14):
        left, top = (int(value) for value in chance.integers((0, 0), (600, 430)))
        side = int(chance.integers(8, 34))
        level = tuple(int(value) for value in chance.integers(30, 230, 3))
        (draw.ellipse if number % 2 else draw.rectangle)((left, top, left + side, top + side), fill=level)
    grain = chance.normal(0, 3, (SIZE[1], SIZE[0], 1))
    return Image.fromarray(np.clip(np.asarray(image, np.float32) + grain, 0, 255).astype(np.uint8))


def with_chair(image, left, top=230):
    """The image with a chair: a back, a seat and legs, shaded, and a shadow on the floor."""
    layer = Image.new("RGBA", image.size)
    draw = ImageDraw.Draw(layer)
    draw.ellipse((left - 10, top + 115, left + 85, top + 145), fill=(20, 20, 20, 130))
    for line in range(60):
        draw.line((left + 5, top + line, left + 60, top + line), fill=(70 + line, 60 + line // 2, 40, 255))
    draw.polygon(
        ((left, top + 60), (left + 65, top + 60), (left + 80, top + 85), (left + 10, top + 85)),
        fill=(150, 110, 70, 255),
    )
    for leg in (8, 66):
        draw.line((left + leg, top + 80, left + leg, top + 130), fill=(50, 35, 25, 255), width=7)
    return Image.alpha_composite(image.convert("RGBA"), layer.filter(ImageFilter.GaussianBlur(1))).convert("RGB")


def with_logo(image, place, colour=(255, 255, 255)):
    """The image with a name in plain letters."""
    image = image.copy()
    ImageDraw.Draw(image).text(place, "stay.test", font=ImageFont.load_default(46), fill=colour)
    return image


def with_plate(image, box=(120, 180, 470, 300)):
    """The image with a plate and a sentence on it."""
    image = image.copy()
    draw = ImageDraw.Draw(image)
    draw.rectangle(box, fill=(250, 250, 250))
    draw.text((box[0] + 20, box[1] + 30), "Rooms from 79", font=ImageFont.load_default(40), fill=(20, 20, 20))
    return image


def brighter_at_a_side(image):
    """The image as with a filter: another tone curve, and a vignette."""
    pixels = np.asarray(image, np.float32)
    y, x = np.mgrid[-1 : 1 : pixels.shape[0] * 1j, -1 : 1 : pixels.shape[1] * 1j]
    return Image.fromarray(
        np.clip(255 * (pixels / 255) ** 0.8 * (1 - 0.35 * (x * x + y * y) / 2)[..., None], 0, 255).astype(np.uint8)
    )


def registered(first, second):
    """The first picture, prepared, and the pair, registered."""
    items = [seen(image).fingerprint for image in (first, second)]
    pair = next(candidate_pairs(items))
    one, other = (PreparedImage(item) for item in items)
    coarse = align_coarsely(one, other, pair)
    assert coarse is not None
    found = register(one, other, pair, coarse)
    assert found is not None
    return one, found


def with_inside(found, inside):
    """A registered pair as if only these blocks lay in both images."""
    levels = list(found.levels)
    levels[FINEST] = replace(levels[FINEST], inside=inside)
    return replace(found, levels=tuple(levels))


def marks(first, second):
    """Log-odds of a mark of each region in which two pictures differ."""
    return [region_weights().score(region) for region in changed_regions(*registered(first, second))]


class TestThings:
    @pytest.mark.parametrize("seed", range(1, 5))
    def test_a_chair_that_was_moved_is_a_thing(self, seed):
        """It leaves the floor where it was, and stands where the floor was."""
        assert min(marks(with_chair(room(seed), 120), with_chair(room(seed), 450))) < THING

    @pytest.mark.parametrize("seed", range(1, 5))
    def test_a_chair_that_was_taken_away_is_a_thing(self, seed):
        """There is one region, in one image."""
        assert min(marks(with_chair(room(seed), 200), room(seed))) < THING

    def test_a_thing_is_found_beside_a_logo(self):
        """Each region counts by itself, so a mark cannot hide a thing."""
        assert min(marks(with_logo(with_chair(room(), 200), (380, 420)), room())) < THING


class TestMarks:
    @pytest.mark.parametrize("seed", range(1, 4))
    @pytest.mark.parametrize(
        "mark",
        [
            pytest.param(lambda image: with_logo(image, (20, 420)), id="logo"),
            pytest.param(lambda image: with_logo(image, (300, 200), (0, 0, 0)), id="name across"),
            pytest.param(with_plate, id="plate"),
            pytest.param(captioned, id="caption"),
        ],
    )
    def test_what_partners_put_on_a_picture_is_a_mark(self, mark, seed):
        """No region of a marked copy looks like a thing."""
        assert min(marks(mark(room(seed)), room(seed)), default=MARK + 1) > MARK

    @pytest.mark.parametrize("seed", range(1, 4))
    def test_a_square_code_is_a_mark(self, seed):
        """In a small image it is grey noise, but it ends at straight lines on all four sides."""
        assert min(marks(room(seed), under_a_code(room(seed))), default=MARK + 1) > MARK

    def test_two_logos_in_two_corners_are_marks(self):
        """Each of two copies has its own, so each differs from the other in two places, as if one thing had moved."""
        one, other = with_logo(room(), (20, 420)), with_logo(room(), (400, 10))
        assert min(marks(one, other), default=MARK + 1) > MARK

    def test_a_filter_leaves_no_region(self):
        """Another tone curve and a vignette are smooth over the whole picture."""
        assert min(marks(room(), brighter_at_a_side(room())), default=MARK + 1) > MARK

    @pytest.mark.parametrize("mark", [with_logo, with_chair], ids=["logo", "chair"])
    def test_a_filter_changes_little_of_what_differs(self, mark):
        """What was put on the picture is found under the filter, in regions of about the same size."""
        plain, changed = room(), mark(room(), (300, 200) if mark is with_logo else 200)
        before, after = (
            [math.exp(region["pixels"]) for region in changed_regions(*registered(plain, other))]
            for other in (changed, brighter_at_a_side(changed))
        )
        assert sum(after) == pytest.approx(sum(before), rel=0.5)

    @settings(max_examples=12, deadline=None)
    @given(seed=st.integers(0, 10_000), quality=st.floats(0.4, 1.0), dark=st.floats(0.5, 1.0))
    def test_smaller_and_darker_copies_have_no_things(self, seed, quality, dark):
        """Resizing and exposure do not make things."""
        image = photo(seed)
        size = round(image.width * quality), round(image.height * quality)
        copy = image.resize(size, Image.Resampling.LANCZOS).point(lambda value: value * dark)
        assert min(marks(image, copy), default=MARK + 1) > MARK


class TestRegions:
    def test_equal_images_have_none(self):
        """Nothing differs."""
        assert changed_regions(*registered(room(), room())) == []

    def test_all_features_are_finite_and_named_as_the_weights(self):
        """Each feature has a weight."""
        regions = changed_regions(*registered(with_chair(room(), 120), with_logo(room(), (20, 420))))
        assert regions
        for region in regions:
            assert tuple(region) == region_weights().names
            assert all(math.isfinite(value) for value in region.values())

    def test_where_hardly_anything_is_shared_nothing_is_looked_at(self):
        """A part of few blocks is no reason to speak of things."""
        one, found = registered(with_chair(room(), 120), with_chair(room(), 450))
        assert changed_regions(one, found)
        order = np.argsort(found.levels[FINEST].correlation)
        assert changed_regions(one, with_inside(found, order < LEAST_BLOCKS - 1)) == []

    def test_of_a_crop_are_those_of_what_it_shows(self):
        """What lies outside of the crop is no region."""
        assert changed_regions(*registered(room(), room().crop((0, 0, 320, 240)))) == []


class TestAfterALook:
    def test_a_thing_lowers_the_score(self):
        """One likely kind of two photographs is enough."""
        pair = registered(with_chair(room(), 120), with_chair(room(), 450))
        least = min(region_weights().score(region) for region in changed_regions(*pair))
        assert after_a_look(6.0, *pair, region_weights()) == pytest.approx(none_of((6.0, least)))
        assert after_a_look(6.0, *pair, region_weights()) < THING

    def test_a_copy_keeps_its_score(self):
        """Without a region there is nothing to look at."""
        assert after_a_look(6.0, *registered(room(), room()), region_weights()) == 6.0

    def test_two_photographs_are_not_looked_at(self):
        """Below the least score nothing can change."""
        pair = registered(with_chair(room(), 120), with_chair(room(), 450))
        assert after_a_look(LEAST_SCORE - 0.1, *pair, region_weights()) == LEAST_SCORE - 0.1
