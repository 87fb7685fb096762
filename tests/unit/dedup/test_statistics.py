"""The small computations that grouping and the choice of the best image rest on, at their bounds."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from image_release.dedup import copy_cues, displacement, evidence, matching, placeholder, registration, shortlist
from image_release.dedup.best_image import BENDS, MOST_DEVIATIONS, CueWeight
from image_release.dedup.quantiles import logarithm, quantiles
from tests.unit.dedup.images import seen


class TestQuantiles:
    @given(st.lists(st.integers(-50, 50), min_size=1, max_size=30))
    def test_are_those_of_numpy(self, values):
        """From the smallest value to the largest, of one value or many."""
        percents = (0, 10, 33, 50, 75, 100)
        array = np.array(values, np.float32)
        assert quantiles(array, percents) == pytest.approx(np.percentile(array, percents), abs=1e-4)


class TestPlaceholder:
    BLANK = seen(Image.new("RGB", (60, 40), "white")).fingerprint

    @pytest.mark.parametrize(
        ("flat", "modal", "rejected"), [(0.86, 0.84, True), (0.85, 1.0, False), (1.0, 0.83, False)]
    )
    def test_has_many_flat_cells_and_one_grey_level(self, flat, modal, rejected):
        """One of the two is not enough: a bare wall is flat, and a night shot is mostly black."""
        cues = replace(self.BLANK.cues, flat_share=flat, modal_share=modal)
        assert (placeholder(replace(self.BLANK, cues=cues)) is not None) is rejected


class TestMatchedPoints:
    @staticmethod
    def matched(*rows):
        found = matching._matched(np.array([rows], np.float32))
        return [
            (int(a), int(b)) for a, b, c in zip(found.mine[0], found.theirs[0], found.likeness[0], strict=True) if c
        ]

    def test_are_the_best_of_each_other(self):
        """The second point is most like the first of the other image, which is more like another one."""
        assert self.matched([0.8, 0.1], [0.78, 0.2]) == [(0, 0)]

    def test_may_share_a_partner_if_they_are_very_alike(self):
        """Repeated patterns match more than once."""
        assert self.matched([0.95, 0.1], [0.9, 0.2]) == [(0, 0), (1, 0)]

    def test_are_alike(self):
        """The best of each other is not enough."""
        assert self.matched([0.7, 0.1], [0.1, 0.73]) == [(1, 1)]


class TestShortlist:
    @staticmethod
    def pairs(shared, count=3, **options):
        """Pairs of images that have their first `shared` points in common and no others."""
        even = np.zeros((count, 4, 21), np.float32)
        for image in range(count):
            for point in range(4):
                even[image, point, point if point < shared else 4 + 4 * image + point] = 1
        found = shortlist.shared_points(even, np.zeros((count, 4, 17), np.float32), 0.72, 2, **options)
        return [(one, int(other)) for one, later, _ in found for other in later]

    @pytest.mark.parametrize(("shared", "expected"), [(2, [(0, 1), (0, 2), (1, 2)]), (1, [])])
    def test_has_pairs_with_the_least_number_of_points_in_common(self, shared, expected):
        assert self.pairs(shared) == expected

    @pytest.mark.parametrize(("image", "expected"), [(0, [(0, 1), (0, 2)]), (1, [(0, 1), (1, 2)])])
    def test_of_one_image_has_its_pairs_only(self, image, expected):
        """Those with earlier images and those with later ones."""
        assert self.pairs(2, with_image=image) == expected

    def test_keeps_a_pair_that_is_among_the_best_of_one_of_the_two(self, monkeypatch):
        """The best of image 2 is image 0, though image 0 shares more with image 1; nothing in common is no pair."""
        monkeypatch.setattr(shortlist, "MOST_OTHERS", 1)
        worth = np.array([5, 3, 0, 0, 0, 0], np.float32)  # of 0 and 1, then of 0 and 2
        kept = {image: later.tolist() for image, later in shortlist._most_shared(worth, 4)}
        assert kept == {0: [1, 2], 1: [], 2: [], 3: []}

    def test_keeps_the_later_images_of_each_image_in_their_order(self):
        worth = np.arange(1, 11, dtype=np.float32)
        kept = {image: later.tolist() for image, later in shortlist._most_shared(worth, 5)}
        assert kept == {image: list(range(image + 1, 5)) for image in range(5)}


class TestEvidence:
    @pytest.mark.parametrize(("textured", "expected"), [(5, 5), (4, 9)])
    def test_uses_all_blocks_where_fewer_than_five_have_texture(self, textured, expected):
        assert evidence._or_all(np.arange(9) < textured, np.ones(9, np.bool_)).sum() == expected

    @staticmethod
    def sums(*values):
        return np.array([[value] for value in values], np.float32)

    def test_a_displacement_is_solved_from_the_slopes_of_a_block(self):
        """A block with strong slopes whose residual is that of a shift of 0.5 pixels across and 0.25 down."""
        xx, yy, xy = 9e4, 4e4, 1e4
        right = xx * 0.5 + xy * 0.25, xy * 0.5 + yy * 0.25
        (length,) = displacement.solved_shift(self.sums(xx, yy, xy, *right, 1.0))
        assert length == pytest.approx(np.hypot(0.5, 0.25), rel=0.1)

    def test_a_block_without_slopes_is_not_displaced(self):
        """A large residual on a plain block says nothing of where it lies."""
        sums = self.sums(0, 0, 0, 0, 0, 1e6)
        assert (displacement.solved_shift(sums), displacement.explained_share(sums)) == (0, 0)

    def test_a_displacement_explains_at_most_the_whole_residual(self):
        """A shift of half a pixel explains all of it. With four times this residual, it explains a quarter."""
        assert displacement.explained_share(self.sums(100, 100, 0, 50, 0, 25)) == pytest.approx(1)
        assert displacement.explained_share(self.sums(100, 100, 0, 50, 0, 100)) == pytest.approx(0.25)
        assert displacement.explained_share(self.sums(100, 100, 0, 50, 0, 1)) == 1

    def test_a_shape_without_change_has_no_scale_turn_or_bend(self):
        """Every statistic of the identity is that of 0, and a mere factor on the transform changes nothing."""
        shape = evidence._shape(np.eye(3), 80)
        assert shape.pop("scale") == 0
        assert set(shape.values()) == {logarithm(0, 0.01)}
        assert evidence._shape(np.eye(3) * 7, 80) == evidence._shape(np.eye(3), 80)

    def test_halving_and_doubling_are_the_same_scale(self):
        scale = [evidence._shape(np.diag([factor, factor, 1.0]), 80)["scale"] for factor in (0.5, 2.0)]
        assert scale == pytest.approx([np.log(2)] * 2)


class TestRegistration:
    def test_points_behind_the_camera_do_not_turn_up_in_the_image(self):
        """A depth below 0 would mirror them to the other side."""
        transform = np.array([[1.0, 0, 0], [0, 1, 0], [0.5, 0, 1]])
        across, _ = registration._mapped(transform, np.array([[-4.0], [0], [1]], np.float32), 1)
        assert across[0] < -1000

    def test_positions_of_a_reduced_level_are_those_of_its_pixels(self):
        """The middle of pixel 3 of a level of half the size lies at 7 of the full one."""
        across, down = registration._mapped(np.eye(3), np.array([[7.0], [9], [1]], np.float32), 2)
        assert (across[0], down[0]) == (3, 4)


class TestCues:
    @pytest.mark.parametrize(("away", "worth"), [(-9, -8), (-4, -8), (1, 2), (4, 8), (9, 8)])
    def test_count_up_to_four_deviations(self, away, worth):
        """One mad cue must not decide alone, for or against."""
        assert MOST_DEVIATIONS == 4
        assert CueWeight(10.0, 0.5, 2.0, 0.0, 0.0).worth(10 + away / 2) == worth

    @pytest.mark.parametrize(("away", "worth"), [(-2, 0), (-0.7, 0), (0.3, 1), (0.7, 1.4), (1.7, -3.6), (9, -15.1)])
    def test_may_bend_twice(self, away, worth):
        """Some of it may be for a copy, and more of it against it."""
        assert BENDS == (-0.7, 0.7)
        assert CueWeight(10.0, 0.5, 0.0, 1.0, -6.0).worth(10 + away / 2) == pytest.approx(worth)

    @pytest.mark.parametrize("size", [(1600, 900), (900, 1600), (800, 600), (600, 900), (5, 5)])
    def test_a_standard_shape_is_standard_upright_too(self, size):
        assert copy_cues._from_standard(*size) == pytest.approx(0, abs=1e-9)

    def test_an_odd_shape_counts_up_to_a_limit(self):
        """A panorama is no odder than a shape just beyond the reach."""
        assert copy_cues._from_standard(3000, 400) == copy_cues.ASPECT_REACH
        assert 0 < copy_cues._from_standard(1640, 900) < copy_cues.ASPECT_REACH

    def test_marks_are_those_of_the_copy_that_has_more_contrast(self):
        """A caption on one of twenty blocks counts for the copy that has it, and not for the other one."""
        plain, marked = np.full(20, 6, np.float32), np.array([40] + [6] * 19, np.float32)
        correlation = np.array([0.2] + [0.99] * 19, np.float32)
        steeper = np.log(marked / plain)
        with_it, without = (
            copy_cues._marks(marked, plain, correlation, steeper),
            copy_cues._marks(plain, marked, correlation, -steeper),
        )
        assert with_it["marks.extra"] > 0.1 > without["marks.extra"] == 0
        assert with_it["marks.steeper"] > 0 == without["marks.steeper"]
        assert without["marks.hidden"] > 0 == with_it["marks.hidden"]

    def test_a_smoothed_copy_has_less_grain(self):
        """Only the smoothest blocks count: edges differ for other reasons."""
        mine, theirs = np.array([0.5, 0.5, 40, 40], np.float32), np.array([1.5, 1.5, 5, 5], np.float32)
        assert copy_cues._grain(mine, theirs) == pytest.approx(np.log(1 / 2))
        assert copy_cues._grain(theirs, mine) == pytest.approx(np.log(2))
