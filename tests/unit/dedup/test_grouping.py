"""Copies of one photograph are one picture; people's decisions are binding; order and names of images do not matter."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from image_release.dedup import Evidence, Picture, choose_best, evidence_with, group_same, placeholder
from image_release.dedup.grouping import Pairs
from image_release.dedup.weights import shipped_weights
from image_release.outcomes import Outcome
from image_release.settings import GroupingSettings
from image_release.values import Override
from tests.unit.dedup.images import COPIES, photo, seen

SETTINGS = GroupingSettings()


@pytest.fixture(scope="module")
def hotel():
    """Three photographs with copies, by a name that tells which."""
    images = {}
    for number in range(3):
        original = photo(number)
        images[f"{number}-original"] = seen(original)
        for name, change in COPIES.items():
            images[f"{number}-{name}"] = seen(change(original))
    return images


def groups(images, decisions=()):
    return {frozenset(picture.members) for picture in group_same(images, decisions, SETTINGS)}


class TestCopies:
    @pytest.mark.parametrize("name", COPIES)
    def test_are_found(self, hotel, name):
        """Whatever partners change, a copy shows the same photograph."""
        pair = {key: hotel[key] for key in ("0-original", f"0-{name}")}
        assert groups(pair) == {frozenset(pair)}

    def test_are_grouped_by_photograph(self, hotel):
        """A hotel's images fall into its photographs."""
        assert groups(hotel) == {frozenset(key for key in hotel if key[0] == number) for number in "012"}

    def test_of_the_same_content_under_two_names_are_one(self):
        """Equal fingerprints are one picture."""
        assert groups({"a": seen(photo(1)), "b": seen(photo(1))}) == {frozenset("ab")}


class TestGroups:
    def test_every_image_is_in_one(self, hotel):
        """No image is lost, and none is in two pictures."""
        members = [member for picture in group_same(hotel, (), SETTINGS) for member in picture.members]
        assert sorted(members) == sorted(hotel)

    def test_do_not_chain(self):
        """Two photographs stay two, though an image that shows half of each would join them."""
        left, right = photo(5), photo(6)
        both = left.copy()
        both.paste(right.crop((240, 0, 480, 340)), (240, 0))
        images = {name: seen(image) for name, image in (("left", left), ("right", right), ("both", both))}
        images |= {"left2": seen(COPIES["smaller"](left)), "right2": seen(COPIES["smaller"](right))}
        assert not any({"left", "right"} <= group for group in groups(images))

    def test_of_an_empty_hotel(self):
        """No image, no picture."""
        assert group_same({}, (), SETTINGS) == ()

    @pytest.mark.parametrize("image", [Image.new("RGB", (300, 200), "white"), Image.new("RGB", (1, 1)), photo(3)])
    def test_of_one_image(self, image):
        """One image is one picture, even if it shows nothing."""
        (picture,) = group_same({"a": seen(image)}, (), SETTINGS)
        assert (picture.members, dict(picture.joins)) == (("a",), {})

    def test_flat_images_do_not_attract_each_other(self):
        """Images without texture are copies of nothing."""
        images = {name: seen(Image.new("RGB", (300, 200), name)) for name in ("white", "black", "grey")}
        images["photo"] = seen(photo(1))
        assert len(groups(images)) == 4

    @settings(max_examples=6, deadline=None)
    @given(st.randoms(use_true_random=False))
    def test_do_not_depend_on_order_or_names(self, hotel, chance):
        """Shuffled and renamed images fall into the same groups."""
        keys = [key for key in hotel if not key.startswith("2")]
        shuffled = chance.sample(keys, len(keys))
        numbers = chance.sample(range(1_000_000), len(keys))  # sampled without repetition: all names differ
        names = {key: f"{number:064x}" for key, number in zip(shuffled, numbers, strict=True)}
        expected = {frozenset(names[key] for key in group) for group in groups({key: hotel[key] for key in keys})}
        assert groups({names[key]: hotel[key] for key in shuffled}) == expected

    def test_of_hundreds_of_images_are_the_same(self):
        """The index that large hotels need finds the copies that comparing everything finds."""
        images = {}
        for number in range(90):
            original = photo(100 + number, (320, 240))
            images[f"{number:03}-a"] = seen(original)
            images[f"{number:03}-b"] = seen(COPIES["mirrored"](original).crop((10, 10, 300, 220)))
        assert groups(images) == {frozenset({f"{number:03}-a", f"{number:03}-b"}) for number in range(90)}


class TestDecisions:
    def test_different_keeps_copies_apart(self, hotel):
        """Images that a person calls different are never in one picture."""
        decision = Override("different", ("0-original", "0-dark"))
        assert not any({"0-original", "0-dark"} <= group for group in groups(hotel, [decision]))

    def test_same_joins_what_nobody_would(self, hotel):
        """Images that a person calls the same are in one picture, with all their copies."""
        decision = Override("same", ("0-original", "1-original"))
        assert frozenset(key for key in hotel if key[0] in "01") in groups(hotel, [decision])

    @pytest.mark.parametrize(("first", "then", "together"), [("same", "different", False), ("different", "same", True)])
    def test_later_ones_win(self, hotel, first, then, together):
        """Of two that contradict each other the later one holds."""
        named = ("0-original", "1-original")
        pair = {key: hotel[key] for key in named}
        assert (frozenset(named) in groups(pair, [Override(first, named), Override(then, named)])) is together

    def test_about_unknown_images_say_nothing(self, hotel):
        """A decision about images that are not there changes nothing."""
        pair = {key: hotel[key] for key in ("0-original", "0-dark")}
        assert groups(pair, [Override("different", ("0-original", "f" * 64))]) == {frozenset(pair)}


class TestEvidence:
    def test_is_a_tree(self, hotel):
        """All members but one, the root, name the image that they were joined with, and every way leads to the root."""
        for picture in group_same(hotel, (), SETTINGS):
            (root,) = set(picture.members) - set(picture.joins)
            for member in picture.members:
                here, steps = member, 0
                while here != root:
                    here, steps = picture.joins[here].other, steps + 1
                assert steps < len(picture.members)

    def test_tells_a_mirrored_copy(self, hotel):
        """The join of a mirrored copy says so, and how much the two share."""
        pair = {key: hotel[key] for key in ("0-original", "0-mirrored")}
        (picture,) = group_same(pair, (), SETTINGS)
        found = evidence_with(picture, pair, "0-original", pair, SETTINGS)["0-mirrored"]
        assert (found.other, found.method, found.mirrored) == ("0-original", "registration", True)
        assert found.overlap > 0.95
        assert found.distance < 0.2

    def test_of_a_persons_decision_is_that_decision(self, hotel):
        """Where a person joined two images, that is the evidence."""
        pair = {key: hotel[key] for key in ("0-original", "1-original")}
        (picture,) = group_same(pair, [Override("same", tuple(pair))], SETTINGS)
        assert evidence_with(picture, pair, "1-original", pair, SETTINGS)["0-original"].method == "override"

    def test_of_a_join_is_kept_in_both_directions(self, hotel):
        """Two images that were joined with each other are not measured again."""
        pair = {key: hotel[key] for key in ("0-original", "0-dark")}
        join = Evidence("0-original", "registration", 0.125, 0.5, 42.0)
        picture = Picture(tuple(sorted(pair)), {"0-dark": join})
        assert evidence_with(picture, pair, "0-original", pair, SETTINGS)["0-dark"] == join
        assert evidence_with(picture, pair, "0-dark", pair, SETTINGS)["0-original"] == replace(join, other="0-dark")

    @pytest.mark.parametrize(("score", "is_used"), [(0.01, True), (0.0, False), (-1.0, False), (None, False)])
    def test_that_was_measured_is_used_if_it_speaks_for_one_photograph(self, hotel, monkeypatch, score, is_used):
        measured = None if score is None else Evidence("0-original", "registration", 0.1, 0.9, score)
        monkeypatch.setattr(Pairs, "evidence", lambda *_: measured)
        weak = Evidence("0-dark", "registration", 0.125, 0.5, 0.005)
        picture = Picture(("0-dark", "0-original", "1-original"), {"0-original": weak, "1-original": weak})
        found = evidence_with(picture, hotel, "0-original", ["1-original"], SETTINGS)["1-original"]
        assert found == (measured if is_used else replace(weak, other="0-original"))

    def test_of_the_best_image_is_that_it_is_itself(self, hotel):
        """With the highest score that there is."""
        found = evidence_with(Picture(("0-dark",), {}), hotel, "0-dark", ["0-dark"], SETTINGS)
        assert found == {"0-dark": Evidence("0-dark", "bytes", 0.0, 1.0, shipped_weights().most())}

    def test_of_two_that_were_not_joined_is_measured_if_that_speaks_for_them(self, hotel):
        """Else it is the weakest join on the way from one to the other."""
        names = ("0-dark", "0-original", "1-original")
        weak, weaker = (Evidence("0-dark", "registration", 0.125, 0.5, score) for score in (0.02, 0.01))
        picture = Picture(names, {"0-original": weak, "1-original": weaker})
        found = evidence_with(
            picture, {name: hotel[name] for name in names}, "0-original", names[:1] + names[2:], SETTINGS
        )
        assert found["1-original"] == replace(weaker, other="0-original")
        way = Picture(names, {"1-original": weak, "0-original": replace(weaker, other="1-original")})
        found = evidence_with(way, {name: hotel[name] for name in names}, "0-original", names[:1], SETTINGS)
        assert found["0-dark"].other == "0-original"
        assert found["0-dark"].score > 1


class TestPlaceholder:
    def test_a_drawing_on_one_colour_is_one(self):
        """A grey board with a few words is no photograph."""
        board = Image.new("RGB", (600, 400), (230, 230, 230))
        ImageDraw.Draw(board).text((230, 190), "No image available", fill=(120, 120, 120))
        found = placeholder(seen(board).fingerprint)
        assert found is not None
        assert found.outcome is Outcome.PLACEHOLDER

    @pytest.mark.parametrize("name", COPIES)
    def test_a_photograph_is_none(self, hotel, name):
        """Not even a dark, faded or covered one."""
        assert placeholder(hotel[f"0-{name}"].fingerprint) is None


class TestBest:
    def test_is_eligible(self, hotel):
        """Only an eligible image can be the best one."""
        (picture,) = group_same({key: hotel[key] for key in ("0-original", "0-dark")}, (), SETTINGS)
        assert choose_best(picture, hotel, {"0-dark"}).sha256 == "0-dark"

    @pytest.mark.parametrize("colour", ["white", "black"])
    @pytest.mark.parametrize("seed", range(1, 8))
    def test_is_not_the_framed_one(self, seed, colour):
        """Of two copies of one size in bytes the one without a frame is better, whatever shape the frame makes up."""
        image = photo(seed)
        framed = Image.new("RGB", (560, 420), colour)
        framed.paste(image, (40, 40))
        images = {"plain": seen(image), "framed": seen(framed)}
        (picture,) = group_same(images, (), SETTINGS)
        assert choose_best(picture, images, images.keys()).sha256 == "plain"
