"""At a glance: what is worth being verified passes, and most of what is not is told by its brightness alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from image_release.dedup import is_copy, may_be_copy
from tests.unit.dedup.images import COPIES, photo, seen

SAME_FRAME = ("smaller", "cropped", "dark", "faded", "stretched", "grey")


def print_of(image):
    return seen(image).fingerprint


@pytest.mark.parametrize("name", SAME_FRAME)
@pytest.mark.parametrize("seed", range(3))
def test_copies_that_hashes_find_pass_whichever_is_first(name, seed):
    image, copy = print_of(photo(seed)), print_of(COPIES[name](photo(seed)))
    assert may_be_copy(image, copy)
    assert may_be_copy(copy, image)


def test_different_photographs_do_not_pass():
    images = [print_of(photo(seed)) for seed in range(12)]
    passed = [(one, other) for one in range(12) for other in range(one) if may_be_copy(images[one], images[other])]
    assert passed == []


def test_a_negative_does_not_pass():
    rgb = np.asarray(photo(1))
    assert not may_be_copy(print_of(photo(1)), print_of(Image.fromarray(255 - rgb)))


def test_an_image_of_one_grey_is_no_copy_and_no_error():
    flat = print_of(Image.new("RGB", (480, 340), (120, 120, 120)))
    assert not may_be_copy(flat, flat)
    assert not may_be_copy(flat, print_of(photo(1)))


@settings(max_examples=30, deadline=None)
@given(st.integers(16, 1500), st.integers(16, 1500), st.integers(0, 99))
def test_every_shape_can_be_compared(width, height, seed):
    image = print_of(photo(seed).resize((width, height)))
    assert may_be_copy(image, image)


def test_a_copy_passes_at_a_glance():
    image, copy = print_of(photo(4)), print_of(COPIES["smaller"](photo(4)))
    assert is_copy(image, copy)
    assert may_be_copy(image, copy)
