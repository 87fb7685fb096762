"""Both samplers return the brightness between pixels, and repeat the outermost pixels beyond the edges."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.dedup.sampling import SampledImage, sample, within

IMAGE = np.random.default_rng(1).uniform(0, 255, (5, 7)).astype(np.float32)
SAMPLERS = {"once": lambda x, y: sample(IMAGE, x, y), "often": SampledImage.of(IMAGE).at}


def places(x, y):
    return np.array(x, np.float32).reshape(-1), np.array(y, np.float32).reshape(-1)


@pytest.mark.parametrize("sampler", SAMPLERS)
class TestSamples:
    def test_at_the_pixels_are_the_pixels(self, sampler):
        """A whole coordinate is the middle of a pixel."""
        y, x = np.mgrid[0:5, 0:7]
        assert SAMPLERS[sampler](*places(x, y)) == pytest.approx(IMAGE.ravel(), abs=1e-3)

    def test_between_four_pixels_are_their_mean(self, sampler):
        assert SAMPLERS[sampler](*places(2.5, 3.5))[0] == pytest.approx(IMAGE[3:5, 2:4].mean(), abs=1e-3)

    @pytest.mark.parametrize(
        ("x", "y", "pixel"), [(-3, -1, (0, 0)), (6.4, 4.4, (4, 6)), (99, 2, (2, 6)), (1, 99, (4, 1))]
    )
    def test_beyond_an_edge_are_the_outermost_pixels(self, sampler, x, y, pixel):
        assert SAMPLERS[sampler](*places(x, y))[0] == pytest.approx(IMAGE[pixel], abs=1e-3)


@given(st.lists(st.tuples(st.floats(-2, 9, width=32), st.floats(-2, 7, width=32)), min_size=1))
def test_both_samplers_agree_but_for_rounding(found):
    x, y = places(*zip(*found, strict=True))
    assert np.allclose(sample(IMAGE, x, y), SampledImage.of(IMAGE).at(x, y), atol=1e-3)


def test_an_image_reaches_half_a_pixel_around_its_outermost_middles():
    x, y = places([-0.5, -0.6, 6.5, 6.6, 3, 3], [0, 0, 4, 4, 4.5, 4.6])
    assert within(x, y, (5, 7)).tolist() == [True, False, True, False, True, False]
