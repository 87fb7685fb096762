"""The cues of marks, pixel by pixel: which of two aligned copies shows something of its own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from image_release.dedup.mark_cues import MARK_CUES, mark_cues

SHAPE = (120, 160)
ALL = np.ones(SHAPE, np.bool_)


def scene(seed=1, contrast=40.0):
    """A smooth scene with some texture."""
    source = np.random.default_rng(seed)
    small = source.normal(0, contrast, (16, 21))
    rows, columns = np.linspace(0, 14.9, SHAPE[0]), np.linspace(0, 19.9, SHAPE[1])
    top, left = rows.astype(int), columns.astype(int)
    down, across = (rows - top)[:, None], (columns - left)[None]
    upper = small[top][:, left] * (1 - across) + small[top][:, left + 1] * across
    lower = small[top + 1][:, left] * (1 - across) + small[top + 1][:, left + 1] * across
    return (128 + upper * (1 - down) + lower * down + source.normal(0, 1, SHAPE)).astype(np.float32)


def written(pixels, level=250.0):
    """The scene with thin strokes in a corner, as of small letters."""
    out = pixels.copy()
    for column in range(100, 150, 4):
        out[104:110, column : column + 2] = level
    return out


def noisy(pixels, seed):
    return pixels + np.random.default_rng(seed).normal(0, 1, SHAPE).astype(np.float32)


class TestMarkCues:
    @pytest.mark.parametrize("seed", range(5))
    @pytest.mark.parametrize("level", [250.0, 5.0])
    def test_small_letters_are_the_copys_own(self, seed, level):
        """Letters of six pixels, light or dark, in a corner."""
        cues = mark_cues(written(scene(seed), level), noisy(scene(seed), seed + 50), 1.0, ALL, ALL)
        assert min(cues["marks.own"], cues["marks.own_some"], cues["marks.alone"], cues["marks.energy"]) > 0

    @pytest.mark.parametrize("gain", [0.5, 1.0, 1.6])
    def test_another_contrast_is_no_mark(self, gain):
        """A faded copy shows nothing of its own."""
        faded = (noisy(scene(), 9) - 128) / np.float32(gain) + 128
        cues = mark_cues(scene(), faded, gain, ALL, ALL)
        assert abs(cues["marks.own"]) < 0.05

    def test_a_plate_has_one_brightness(self):
        """A plate covers what the other copy shows: its pixels are alike."""
        plated = scene()
        plated[80:110, 20:90] = 30
        cues = mark_cues(plated, noisy(scene(), 3), 1.0, ALL, ALL)
        assert cues["marks.modal"] > 0.2

    @pytest.mark.parametrize("seed", range(3))
    def test_a_plate_has_less_spread_than_what_it_covers(self, seed):
        """Also if it is as bright as the scene."""
        plated = scene(seed)
        plated[80:110, 20:90] = 128
        cues = mark_cues(plated, noisy(scene(seed), 3), 1.0, ALL, ALL)
        assert max(cues["marks.spread"], cues["marks.spread_plainly"]) < -0.2

    @given(st.integers(0, 5), st.integers(0, 5), st.floats(0.25, 4.0))
    def test_of_the_other_copy_are_the_opposite(self, one, other, gain):
        """Whatever the two show."""
        mine = mark_cues(written(scene(one)), scene(other), gain, ALL, ALL)
        theirs = mark_cues(scene(other), written(scene(one)), 1 / gain, ALL, ALL)
        assert mine.keys() == theirs.keys() == set(MARK_CUES)
        for name in MARK_CUES:
            assert mine[name] == pytest.approx(-theirs[name], abs=0.02)

    @given(
        arrays(np.float32, SHAPE, elements=st.floats(0, 255, width=32)),
        arrays(np.float32, SHAPE, elements=st.floats(0, 255, width=32)),
        st.floats(0.05, 20),
    )
    def test_are_plain_numbers(self, one, other, gain):
        """Also where the images are flat, or have nothing to do with each other."""
        assert np.isfinite(list(mark_cues(one, other, gain, ALL, ALL).values())).all()

    def test_are_nothing_where_the_copies_hardly_overlap(self):
        """Too few pixels say nothing."""
        few = np.zeros(SHAPE, np.bool_)
        few[:20, :30] = True
        assert set(mark_cues(scene(), written(scene()), 1.0, few, few).values()) == {0.0}
