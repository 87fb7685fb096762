"""The cues of whole copies: changed tones, and which copy is wider."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from image_release.dedup.change_cues import CHANGE_CUES, change_cues

SHAPE = (120, 160)
ALL = np.ones(SHAPE, np.bool_)


def scene(seed=1):
    """Pixels of all tones, with fine detail."""
    source = np.random.default_rng(seed)
    slow = np.linspace(10, 120, SHAPE[0])[:, None] + np.linspace(10, 120, SHAPE[1])
    return np.clip(slow + source.normal(0, 20, SHAPE), 0, 255).astype(np.float32)


def s_curved(pixels):
    """More contrast in the middle, less at both ends."""
    return (255 / (1 + np.exp(-(pixels - 128) / 37))).astype(np.float32)


def cues_of(one, other, wider=0.0):
    return change_cues(one, other, ALL, wider)


images = arrays(np.float32, SHAPE, elements=st.floats(0, 255, width=32))


class TestChangeCues:
    @pytest.mark.parametrize("seed", range(3))
    def test_an_s_curve_is_told_from_more_contrast(self, seed):
        """A faded copy has less contrast everywhere: beside it an original has no curve."""
        original = scene(seed)
        assert cues_of(s_curved(original), original)["tone.curve"] > 0.5
        assert abs(cues_of(original, 40 + 0.6 * original)["tone.curve"]) < 0.2

    def test_a_faded_copy_has_no_light_tones(self):
        """Its lightest tone is darker; among dark photographs this tells nothing."""
        assert cues_of(scene(), scene() * 0.8)["tone.lightest"] > 0.5
        assert cues_of(scene() * 0.5, scene() * 0.3)["tone.lightest"] == 0

    def test_the_middle_is_that_of_the_grey_levels_not_of_the_copy(self):
        """Among dark tones more contrast in some of them is no curve."""
        dark = np.tile(np.linspace(0, 60, SHAPE[1], dtype=np.float32), (SHAPE[0], 1))
        steeper = np.interp(dark, [0, 20, 40, 60], [0, 10, 50, 60]).astype(np.float32)
        assert abs(cues_of(steeper, dark)["tone.curve"]) < 0.1

    def test_two_grey_levels_that_are_left_tell_little(self):
        """Of a nearly plain copy beside a plain one."""
        plain = np.full(SHAPE, 128, np.float32)
        nearly = np.tile(np.linspace(127, 129, SHAPE[1], dtype=np.float32), (SHAPE[0], 1))
        assert 0 < cues_of(nearly, plain)["tone.curve"] < 0.06
        assert cues_of(plain, plain)["tone.curve"] == 0

    def test_a_gap_between_two_tones_counts_little(self):
        """Two halves with all tones of a range each: only the one step between them differs."""

        def halves(lower, upper):
            half = np.linspace(0, 50, SHAPE[1] // 2, dtype=np.float32)
            return np.tile(np.concatenate([lower + half, upper + half]), (SHAPE[0], 1))

        assert -0.35 < cues_of(halves(70, 140), halves(50, 160))["tone.curve"] < 0

    def test_what_lies_in_one_copy_only_changes_nothing(self):
        """A frame of the other one."""
        both = ALL.copy()
        both[:, :40] = False
        framed = s_curved(scene())
        framed[:, :40] = 255
        assert change_cues(framed, scene(), both, 0.0) == change_cues(s_curved(scene()), scene(), both, 0.0)

    def test_the_wider_copy_is_told(self):
        """By as much as it is wider, up to a limit."""
        assert [cues_of(scene(), scene(), wider=wider)["shape.wider"] for wider in (-0.1, 0.2, 5)] == [-0.1, 0.2, 0.3]

    @given(images, images, st.floats(-2, 2))
    def test_of_the_other_copy_are_the_opposite_and_are_limited(self, one, other, wider):
        """Whatever the two show."""
        mine, theirs = change_cues(one, other, ALL, wider), change_cues(other, one, ALL, -wider)
        assert mine.keys() == theirs.keys() == set(CHANGE_CUES)
        for name in CHANGE_CUES:
            assert abs(mine[name]) <= 2
            assert mine[name] == pytest.approx(-theirs[name], abs=1e-4)

    def test_are_nothing_where_the_copies_hardly_overlap(self):
        """Too few pixels say nothing."""
        few = np.zeros(SHAPE, np.bool_)
        few[:20, :30] = True
        assert set(change_cues(scene(), s_curved(scene()), few, 0.2).values()) == {0.0}
