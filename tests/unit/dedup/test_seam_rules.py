"""What is a seam, and what is a picture beyond it: rules on small made images, which are not registered."""

from dataclasses import replace

import numpy as np
import pytest

from image_release.dedup.blocks import BLOCK
from image_release.dedup.seams import _ends_at_seams, _Seen

ROWS, COLUMNS = 12, 24
BEGINS = 10
"""The column of blocks in which the part that agrees begins; left of it lies another picture."""


def made(begins=BEGINS):
    """An image whose right part agrees with another image, which goes on where the part ends."""
    chance = np.random.default_rng(1)
    shape, seam = (ROWS * BLOCK, COLUMNS * BLOCK), begins * BLOCK
    pixels = chance.uniform(40, 80, shape).astype(np.float32)
    other, inside, agrees = pixels.copy(), np.ones(shape, np.bool_), np.ones((ROWS, COLUMNS), np.bool_)
    pixels[:, :seam] = chance.uniform(150, 250, (shape[0], seam))
    inside[:, :seam], agrees[:, :begins] = False, False
    return _Seen(pixels, other, inside, agrees, ~agrees, np.ones_like(agrees))


def with_pixels(change, seen=None):
    """The image after a change of its pixels."""
    seen = seen or made()
    pixels = seen.pixels.copy()
    change(pixels)
    return replace(seen, pixels=pixels)


def beyond(flags, rows, columns, *, is_so):
    """Flags of blocks of which some are set."""
    changed = flags.copy()
    changed[rows, columns] = is_so
    return changed


@pytest.mark.parametrize("times", range(4))
def test_another_picture_beside_the_part_makes_a_collage_on_each_side(times):
    assert _ends_at_seams(made().turned(times))


class TestNoSeam:
    @pytest.mark.parametrize(("strip", "is_seam"), [(77, False), (84, True)])
    def test_is_where_the_step_is_hardly_larger_than_usual(self, strip, is_seam):
        """Inside of the part it is 10 grey levels on average; to the strip before it 17, or 24."""

        def stepped(pixels):
            pixels[:, BEGINS * BLOCK :] = np.random.default_rng(2).choice([50, 70], pixels[:, BEGINS * BLOCK :].shape)
            pixels[:, (BEGINS - 2) * BLOCK : BEGINS * BLOCK] = strip

        assert _ends_at_seams(with_pixels(stepped)) == is_seam

    @pytest.mark.parametrize(("share", "is_seam"), [(0.1, True), (0.25, False)])
    def test_is_a_line_that_is_open_at_more_than_a_few_places(self, share, is_seam):
        """A post or a shelf."""

        def opened(pixels):
            pixels[: round(share * ROWS * BLOCK), 60:110] = 60

        assert _ends_at_seams(with_pixels(opened)) == is_seam

    def test_is_where_something_continues_across(self):
        stripes = np.random.default_rng(3).uniform(0, 100, (ROWS * BLOCK, 1))

        def striped(pixels):
            pixels += stripes

        assert not _ends_at_seams(with_pixels(striped))

    def test_is_an_edge_that_the_other_image_has_too(self):
        """Then one photograph has an edge there, and the copies differ left of it."""
        seen = made()
        inside = seen.inside.copy()
        inside[:, BLOCK * 7 :] = True
        assert _ends_at_seams(replace(seen, inside=inside))
        assert not _ends_at_seams(replace(seen, inside=inside, other=seen.pixels))

    def test_on_one_side_is_enough_for_no_collage(self):
        """A crop that was put beside another picture would end at a seam there, too."""
        seen = made()
        goes_on = replace(
            seen,
            agrees=beyond(seen.agrees, slice(4), slice(None), is_so=False),
            unlike=beyond(seen.unlike, slice(4), slice(None), is_so=True),
        )
        assert not _ends_at_seams(goes_on)

    def test_is_asked_for_where_what_lies_beyond_is_plain(self):
        """A plain sky neither agrees nor disagrees."""
        seen = made()
        assert _ends_at_seams(replace(seen, agrees=beyond(seen.agrees, slice(4), slice(None), is_so=False)))

    def test_is_asked_for_where_the_part_reaches_nearly_to_the_side_of_the_image(self):
        """Two blocks of 24 at the right are unlike."""
        seen = made()
        reaches = replace(
            seen,
            agrees=beyond(seen.agrees, slice(None), slice(22, None), is_so=False),
            unlike=beyond(seen.unlike, slice(None), slice(22, None), is_so=True),
        )
        assert _ends_at_seams(reaches)


class TestNoPictureBeyondASeam:
    def test_is_a_narrow_bar(self):
        """A bar of a fifth of the width."""
        assert not _ends_at_seams(made(begins=5))
        assert _ends_at_seams(made(begins=7))

    def test_is_what_has_hardly_any_texture(self):
        """A margin."""
        seen = made()
        assert not _ends_at_seams(replace(seen, textured=beyond(seen.textured, slice(8), slice(BEGINS), is_so=False)))

    def test_is_what_has_two_tones(self):
        """A page with text."""

        def two_tones(pixels):
            part = pixels[:, : BEGINS * BLOCK]
            part[:] = np.where(part > 200, 240, 180)

        assert not _ends_at_seams(with_pixels(two_tones))

    def test_is_what_is_unlike_in_few_places_only(self):
        seen = made()
        assert not _ends_at_seams(replace(seen, unlike=beyond(seen.unlike, slice(7), slice(None), is_so=False)))


def test_a_few_blocks_that_agree_by_chance_do_not_move_where_the_part_begins():
    seen = made()
    assert _ends_at_seams(replace(seen, agrees=beyond(seen.agrees, slice(2), slice(3, 6), is_so=True)))
