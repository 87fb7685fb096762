"""An explanation shows what grouping sees: the same score, and a transform that leads to the same things."""

import random
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw

from image_release.decode import Draft
from image_release.dedup import FingerprintedImage, explain, group_same, groupings, scored_pairs
from image_release.fingerprint import fingerprint
from image_release.settings import FingerprintSettings, GroupingSettings
from image_release.values import ImageFacts

SETTINGS = GroupingSettings()
FRAME = 30


def photo(seed, size=(480, 340)):
    """An image of textures and boxes, unlike those of other seeds."""
    noise, chance = np.random.default_rng(seed), random.Random(seed)
    layers = [
        np.asarray(Image.fromarray(noise.integers(0, 256, (cells, cells), np.uint8)).resize(size), np.float32)
        for cells in (5, 11, 24, 50)
    ]
    image = Image.fromarray(np.clip(sum(layers) / 2 - 128, 0, 255).astype(np.uint8)).convert("RGB")
    for _ in range(12):
        x, y = chance.randrange(size[0]), chance.randrange(size[1])
        colour = tuple(chance.randrange(256) for _ in range(3))
        ImageDraw.Draw(image).rectangle((x, y, x + chance.randrange(10, 90), y + chance.randrange(10, 90)), fill=colour)
    return image


def seen(image, sha256):
    rgb = np.asarray(image)
    facts = ImageFacts(sha256, rgb.shape[1], rgb.shape[0], "JPEG", 50_000)
    return FingerprintedImage(facts, fingerprint(Draft(Image.fromarray(rgb), facts), FingerprintSettings()))


ORIGINAL = photo(1)
CROPPED = ORIGINAL.crop((48, 34, 432, 306))
MIRRORED = CROPPED.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


@pytest.fixture(scope="module")
def hotel():
    framed = Image.new("RGB", (480 + 2 * FRAME, 340 + 2 * FRAME), "white")
    framed.paste(ORIGINAL, (FRAME, FRAME))
    images = {"a" * 64: ORIGINAL, "b" * 64: CROPPED, "c" * 64: MIRRORED, "d" * 64: framed, "e" * 64: photo(2)}
    return {sha256: seen(image, sha256) for sha256, image in images.items()}


def place(hotel, one, other, x, y):
    """Where a place of `one` lies in `other` by the explanation, in shares of the sides."""
    explained = explain(hotel[one].fingerprint, hotel[other].fingerprint)
    transform = np.linalg.inv(explained.aligned.transform) if explained.swapped else explained.aligned.transform
    found = transform @ (x, y, 1)
    return tuple(found[:2] / found[2])


class TestTransform:
    @pytest.mark.parametrize(("x", "y"), [(0.3, 0.4), (0.5, 0.5), (0.8, 0.7)])
    def test_leads_to_the_same_thing_in_a_copy(self, hotel, x, y):
        """Cropped, mirrored or framed: a place in the original is found where the copy shows it."""
        cropped = ((480 * x - 48) / 384, (340 * y - 34) / 272)
        framed = ((480 * x + FRAME) / (480 + 2 * FRAME), (340 * y + FRAME) / (340 + 2 * FRAME))
        assert place(hotel, "a" * 64, "b" * 64, x, y) == pytest.approx(cropped, abs=0.005)
        assert place(hotel, "a" * 64, "c" * 64, x, y) == pytest.approx((1 - cropped[0], cropped[1]), abs=0.005)
        assert place(hotel, "a" * 64, "d" * 64, x, y) == pytest.approx(framed, abs=0.005)


class TestScore:
    def test_is_the_one_that_grouping_keeps(self, hotel):
        """Score, displacement and overlap are those of the evidence that joined two images, whichever comes first."""
        [picture] = [each for each in group_same(hotel, (), SETTINGS) if "a" * 64 in each.members]
        assert len(picture.joins) == 3
        for sha256, kept in picture.joins.items():
            for one, other in ((sha256, kept.other), (kept.other, sha256)):
                found = explain(hotel[one].fingerprint, hotel[other].fingerprint)
                assert replace(found.aligned.evidence, other=kept.other) == kept
                assert found.mirrored == kept.mirrored

    def test_is_what_the_statistics_add_up_to(self, hotel):
        """Intercept and contributions sum to it; each weight's statistic is there with its value."""
        aligned = explain(hotel["a" * 64].fingerprint, hotel["c" * 64].fingerprint).aligned
        assert aligned.intercept + sum(aligned.contributions.values()) == pytest.approx(aligned.evidence.score)
        assert aligned.contributions.keys() <= aligned.statistics.keys()

    def test_of_every_wanted_pair_is_told(self, hotel):
        """The pairs of copies, and only those that were asked for."""
        found = {frozenset((one, other)): score for one, other, score in scored_pairs(hotel, lambda *_: True, SETTINGS)}
        copies = [frozenset((one * 64, other * 64)) for one, other in ("ab", "ac", "ad", "bc", "bd", "cd")]
        assert all(found[pair] > SETTINGS.clear_score for pair in copies)
        assert list(scored_pairs(hotel, lambda *_: False, SETTINGS)) == []


class TestBlocks:
    def test_of_a_copy_agree_and_have_not_moved(self, hotel):
        """Nearly all textured blocks that lie in both images."""
        blocks = explain(hotel["a" * 64].fingerprint, hotel["b" * 64].fingerprint).aligned.blocks
        counted = blocks.inside & blocks.textured
        assert counted.sum() > 50
        assert (blocks.correlation[counted] > 0.7).mean() > 0.95
        assert (blocks.displacement[counted] < 0.2).mean() > 0.95


class TestNothingInCommon:
    def test_has_no_registration(self, hotel):
        """Two different photographs have no transform and no score, but distances of their hashes."""
        found = explain(hotel["a" * 64].fingerprint, hotel["e" * 64].fingerprint)
        assert found.aligned is None
        assert found.hash_distances.shape == (36, 36)
        assert found.hash_distances.min() > 8


class TestGroupings:
    def test_under_each_setting_are_those_of_group_same(self, hotel):
        """Registering once for several settings changes nothing."""
        strict = GroupingSettings(clear_score=99, bridge_score=99, single_score=99, least_score=99)
        found = list(groupings(hotel, [SETTINGS, strict, SETTINGS]))
        expected = [group_same(hotel, (), each) for each in (SETTINGS, strict, SETTINGS)]
        assert found == expected
        assert len(found[0]) == 2
        assert len(found[1]) == 5


class TestWhereTwoShotsDiffer:
    """The values of each block say where one shot differs from the other, and in which direction."""

    @staticmethod
    def _blocks(other):
        explained = explain(seen(ORIGINAL, "a" * 64).fingerprint, seen(other, "b" * 64).fingerprint)
        rows, columns = explained.aligned.blocks.inside.shape
        here = np.zeros((rows, columns), bool)
        here[: rows // 2, columns * 2 // 3 :] = True
        return explained, here

    def test_displacements_have_a_direction(self):
        """What lies further right in the second shot is displaced to the right, and to the left from its side."""
        other = ORIGINAL.copy()
        other.paste(ORIGINAL.crop((320, 0, 477, 170)), (323, 0))
        explained, here = self._blocks(other)
        blocks = explained.aligned.blocks
        counted = blocks.inside & blocks.textured
        across = blocks.shift[0] * (-1 if explained.swapped else 1)
        assert np.median(across[here & counted]) > 0.15
        assert abs(np.median(across[~here & counted])) < 0.1
        assert np.hypot(*blocks.shift) == pytest.approx(blocks.displacement, abs=1e-4)

    def test_light_is_what_one_tone_curve_leaves(self):
        """A part that is darker stands out; an exposure that holds everywhere does not."""
        levels = np.asarray(ORIGINAL, np.float32)
        darker = levels.copy()
        darker[:170, 320:] *= 0.5
        explained, here = self._blocks(Image.fromarray(darker.astype(np.uint8)))
        light = explained.aligned.blocks.light * (-1 if explained.swapped else 1)
        assert np.median(light[here]) < -15
        assert abs(np.median(light[~here])) < 3
        exposed, _ = self._blocks(Image.fromarray((levels * 0.7 + 20).astype(np.uint8)))
        assert np.abs(exposed.aligned.blocks.light).max() < 8
