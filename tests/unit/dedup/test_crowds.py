"""Crowds: a stock photograph that many partners send is one picture, however many copies a hotel has."""

import io
import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from image_release.dedup import group_same, groupings
from image_release.dedup.crowds import STANDING, crowds
from image_release.settings import GroupingSettings
from image_release.values import Override
from tests.unit.dedup.images import COPIES, photo, seen

SETTINGS = GroupingSettings()
CROPPED = (0.15, 0.1, 1.0, 1.0)
"""The crop of every second copy: left, top, right and bottom as shares."""


def sent(image, number, *, cropped=False):
    """What a partner sends: the image in a size and a JPEG quality of its own."""
    chance = random.Random(number)
    share = chance.choice((1, 0.9, 0.8, 0.7, 0.6))
    copy = image.resize((round(image.width * share), round(image.height * share)), Image.Resampling.LANCZOS)
    if cropped:
        copy = copy.crop(tuple(round(at * side) for at, side in zip(CROPPED, copy.size * 2, strict=True)))
    file = io.BytesIO()
    copy.save(file, "JPEG", quality=chance.randrange(40, 95))
    return Image.open(file).convert("RGB")


def name(number):
    return f"{number * 0x9E3779B97F4A7C15 % 2**64:064x}"


def hotel(photographs, copies, *, cropped=False):
    """Copies of some photographs, by SHA-256, and the photograph of each."""
    images, shown = {}, {}
    for number in range(photographs * copies):
        which, turn = divmod(number, copies)
        image = sent(photo(which, (640, 448)), number, cropped=cropped and bool(turn % 2))
        images[name(number)], shown[name(number)] = seen(image, name(number)), which
    return images, shown


def groups(images, decisions=()):
    return {frozenset(picture.members) for picture in group_same(images, decisions, SETTINGS)}


def by_photograph(shown):
    return {frozenset(sha256 for sha256 in shown if shown[sha256] == which) for which in shown.values()}


@pytest.fixture(scope="module")
def stock():
    """A photograph that 24 partners send, and four other ones with some copies each."""
    images, shown = hotel(1, 3 * STANDING)
    for number in range(1, 5):
        for kind, copy in enumerate(COPIES.values()):
            sha256 = name(1000 * number + kind)
            images[sha256], shown[sha256] = seen(copy(photo(number)), sha256), number
    return images, shown


class TestManyCopies:
    def test_of_equal_pixels_are_one_picture(self):
        """200 files that differ only in what is not the picture, such as the date in them."""
        same = seen(photo(1))
        assert len(groups({name(number): same for number in range(200)})) == 1

    def test_of_two_crops_are_one_picture_each(self):
        """More copies of each crop than an image is compared with in a large hotel."""
        images, shown = hotel(2, 2 * 41, cropped=True)
        assert groups(images) == by_photograph(shown)

    def test_of_many_photographs_are_one_picture_each(self):
        images, shown = hotel(11, 15)
        assert groups(images) == by_photograph(shown)

    @settings(max_examples=4, deadline=None)
    @given(st.randoms(use_true_random=False))
    def test_do_not_depend_on_order_or_names(self, stock, chance):
        images, shown = stock
        shuffled = chance.sample(sorted(images), len(images))
        names = {sha256: name(number) for number, sha256 in enumerate(shuffled, 1)}
        found = groups({names[sha256]: images[sha256] for sha256 in shuffled})
        assert found == {frozenset(map(names.get, group)) for group in by_photograph(shown)}

    def test_have_evidence_with_one_of_them(self, stock):
        """Also those that others stood for say why they are in the group."""
        images, shown = stock
        for picture in group_same(images, (), SETTINGS):
            assert len(picture.joins) == len(picture.members) - 1
            assert all(shown[why.other] == shown[sha256] for sha256, why in picture.joins.items())
            assert all(why.method == "registration" for why in picture.joins.values())


def faded(one, other, share):
    """The fingerprint of an image that fades into another one."""
    grey = one.working.grey * (1 - share) + other.working.grey * share
    return replace(one, working=replace(one.working, grey=grey.round().astype(np.uint8)))


class TestACrowd:
    def test_is_more_images_than_stand_for_it(self):
        same = seen(photo(1)).fingerprint
        assert crowds([same] * STANDING) == []
        assert crowds([same] * (STANDING + 1)) == [list(range(STANDING + 1))]

    def test_is_found_among_others(self, stock):
        images, shown = stock
        order = sorted(images)
        (found,) = crowds([images[sha256].fingerprint for sha256 in order])
        assert {shown[order[index]] for index in found} == {0}
        assert len(found) == 3 * STANDING

    def test_does_not_depend_on_how_many_are_compared_at_once(self, stock, monkeypatch):
        images, _ = stock
        fingerprints = [images[sha256].fingerprint for sha256 in sorted(images)]
        expected = crowds(fingerprints)
        assert expected
        monkeypatch.setattr("image_release.dedup.crowds.ROWS", 3)
        assert crowds(fingerprints) == expected

    @pytest.mark.parametrize("rows", [7, 512])
    def test_has_no_image_of_another_one(self, rows, monkeypatch):
        """One image looks like two crowds that do not look alike; it is in the first one only."""
        monkeypatch.setattr("image_release.dedup.crowds.ROWS", rows)
        one, other = (seen(photo(seed)).fingerprint for seed in (1, 2))
        shares = [0.0] * (STANDING + 1) + [0.045] + [0.09] * (STANDING + 1)
        found = crowds([faded(one, other, share) for share in shares])
        assert found == [list(range(STANDING + 2)), list(range(STANDING + 2, 2 * STANDING + 3))]

    def test_is_none_of_different_photographs(self):
        assert crowds([seen(photo(number, (160, 120))).fingerprint for number in range(40)]) == []

    def test_is_none_of_plain_images(self):
        """They all look the same at a glance, and have no point to be compared by."""
        plain = [seen(Image.new("RGB", (300, 200), (value,) * 3)).fingerprint for value in range(0, 250, 10)]
        assert crowds(plain) == []

    def test_may_be_of_the_smallest_images(self):
        noise = np.random.default_rng(1).integers(0, 256, (9, 400), np.uint8)
        thin = seen(Image.fromarray(noise)).fingerprint
        assert crowds([thin] * 20) == [list(range(20))]


class TestPeoplesDecisions:
    def test_part_an_image_that_others_would_stand_for(self, stock):
        images, shown = stock
        crowd = sorted(sha256 for sha256 in images if shown[sha256] == 0)
        for apart in (crowd[0], crowd[-1]):
            other = crowd[5]
            found = groups(images, (Override("different", (apart, other)),))
            assert {frozenset({apart, other}) <= group for group in found} == {False}
            assert sum(bool(group & set(crowd)) for group in found) == 2

    def test_join_an_image_that_others_would_stand_for(self, stock):
        images, shown = stock
        one = max(sha256 for sha256 in images if shown[sha256] == 0)
        other = min(sha256 for sha256 in images if shown[sha256] == 3)
        found = groups(images, (Override("same", (one, other)),))
        assert len(found) == 4
        assert any({one, other} <= group for group in found)


class TestStricterSettings:
    def test_leave_every_image_alone(self, stock):
        """No image stands for others that it would not be joined with."""
        images, _ = stock
        strict = GroupingSettings(clear_score=99, bridge_score=99, single_score=99, least_score=99)
        of_strict, of_usual = groupings(images, [strict, SETTINGS])
        assert len(of_strict) == len(images)
        assert {frozenset(picture.members) for picture in of_usual} == groups(images)
