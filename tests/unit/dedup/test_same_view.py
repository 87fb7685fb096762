"""Pictures of one view name each other, whatever copies they have; copies of one photograph are no view."""

import warnings
from itertools import combinations
from math import exp, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from image_release.dedup import Difference, Picture, group_same
from image_release.dedup.displacement import displacements
from image_release.dedup.evidence import statistics
from image_release.dedup.matching import candidate_pairs
from image_release.dedup.prepared_image import MIDDLE, PreparedImage
from image_release.dedup.registration import align_coarsely, register
from image_release.dedup.same_view_difference import changed_light, difference_of
from image_release.dedup.same_view_evidence import LEAST_SHARED, SameViewEvidence, coarse_view_features
from image_release.dedup.same_view_pairs import ASKED, MOST_SAME_VIEW, with_same_views
from image_release.settings import GroupingSettings
from image_release.values import Override
from tests.unit.dedup.images import COPIES, photo, seen

SETTINGS = GroupingSettings()
APART = Override("different", ("one", "other"))
"""Keeps two shots apart whatever the score of the same photograph is: only the same view is tested here."""


def moved(number, step=36):
    """Two shots of a relief from two stands: what is near is displaced more than what is far."""
    scene = np.asarray(photo(number, (560, 340)))
    cells = Image.fromarray(np.random.default_rng(number).random((5, 7), np.float32))
    depth = np.asarray(cells.resize((480, 340), Image.Resampling.BICUBIC))
    columns, rows = np.arange(480)[None, :] + 20, np.arange(340)[:, None]
    across = [np.rint(columns + stand * step * depth).astype(int).clip(0, 559) for stand in (0, 1)]
    return [Image.fromarray(scene[rows, at]) for at in across]


def noisy(image, seed):
    """An image with the noise of a sensor."""
    pixels = np.asarray(image, np.float32)
    noise = np.random.default_rng(seed).normal(0, 6, pixels.shape)
    return Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8))


def difference(one, other):
    """What tells two shots apart."""
    images = {"one": seen(noisy(one, 1)), "other": seen(noisy(other, 2))}
    mine, theirs = (view for picture in group_same(images, [APART], SETTINGS) for view in picture.same_view)
    assert mine.difference is theirs.difference
    return mine.difference


def related(images, decisions=()):
    """The pairs of pictures that name each other, each picture by all its members."""
    pictures = group_same(images, decisions, SETTINGS)
    of = {member: frozenset(picture.members) for picture in pictures for member in picture.members}
    return {frozenset((of[view.image], of[view.other])) for picture in pictures for view in picture.same_view}


@pytest.fixture(scope="module")
def hotel():
    """Two shots of one view with two copies each, and another photograph."""
    one, other = moved(40)
    return {
        "one": seen(one),
        "one-small": seen(COPIES["smaller"](one)),
        "other": seen(other),
        "other-dark": seen(COPIES["dark"](other)),
        "third": seen(photo(77)),
    }


class TestPictures:
    def test_of_one_view_name_each_other(self, hotel):
        """Both pictures stay, and each names the other one with the same evidence."""
        pictures = {picture.members: picture for picture in group_same(hotel, [APART], SETTINGS)}
        assert set(pictures) == {("one", "one-small"), ("other", "other-dark"), ("third",)}
        (mine,), (theirs,) = pictures["one", "one-small"].same_view, pictures["other", "other-dark"].same_view
        assert (mine.image, mine.other) == (theirs.other, theirs.image)
        assert (mine.score, mine.overlap, mine.difference) == (theirs.score, theirs.overlap, theirs.difference)
        assert mine.image in {"one", "one-small"}
        assert 0.8 < mine.overlap <= 1
        assert pictures["third",].same_view == ()

    def test_of_different_things_name_nobody(self):
        """Photographs of different things are no view of each other."""
        assert related({str(number): seen(photo(number)) for number in range(6)}) == set()

    def test_that_a_person_called_different_may_be_one_view(self, hotel):
        """Copies that a person keeps apart repeat each other all the same."""
        pair = {key: hotel[key] for key in ("one", "one-small")}
        decision = Override("different", ("one", "one-small"))
        assert related(pair, [decision]) == {frozenset({frozenset({"one"}), frozenset({"one-small"})})}

    def test_that_a_person_joined_are_no_view_of_each_other(self, hotel):
        """What is one picture does not name itself."""
        assert related(hotel, [Override("same", ("one", "other"))]) == set()

    @settings(max_examples=8, deadline=None)
    @given(st.randoms(use_true_random=False))
    def test_do_not_depend_on_order_or_names(self, hotel, chance):
        """Shuffled and renamed images give the same relation."""
        keys = chance.sample(list(hotel), len(hotel))
        numbers = chance.sample(range(1_000_000), len(keys))
        names = {key: f"{number:064x}" for key, number in zip(keys, numbers, strict=True)}
        before = related(hotel, [APART])
        expected = {frozenset(frozenset(names[key] for key in part) for part in pair) for pair in before}
        apart = Override("different", (names["one"], names["other"]))
        assert before
        assert related({names[key]: hotel[key] for key in keys}, [apart]) == expected

    def test_that_a_mirrored_pair_alone_speaks_for_is_none(self):
        """The mirror image of a view is another corner with the same furniture."""
        one, other = moved(60)
        assert related({"one": seen(one), "other": seen(other)}, [APART])
        assert not related({"one": seen(one), "other": seen(COPIES["mirrored"](other))}, [APART])

    @pytest.mark.parametrize("name", [name for name in COPIES if name != "mirrored"])
    def test_are_found_by_their_copies(self, name):
        """A partner's change of one shot does not hide that it repeats the other one."""
        one, other = moved(60)
        assert related({"one": seen(one), "other": seen(COPIES[name](other))}, [APART])

    def test_of_an_empty_hotel(self):
        """Nothing names nothing."""
        assert group_same({}, (), SETTINGS) == ()


class TestFeatures:
    def test_tell_what_either_image_shares_with_the_other(self):
        """Of a crop all is in the whole image, and of the whole image two thirds are in the crop."""
        image = photo(5)
        prints = [seen(each).fingerprint for each in (image, COPIES["cropped"](image))]
        one, other = (PreparedImage(item) for item in prints)
        (pair,) = candidate_pairs(prints)
        coarse = align_coarsely(one, other, pair)
        features = coarse_view_features(one, other, pair, coarse, {"agreeing": 1.0})
        least, most = (exp(features[name]) - LEAST_SHARED for name in ("shared_least", "shared_most"))
        assert least == pytest.approx(380 * 280 / (480 * 340), abs=0.1)
        assert most > 0.9
        assert features["near_share"] == pytest.approx(log((pair.near + 1) / (pair.matches + 1)))
        assert features["agreeing"] == 1.0


class Scores:
    """Pairs whose scores are given, likeliest first."""

    def __init__(self, scores):
        self.scores = scores
        self.asked = []

    def unmirrored(self):
        return list(self.scores)

    def same_view(self, one, other):
        self.asked.append((one, other))
        score = self.scores[one, other]
        return None if score is None else SameViewEvidence(score, 0.9)

    def difference(self, one, other):
        return Difference.LIGHT


def single(count):
    return [f"{number:03}" for number in range(count)], [Picture((f"{number:03}",), {}) for number in range(count)]


class TestRelation:
    @given(st.integers(1, 14), st.data())
    def test_is_symmetric_and_short(self, count, data):
        """Who is named names back; nobody is named twice, and nobody names too many; the likeliest are named."""
        score = st.one_of(st.none(), st.floats(-3, 3))
        scores = {pair: data.draw(score) for pair in combinations(range(count), 2)}
        shas, pictures = single(count)
        found = with_same_views(pictures, shas, Scores(scores))
        named = {(view.image, view.other) for picture in found for view in picture.same_view}
        assert named == {(other, image) for image, other in named}
        assert sum(len(picture.same_view) for picture in found) == len(named)
        for picture in found:
            views = [view.score for view in picture.same_view]
            assert views == sorted(views, reverse=True)
            assert len(views) <= MOST_SAME_VIEW
            assert all(score >= 0 for score in views)
        full = {picture.members[0] for picture in found if len(picture.same_view) == MOST_SAME_VIEW}
        for (one, other), value in scores.items():
            likely = value is not None and value >= 0
            assert ((shas[one], shas[other]) in named) == likely or {shas[one], shas[other]} & full

    def test_is_judged_by_the_likeliest_pairs_of_images(self):
        """However many copies two pictures have, a few pairs of their images decide, and none within a picture."""
        shas = list("abcdef")
        pictures = [Picture(("a", "b", "c"), {}), Picture(("d", "e", "f"), {})]
        across = [(one, other) for one in range(3) for other in range(3, 6)]
        pairs = Scores({(0, 1): 9.0, **dict.fromkeys(across, -5.0), (0, 3): 4.0, (0, 4): 2.0, (0, 5): 3.0})
        first, second = with_same_views(pictures, shas, pairs)
        assert pairs.asked == across[:ASKED]
        assert [(view.other, view.score) for view in first.same_view] == [("d", 3.0)]
        assert [(view.other, view.score) for view in second.same_view] == [("a", 3.0)]

    def test_names_equally_likely_pictures_in_the_order_of_their_contents(self):
        """Images are given in that order, whatever their names are."""
        shas, pictures = single(4)
        first, *_ = with_same_views(pictures, shas, Scores({(0, 3): 1.0, (0, 1): 1.0, (0, 2): 1.0}))
        assert [view.other for view in first.same_view] == ["001", "002", "003"]


def laid_over(*images):
    """Two images as they are compared, their matches, and where each block of the first one lies in the second one."""
    prints = [seen(image).fingerprint for image in images]
    one, other = map(PreparedImage, prints)
    (pair,) = candidate_pairs(prints)
    return one, other, pair, register(one, other, pair, align_coarsely(one, other, pair))


class TestDifference:
    def test_of_the_light_in_half_of_a_picture(self):
        """A lamp in one half is told from a darker copy."""
        shot = photo(70)
        lit = shot.copy()
        lit.paste(shot.crop((0, 0, 300, 340)).point(lambda value: 60 + value * 0.6))
        assert difference(shot, lit) is Difference.LIGHT

    def test_of_a_camera_that_moved(self):
        """A displacement explains what the blocks differ in."""
        assert difference(*moved(40, 14)) is Difference.CAMERA

    def test_of_things_that_moved(self):
        """A thing that stands elsewhere is told from a camera that moved."""
        one, other = photo(71), photo(71)
        thing = photo(900, (110, 90))
        one.paste(thing, (60, 200))
        other.paste(thing, (300, 60))
        assert difference(one, other) is Difference.THINGS

    @pytest.mark.parametrize(("score", "taken", "told"), [(4, 3, "things"), (4, 0.9, "camera"), (-2, 3, "camera")])
    def test_is_a_thing_where_a_region_alone_parted_the_two(self, score, taken, told):
        """A region that took little, or from a score that was low before, did not part them."""
        one, other, pair, registered = laid_over(*(noisy(image, number) for number, image in enumerate(moved(40, 14))))
        found = statistics(one, other, pair, registered, displacements(one, registered))
        assert difference_of(found, changed_light(one, registered), score, taken) == told


class TestLight:
    @pytest.mark.parametrize("contrast", [0.004, 0.03, 1])
    def test_of_an_image_of_nearly_no_contrast_did_not_change(self, contrast):
        """The curve of its tones is fitted without a warning, though they are hardly apart."""
        pale = Image.fromarray(np.rint(128 + (np.asarray(photo(5), np.float32) - 128) * contrast).astype(np.uint8))
        one, _, _, registered = laid_over(pale, pale.resize((400, 284)))
        with warnings.catch_warnings(action="error"):
            light = changed_light(one, registered)
        assert np.abs(light[registered.levels[MIDDLE].inside]).max() < 3
