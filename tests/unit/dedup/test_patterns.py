"""Regular patterns: images of a chessboard fit each other at many places, which does not make them one photograph."""

import numpy as np
import pytest
from PIL import Image

from image_release.dedup import explain, group_same
from image_release.dedup.patterns import period
from image_release.settings import GroupingSettings
from tests.unit.dedup.images import COPIES, photo, seen

SETTINGS = GroupingSettings()


def board(squares, *, seed=0, moved=0, size=(640, 480)):
    """A photograph of a chessboard with `squares` in a row, `moved` by some pixels, with the noise of a sensor."""
    down, across = np.mgrid[: size[1], : size[0]] + moved
    side = size[0] / squares
    light = np.where((across // side + down // side) % 2 > 0, 220, 30)
    grey = light + np.random.default_rng(seed).normal(0, 4, light.shape)
    return Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))


def tiled(seed):
    """A room with a chessboard as its floor, in perspective, and things of its own."""
    down, across = np.mgrid[:480, :640].astype(float)
    depth = 1 / np.maximum((down - 168) / 480, 0.02)
    dark = (across - 320) / 640 * depth * 10.5 // 1 + depth * 1.6 // 1
    image = Image.fromarray(np.where(down < 168, 150, np.where(dark % 2 > 0, 210, 40)).astype(np.uint8)).convert("RGB")
    image.paste(photo(seed, (640, 168)), (0, 0))
    image.paste(photo(seed + 50, (150, 120)), (100 + 40 * seed, 220))
    return image


def pictures(*images):
    found = group_same({f"{number:064x}": seen(image) for number, image in enumerate(images)}, (), SETTINGS)
    return len(found)


class TestPatterns:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (board(8), board(8, seed=1, moved=23)),
            (board(12), board(12, seed=1, moved=17)),
            (board(10), board(7, seed=1)),
            (board(8), board(8, seed=1).crop((37, 51, 610, 455))),
        ],
        ids=["moved", "small squares, moved", "fewer squares", "a part"],
    )
    def test_that_fit_at_many_places_are_two_pictures(self, one, other):
        assert pictures(one, other) == 2
        found = explain(seen(one).fingerprint, seen(other).fingerprint)
        assert found.is_pattern
        assert found.aligned.evidence.score > 0  # without the rule they would be one

    @pytest.mark.parametrize("squares", [8, 12])
    def test_that_are_the_same_as_a_whole_are_one_picture(self, squares):
        small = board(squares).resize((320, 240), Image.Resampling.LANCZOS)
        assert pictures(board(squares), board(squares, seed=1), small) == 1


class TestTiledFloors:
    def test_of_two_rooms_are_two_pictures(self):
        assert pictures(tiled(0), tiled(1), tiled(2)) == 3

    def test_are_no_pattern(self):
        """Their copies are found as those of other photographs."""
        whole, part = tiled(1), tiled(1).crop((20, 20, 600, 440))
        assert not explain(seen(whole).fingerprint, seen(part).fingerprint).is_pattern
        assert pictures(whole, part) == 1


class TestThePeriod:
    @pytest.mark.parametrize("squares", [8, 10, 12, 16])
    def test_is_a_shift_that_changes_nothing(self, squares):
        """Of a chessboard whole squares, and an even number of them, in pixels of the working image."""
        image = seen(board(squares)).fingerprint
        shift = np.array(period(image.keypoints)) / (image.working.grey.shape[1] / squares)
        assert np.abs(shift - np.rint(shift)).max() < 0.1
        assert np.rint(shift).sum() % 2 == 0

    @pytest.mark.parametrize("name", COPIES)
    def test_is_none_of_a_photograph(self, name):
        assert period(seen(COPIES[name](photo(1))).fingerprint.keypoints) is None

    def test_is_none_without_points(self):
        assert period(seen(Image.new("L", (300, 200), 99)).fingerprint.keypoints) is None
