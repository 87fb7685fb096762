"""A collage of a photograph and others is no copy of it; a crop, and a copy with something around it, is one."""

import random
from itertools import combinations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from benchmarks.collages import CROPS, KINDS, LARGE, WHOLE, cells, collage, crop
from benchmarks.known_failures import HOTELS, grouped
from image_release.dedup import explain
from tests.unit.dedup.images import seen

PHOTOS = [
    Image.open(HOTELS / f"{name}.jpg").convert("RGB")
    for name in ("casa-brisa/twin-room", "the-foundry/restaurant", "alpenhof-larch/terrace", "alpenhof-larch/lobby")
]
WHOLE_COLLAGE = collage(WHOLE, PHOTOS, random.Random(1))


def on_a_page(image):
    """A copy at the top of a white page with a few lines of text."""
    page = Image.new("RGB", (960, 1200), "white")
    page.paste(image.resize((960, 640)), (0, 0))
    for number in range(12):
        ImageDraw.Draw(page).text((40, 680 + 40 * number), "A quiet room with a view of the garden " * 3, "black")
    return page


def on_itself(image):
    """A copy on a blurred enlarged copy of itself, as narrow copies are put on a wide screen."""
    screen = ImageOps.fit(image, (1100, 600)).filter(ImageFilter.GaussianBlur(25))
    screen.paste(image.resize((700, 600)), (0, 0))
    return screen


class TestACollage:
    @pytest.mark.parametrize("kind", [WHOLE, LARGE[1], "2 x 1"])
    def test_is_no_copy_of_a_photograph_that_it_shows(self, kind):
        assert grouped({"A": PHOTOS[0], "C": collage(kind, PHOTOS, random.Random(1))}) == {"A", "C"}

    def test_mirrored_is_none_either(self):
        assert grouped({"A": PHOTOS[0], "C": ImageOps.mirror(WHOLE_COLLAGE)}) == {"A", "C"}

    def test_is_one_picture_with_its_copies(self):
        copies = {"c": WHOLE_COLLAGE.resize((600, 300)), "k": WHOLE_COLLAGE.crop((20, 0, *WHOLE_COLLAGE.size))}
        assert grouped({"C": WHOLE_COLLAGE, **copies}) == {"Cck"}

    def test_is_told_in_the_explanation(self):
        photo, page, part = (
            seen(image).fingerprint for image in (PHOTOS[0], WHOLE_COLLAGE, PHOTOS[0].crop((0, 0, 600, 640)))
        )
        assert explain(photo, page).is_collage
        assert explain(page, photo).is_collage
        assert not explain(photo, part).is_collage


class TestACopy:
    @pytest.mark.parametrize("around", [on_a_page, on_itself, lambda image: ImageOps.expand(image, 90, "#604020")])
    def test_with_something_around_it_is_no_collage(self, around):
        assert grouped({"A": PHOTOS[1], "C": around(PHOTOS[1])}) == {"AC"}

    @pytest.mark.parametrize("kind", CROPS)
    def test_that_is_cropped_is_no_collage(self, kind):
        chance = random.Random(2)
        for photo in PHOTOS:
            assert not explain(*(seen(image).fingerprint for image in (photo, crop(kind, photo, chance)))).is_collage


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != WHOLE])
def test_the_cells_of_a_made_collage_fill_it_and_do_not_overlap(kind):
    boxes = cells(kind, 640, 480, 10)
    filled = np.zeros((480, 640), int)
    for left, top, right, bottom in boxes:
        filled[top:bottom, left:right] += 1
    assert filled.max() == 1
    assert filled[0, 0] == filled[-1, -1] == 1
    assert all(one != other for one, other in combinations(boxes, 2))
