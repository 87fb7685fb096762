"""An image that shows two photographs does not make one picture of them."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from benchmarks.known_failures import HOTELS, crops, grouped
from image_release.dedup import group_same
from image_release.dedup.collages import CELLS, LEAST_CELLS, share_a_part
from image_release.settings import GroupingSettings
from image_release.values import Override
from tests.unit.dedup.images import COPIES, seen

FIRST, SECOND, THIRD, FOURTH = (
    Image.open(HOTELS / f"{name}.jpg").convert("RGB")
    for name in ("alpenhof-larch/lobby", "casa-brisa/twin-room", "the-foundry/restaurant", "alpenhof-larch/terrace")
)


def side_by_side(*images):
    """The whole images next to each other, with a white gap."""
    small = [image.resize((480, 320)) for image in images]
    whole = Image.new("RGB", (490 * len(small) - 10, 320), "white")
    for number, image in enumerate(small):
        whole.paste(image, (490 * number, 0))
    return whole


def four(*images):
    """Four whole images in two rows."""
    rows = [side_by_side(*images[:2]), side_by_side(*images[2:])]
    whole = Image.new("RGB", (rows[0].width, 650), "white")
    whole.paste(rows[0], (0, 0))
    whole.paste(rows[1], (0, 330))
    return whole


def halves(first, second):
    """The left half of one image and the right half of another one."""
    whole, other = ImageOps.fit(first, (960, 640)), ImageOps.fit(second, (960, 640))
    whole.paste(other.crop((480, 0, 960, 640)), (480, 0))
    return whole


def inset(first, second):
    """A small image in a corner of a large one."""
    whole = ImageOps.fit(first, (960, 640))
    whole.paste(ImageOps.fit(second, (400, 280)), (540, 340))
    return whole


def letters(groups):
    """The groups that hold images of two photographs, whatever collage is in them."""
    return [group for group in groups if len(set(group.upper()) & set("ABDE")) > 1]


class TestACollage:
    @pytest.mark.parametrize("collage", [side_by_side, halves, inset])
    def test_does_not_link_two_photographs(self, collage):
        groups = grouped({"A": FIRST, "B": SECOND, "C": collage(FIRST, SECOND)})
        assert letters(groups) == []

    def test_of_four_does_not_link_them(self):
        """Each photograph and a copy of it, and two copies of the collage: more copies link no more."""
        photographs = dict(zip("ABDE", (FIRST, SECOND, THIRD, FOURTH), strict=True))
        copies = {name.lower(): COPIES["cropped"](image) for name, image in photographs.items()}
        collage = four(*photographs.values())
        groups = grouped(photographs | copies | {"C": collage, "c": COPIES["captioned"](collage)})
        assert letters(groups) == []

    def test_mirrored_does_not_link_them_either(self):
        groups = grouped({"A": FIRST, "B": SECOND, "C": ImageOps.mirror(side_by_side(FIRST, SECOND))})
        assert letters(groups) == []

    @pytest.mark.parametrize("collage", [side_by_side, halves])
    def test_is_a_picture_of_its_own_that_repeats_what_it_shows(self, collage):
        """It is not a copy of one photograph. The order keeps pictures of the same view apart."""
        pictures = group_same({"A": seen(FIRST), "C": seen(collage(FIRST, SECOND))}, (), GroupingSettings())
        assert [(picture.members, [view.other for view in picture.same_view]) for picture in pictures] == [
            (("A",), ["C"]),
            (("C",), ["A"]),
        ]

    def test_links_them_if_a_person_says_so(self):
        images = {"A": seen(FIRST), "B": seen(SECOND), "C": seen(side_by_side(FIRST, SECOND))}
        same = Override("same", ("A", "C"))
        assert len(group_same(images, (same,), GroupingSettings())) <= 2
        both = (same, Override("same", ("B", "C")))
        assert [picture.members for picture in group_same(images, both, GroupingSettings())] == [("A", "B", "C")]


class TestAWholeCopy:
    @pytest.mark.parametrize("image", [FIRST, SECOND, THIRD])
    def test_links_two_crops_that_share_a_little(self, image):
        left, right = crops(image)
        assert grouped({"A": image, "L": left, "R": right}) == {"ALR"}


class TestParts:
    def test_that_overlap_by_a_tenth_of_the_smaller_share_a_part(self):
        assert share_a_part(cells(0, 100), cells(90, 256))
        assert not share_a_part(cells(0, 100), cells(91, 256))

    def test_that_are_small_say_nothing(self):
        assert share_a_part(cells(0, LEAST_CELLS - 1), cells(100, 256))
        assert not share_a_part(cells(0, LEAST_CELLS), cells(100, 256))


def cells(first, end):
    """A part of an image: some of its cells, counted row by row."""
    part = np.zeros(CELLS**2, np.bool_)
    part[first:end] = True
    return part.reshape(CELLS, CELLS)
