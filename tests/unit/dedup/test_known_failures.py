"""What grouping cannot do, each by its name in `docs/same-picture.md`, and what more copies must not do.

A test that fails because a failure is gone is good news: take the failure out of the page.
"""

import random

import pytest
from PIL import Image

from benchmarks.known_failures import HOTELS, bare_wall, crops, grouped, second_shot, under_a_code, under_a_star
from image_release.dedup import group_same
from image_release.settings import GroupingSettings
from tests.unit.dedup.images import COPIES, seen

SAMPLES = ["alpenhof-larch/lobby", "casa-brisa/twin-room", "the-foundry/restaurant"]


def sample(name):
    return Image.open(HOTELS / f"{name}.jpg").convert("RGB")


@pytest.mark.parametrize("name", SAMPLES)
class TestABareWall:
    def test_stays_apart_from_its_photograph(self, name):
        """It has no texture to align, so a traveller may see it as a picture of its own."""
        image = sample(name)
        assert grouped({"A": image, "W": bare_wall(image)}) == {"A", "W"}


@pytest.mark.parametrize("name", SAMPLES)
class TestCropsThatHardlyOverlap:
    def test_stay_apart(self, name):
        """They share an eighth of their photograph."""
        left, right = crops(sample(name))
        assert grouped({"L": left, "R": right}) == {"L", "R"}

    def test_are_connected_by_a_whole_copy(self, name):
        image = sample(name)
        left, right = crops(image)
        assert grouped({"A": image, "L": left, "R": right}) == {"ALR"}

    def test_that_share_nothing_are_not_connected(self, name):
        """They may as well be two photographs that a collage shows side by side."""
        image = sample(name)
        left, right = (image.crop(box) for box in ((0, 0, 440, image.height), (520, 0, 960, image.height)))
        assert len(grouped({"A": image, "L": left, "R": right})) > 1


class TestALargeMarkInTheMiddle:
    """It stands where things stand, so it may be taken for a thing that came."""

    @pytest.mark.parametrize(
        ("name", "expected"), [("the-foundry/restaurant", {"AC"}), ("alpenhof-larch/twin-room", {"A", "C"})]
    )
    def test_of_a_square_code_seldom_keeps_a_copy_apart(self, name, expected):
        """Only where its straight sides are not found all around."""
        image = sample(name)
        assert grouped({"A": image, "C": under_a_code(image)}) == expected

    def test_of_a_star_keeps_some_copies_apart(self):
        """A whole copy without a star connects most of them."""
        image = sample("casa-brisa/facade")
        stars = {"S": under_a_star(image, 0.3), "T": under_a_star(image, 0.6)}
        assert grouped(stars) == {"S", "T"}
        assert grouped({"A": image, **stars}) == {"AST"}


class TestATurnedCopy:
    @pytest.mark.parametrize("turn", [Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180])
    def test_stays_apart(self, turn):
        """Points are described upright."""
        image = sample(SAMPLES[0])
        assert grouped({"A": image, "T": image.transpose(turn)}) == {"A", "T"}


class TestASecondShotBetweenTwoCopies:
    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("casa-brisa/twin-room", {"BLR"}),
            ("alpenhof-larch/terrace", {"BLR"}),
            ("the-foundry/restaurant", {"BL", "R"}),
        ],
    )
    def test_may_connect_two_crops_of_the_first(self, name, expected):
        """The camera has hardly moved, and no whole copy tells the two shots apart."""
        image = sample(name)
        left, right = crops(image)
        assert grouped({"B": second_shot(image, 8), "L": left, "R": right}) == expected


class TestMoreCopies:
    SHIFTS = (8, 24, 32, 40, 48)

    @pytest.mark.parametrize("name", SAMPLES)
    def test_of_two_shots_answer_as_fewer_did(self, name):
        """Whether two shots are one picture does not depend on how many copies there are of each.

        Between shots that are joined and shots that are not there may be one where the answer depends on it.
        """
        image = sample(name)
        answers = [self.answers(image, second_shot(image, shift)) for shift in self.SHIFTS]
        assert sum(len(set(each)) > 1 for each in answers) <= 1

    def answers(self, first, second):
        """Whether two shots are in one picture if there are one, two and three copies of each."""
        copies = {"original": lambda image: image, **{name: COPIES[name] for name in ("captioned", "cropped")}}
        found, images = [], {}
        for name, change in copies.items():
            images |= {f"first-{name}": seen(change(first)), f"second-{name}": seen(change(second))}
            pictures = group_same(images, (), GroupingSettings())
            found.append(any({"first-original", "second-original"} <= {*each.members} for each in pictures))
        return found

    def test_of_different_pictures_join_nothing(self):
        """Ten pictures of a hotel, three of them of one room, with one to three copies each."""
        chance = random.Random(1)
        images = {}
        for path in sorted((HOTELS / "casa-brisa").glob("*.jpg")):
            image = Image.open(path).convert("RGB")
            for name in chance.sample(sorted(COPIES), chance.randint(1, 3)):
                images[f"{path.stem}/{name}"] = seen(COPIES[name](image))
        for picture in group_same(images, (), GroupingSettings()):
            assert len({member.split("/")[0] for member in picture.members}) == 1
