"""The cues of borders: a frame is a copy's own, a plain margin lies in both files."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.dedup.border_cues import BORDER_CUES, PlacedFile, border_cues

WHOLE = (0.0, 0.0, 1.0, 1.0)


def placed(inside=WHOLE, size=(120, 160), to_reference=None):
    return PlacedFile(size, inside, np.eye(3) if to_reference is None else to_reference)


def moved(across=0.0, down=0.0, scale=1.0):
    return np.array([[scale, 0, across], [0, scale, down], [0, 0, 1]])


boxes = st.builds(
    lambda left, top, right, bottom: (left, top, 1 - right, 1 - bottom), *[st.floats(0, 0.3) for _ in range(4)]
)
places = st.builds(
    moved,
    st.floats(-200, 200),
    st.floats(-200, 200),
    st.floats(0.3, 3),
)
files = st.builds(
    lambda inside, height, width, place: placed(inside, (height, width), place),
    boxes,
    st.integers(16, 400),
    st.integers(16, 400),
    places,
)


class TestBorderCues:
    @pytest.mark.parametrize("border", [0.05, 0.1, 0.2])
    def test_a_frame_around_what_the_other_file_shows_is_its_own(self, border):
        """The framed copy has a border outside of the other file, and shares none with it."""
        framed = placed((border, border, 1 - border, 1 - border))
        cues = border_cues(framed, placed())
        assert cues["border.own"] > border
        assert cues["border.shared"] == 0

    def test_a_plain_margin_that_the_other_file_has_too_is_shared(self):
        """One file was trimmed at the top, the other one was not, and both show the same."""
        trimmed = placed((0, 0.25, 1, 1), (120, 160))
        whole = placed(WHOLE, (160, 160), moved(down=-40))
        cues = border_cues(trimmed, whole)
        assert cues["border.own"] == 0
        assert cues["border.shared"] == pytest.approx(0.75, abs=0.05)

    def test_a_frame_counts_by_its_share_of_the_file(self):
        """Each side of this one has another width; of 40 points along each side, 37 and 34 lie inside. A third is 1."""
        cues = border_cues(placed((0.05, 0.1, 0.98, 0.95), (102, 149)), placed(WHOLE, (102, 149)))
        assert cues["border.own"] == pytest.approx(3 * (1 - 37 / 40 * 34 / 40))

    @pytest.mark.parametrize(
        ("across", "down", "is_in_line"),
        [
            *((2.9, 0, True), (-2.9, 0, True), (0, 2.4, True), (0, -2.4, True)),
            *((3.1, 0, False), (-3.1, 0, False), (0, 2.6, False), (0, -2.6, False)),
        ],
    )
    def test_two_files_may_be_out_of_line_by_a_pixel(self, across, down, is_in_line):
        """The outermost points of the first file lie 2 and 1.5 pixels inside of it."""
        trimmed = placed((0.1, 0.1, 0.9, 0.9), (96, 128))
        whole = placed(WHOLE, (120, 160), moved(across - 16, down - 12))
        assert (border_cues(trimmed, whole)["border.own"] == 0) is is_in_line

    def test_a_file_that_was_turned_lies_where_it_shows_the_same(self):
        """The same two files, the second one turned by a quarter: it still ends where the first one does."""
        trimmed = placed((0.1, 0.1, 0.9, 0.9), (96, 128))
        turned = placed(WHOLE, (160, 120), np.array([[0, 1, -16], [-1, 0, 108], [0, 0, 1]]))
        cues = border_cues(trimmed, turned)
        assert (cues["border.own"], cues["border.shared"]) == (0, 1)

    def test_a_margin_that_was_trimmed_from_both_tells_nothing(self):
        """Then it says the same of both."""
        both = placed((0, 0.25, 1, 1))
        assert border_cues(both, both) == {"border.own": 0, "border.shared": 0}

    def test_files_without_borders_have_no_such_cues(self):
        """Also where one is a crop of the other."""
        assert border_cues(placed(), placed(WHOLE, (60, 80), moved(40, 30))) == dict.fromkeys(BORDER_CUES, 0.0)

    @given(files, files)
    def test_of_the_other_copy_are_the_opposite_and_are_limited(self, one, other):
        """Wherever the two lie."""
        mine, theirs = border_cues(one, other), border_cues(other, one)
        for name in BORDER_CUES:
            assert mine[name] == -theirs[name]
            assert math.isfinite(mine[name])
            assert abs(mine[name]) <= 1
