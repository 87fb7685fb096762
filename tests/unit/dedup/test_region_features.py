"""What is measured of a region in which two images differ, each by its definition, on small arrays."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from image_release.dedup.changed_regions import (
    CELL,
    LEAST_IN_CELL,
    MARGIN,
    MOST_NOTABLE,
    NEAR_SIDE,
    NEARLY_BLACK,
    NEARLY_WHITE,
    NOTABLE,
    STEP,
    _AlignedImage,
    _at_the_ends,
    _connected,
    _correlation,
    _curve,
    _Differing,
    _directed,
    _features,
    _goes_with,
    _largest_share,
    _least_near,
    _places,
    _plate,
    _powers,
    _regions,
    _sides_touched,
    _straight,
    _toned,
)
from image_release.dedup.pixels import mean_near, slopes

SIZES = st.tuples(st.integers(3, 9), st.integers(3, 9))
GREY = SIZES.flatmap(lambda size: arrays(np.float32, size, elements=st.integers(0, 255).map(float)))
FLAGS = SIZES.flatmap(lambda size: arrays(np.bool_, size))


def around(padded, row, column):
    """The square of three pixels a side around a pixel of an array that is padded by one."""
    return padded[row : row + 3, column : column + 3]


class TestNeighbours:
    @given(GREY)
    def test_mean_is_that_of_a_square_and_the_edge_is_repeated(self, pixels):
        padded = np.pad(pixels, 1, mode="edge")
        expected = [around(padded, *at).mean() for at in np.ndindex(pixels.shape)]
        assert mean_near(pixels).ravel() == pytest.approx(expected, abs=1e-3)

    @given(FLAGS)
    def test_least_is_set_where_all_are(self, flags):
        padded = np.pad(flags, 1, constant_values=True)
        assert _least_near(flags).ravel().tolist() == [around(padded, *at).all() for at in np.ndindex(flags.shape)]

    @given(GREY)
    def test_slopes_are_half_of_what_the_neighbours_differ_by_and_none_at_the_ends(self, pixels):
        across, down = slopes(pixels)
        assert across[:, 1:-1] == pytest.approx((pixels[:, 2:] - pixels[:, :-2]) / 2)
        assert down[1:-1] == pytest.approx((pixels[2:] - pixels[:-2]) / 2)
        assert not across[:, [0, -1]].any()
        assert not down[[0, -1]].any()
        side = _AlignedImage.of(pixels)
        assert side.energy() == pytest.approx(across**2 + down**2)

    @given(FLAGS)
    def test_cells_that_touch_have_one_number_and_others_have_not(self, cells):
        labels = _connected(cells)
        assert ((labels > 0) == cells).all()
        left, sets = {(int(row), int(column)) for row, column in zip(*np.nonzero(cells), strict=True)}, []
        while left:
            open_cells, found = [left.pop()], set()
            while open_cells:
                row, column = open_cells.pop()
                found.add((row, column))
                near = {(row + down, column + across) for down in (-1, 0, 1) for across in (-1, 0, 1)} & left
                left -= near
                open_cells += near
            sets.append({int(labels[at]) for at in found})
        assert all(len(numbers) == 1 for numbers in sets)
        assert len(set().union(*sets)) == len(sets)


class TestTheCurveOfTones:
    def test_places_are_measured_from_the_middle_of_the_image(self):
        x, y = [-0.75, -0.25, 0.25, 0.75] * 2, [-0.5] * 4 + [0.5] * 4
        expected = [[1, a, b, a * b, a * a, b * b] for a, b in zip(x, y, strict=True)]
        assert _places(2, 4) == pytest.approx(np.array(expected))

    @settings(max_examples=30, deadline=None)
    @given(st.floats(0.5, 1.5), st.floats(-20, 20), st.floats(-15, 15), st.integers(0, 99))
    def test_is_found_also_where_some_blocks_show_something_else(self, gain, more, slope, seed):
        """Brightness of another gain, and a change over the image; three blocks of 96 are covered."""
        there = np.random.default_rng(seed).uniform(20, 235, 96).astype(np.float32)
        here = (gain * there + more + slope * _places(8, 12)[:, 1]).astype(np.float32)
        wanted = here.copy()
        wanted[[3, 40, 77]] = (255, 0, 255)
        curve = _curve(wanted, there, np.ones(96, np.bool_), (8, 12))
        assert _toned(there.reshape(8, 12), curve).ravel() == pytest.approx(here, abs=1.5)

    def test_has_the_powers_of_a_brightness_around_the_middle_grey(self):
        assert _powers(np.array([128, 192, 0], np.float32)).tolist() == [[0, 0, 0], [0.5, 0.25, 0.125], [-1, 1, -1]]

    def test_is_a_polynomial_of_the_brightness(self):
        curve = np.array([100, 0, 0, 0, 0, 0, 50, 20, 8.0])
        assert _toned(np.full((2, 2), 192, np.float32), curve) == pytest.approx(100 + 25 + 5 + 1)


class TestWhatTellsMarks:
    def test_correlation_is_drawn_towards_0(self):
        values = np.array([0, 10, 20, 30], np.float32)
        deviation = float(values.std())
        expected = deviation**2 / (deviation**2 + 9)
        assert _correlation(values, values + 7, deviation, deviation) == pytest.approx(expected)
        assert _correlation(values, 9 - values, deviation, deviation) == pytest.approx(-expected)

    def test_a_difference_goes_with_the_image_that_has_the_mark(self):
        mark, plain = np.zeros((9, 9), np.float32), np.zeros((9, 9), np.float32)
        mark[3:6, 3:6] = 90
        one, other, found = _AlignedImage.of(mark), _AlignedImage.of(plain), np.ones((9, 9), np.bool_)
        difference = _AlignedImage.of(mark - plain)
        squares = float(difference.energy().sum())
        assert _goes_with(difference, one, found) == pytest.approx(squares / (squares + 50))
        assert _goes_with(difference, one, found, sign=-1) == pytest.approx(-squares / (squares + 50))
        assert _goes_with(difference, other, found) == 0

    def test_slopes_along_the_sides_are_straight_and_directed(self):
        ramp = np.repeat(np.arange(0, 90, 10, dtype=np.float32)[None], 9, axis=0)
        inner = np.zeros((9, 9), np.bool_)
        inner[1:-1, 1:-1] = True
        assert _straight(_AlignedImage.of(ramp), inner) == pytest.approx(10 / 12)
        assert _straight(_AlignedImage.of(ramp + ramp.T), inner) == 0
        for side in (ramp, ramp.T):
            assert _directed(_AlignedImage.of(side), inner) == pytest.approx(math.log(102 / 2))
        assert _directed(_AlignedImage.of(ramp + ramp.T), inner) == 0

    def test_values_at_the_ends_are_nearly_white_or_nearly_black(self):
        values = [NEARLY_WHITE + 1, NEARLY_WHITE, 128, NEARLY_BLACK, NEARLY_BLACK - 1]
        assert _at_the_ends(np.array(values, np.float32)) == pytest.approx(2 / 5)

    def test_the_largest_share_is_that_of_one_class_of_brightness(self):
        values = [50, 50 + 2 * STEP - 1, 50 + 2 * STEP, 90, 140]
        assert _largest_share(np.array(values, np.float32)) == pytest.approx(2 / 5)

    def test_a_plate_has_one_brightness_that_is_rare_around_it(self):
        pixels = np.full((12, 12), 100, np.float32)
        pixels[4:8, 4:8] = 204
        tight = (slice(4, 8), slice(4, 8))
        assert _plate(pixels, tight) == 1
        pixels[0] = 204
        assert _plate(pixels, tight) == pytest.approx(1 - 12 / 128)
        pixels[4, 4:8] = 30
        assert _plate(pixels, tight) == pytest.approx(12 / 16 - 12 / 128)
        assert _plate(np.full((4, 4), 90, np.float32), (slice(0, 4), slice(0, 4))) == 1


def differing(height=40, width=48, left=20, top=12, wide=8, high=12):
    """An even image, and the same with a bright box; what differs is known exactly."""
    one = np.full((height, width), 100, np.float32)
    other = one.copy()
    other[top : top + high, left : left + wide] = 180
    unexplained = np.zeros((height, width), np.float32)
    unexplained[top : top + high, left : left + wide] = 3.2
    inside = np.ones((height, width), np.bool_)
    return _Differing(_AlignedImage.of(one), _AlignedImage.of(other), inside, unexplained, 1.5, 9.0)


class TestARegion:
    def test_is_found_with_a_margin_and_measured(self):
        found = differing()
        ((region, box),) = _regions(found.unexplained > 2, found.unexplained)
        assert box == (slice(12 - MARGIN, 24 + MARGIN), slice(20 - MARGIN, 28 + MARGIN))
        assert int(region.sum()) == 8 * 12
        features = _features(found, found.unexplained > 2, region, box)
        assert {name: features[name] for name in ("filled", "touches", "one_way", "flat", "plate", "extreme")} == {
            "filled": 1, "touches": 0, "one_way": 1, "flat": 1, "plate": 1, "extreme": 0,
        }  # fmt: skip
        assert features["pixels"] == pytest.approx(math.log(96))
        assert features["strength"] == pytest.approx(math.log(3.2 - NOTABLE + 0.1), abs=1e-5)
        assert features["height"] == pytest.approx(math.log(12))
        assert features["width"] == pytest.approx(8 / 48)
        assert features["thick"] == pytest.approx(6 * 10 / 96)
        assert features["amount"] == pytest.approx(math.log(80 / 10 + 0.02))
        assert features["noise"] == pytest.approx(math.log(1.5))
        assert features["contrast"] == pytest.approx(math.log(2))
        assert features["alike"] == 0
        assert features["own"] == 0

    def test_is_measured_in_the_image_that_looks_more_like_one_with_a_mark(self):
        found = differing()
        found.other.pixels[12:18, 20:28] = 250
        ((region, box),) = _regions(found.unexplained > 2, found.unexplained)
        features = _features(found, found.unexplained > 2, region, box)
        assert features["extreme"] == 0.5  # of the box; the image without it has no white
        assert features["flat"] == 1  # of the image without the box; the box has two tones
        assert features["contrast"] == pytest.approx(math.log(35 + 2))

    def test_at_the_edge_of_the_image_has_no_margin_beyond_it(self):
        found = differing(left=40, top=28)
        ((_, box),) = _regions(found.unexplained > 2, found.unexplained)
        assert box == (slice(28 - MARGIN, 40), slice(40 - MARGIN, 48))
        found = differing(left=0, top=0)
        ((_, box),) = _regions(found.unexplained > 2, found.unexplained)
        assert box == (slice(0, 12 + MARGIN), slice(0, 8 + MARGIN))

    def test_that_differs_more_comes_first_whatever_its_size(self):
        found = differing()
        unexplained = found.unexplained.copy()
        unexplained[32:36, 4:8] = NOTABLE + MOST_NOTABLE + 90  # counts no more than the most notable
        unexplained[0:4, 40:48] = 2.1
        boxes = [box for _, box in _regions(unexplained > 2, unexplained)]
        assert [box[0].start for box in boxes] == [12 - MARGIN, 32 - MARGIN, 0]

    def test_of_too_few_pixels_is_none(self):
        unexplained = np.zeros((40, 48), np.float32)
        unexplained[4, 4 : 4 + LEAST_IN_CELL] = 9
        assert list(_regions(unexplained > 2, unexplained)) == []
        unexplained[4 : 4 + CELL, 4 : 4 + CELL - 1] = 9
        assert len(list(_regions(unexplained > 2, unexplained))) == 1

    @pytest.mark.parametrize(
        ("top", "left", "bottom", "right", "touched"),
        [
            (NEAR_SIDE + 1, NEAR_SIDE + 1, 39 - NEAR_SIDE, 47 - NEAR_SIDE, 0),
            (NEAR_SIDE, NEAR_SIDE + 1, 39 - NEAR_SIDE, 47 - NEAR_SIDE, 1),
            (NEAR_SIDE + 1, NEAR_SIDE, 39 - NEAR_SIDE, 47 - NEAR_SIDE, 1),
            (NEAR_SIDE + 1, NEAR_SIDE + 1, 40 - NEAR_SIDE, 47 - NEAR_SIDE, 1),
            (NEAR_SIDE + 1, NEAR_SIDE + 1, 39 - NEAR_SIDE, 48 - NEAR_SIDE, 1),
            (0, 0, 40, 48, 4),
        ],
    )
    def test_touches_the_sides_that_it_comes_near_to(self, top, left, bottom, right, touched):
        inside, whole = np.ones((40, 48), np.bool_), (slice(0, 40), slice(0, 48))
        assert _sides_touched(inside, whole, (slice(top, bottom), slice(left, right))) == touched

    def test_touches_the_end_of_what_both_images_show(self):
        inside = np.zeros((40, 48), np.bool_)
        inside[10:30, 10:40] = True
        box = (slice(8, 32), slice(8, 42))
        assert _sides_touched(inside, box, (slice(2, 12), slice(8, 20))) == 1
        assert _sides_touched(inside, box, (slice(8, 22), slice(2, 32))) == 3
