"""The published method of grouping as a setting: its pairs, chains, people's decisions and evidence."""

import random
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.dedup import FingerprintedImage, Picture, evidence_with, explain, group_same, groupings, scored_pairs
from image_release.dedup.evidence import Evidence
from image_release.dedup.hash_grouping import NearPair, _near, near_one
from image_release.fingerprint import crop_hashes, hash_distances
from image_release.lab.grouping.report.sentences import Reason, Verdict, sentence
from image_release.settings import FingerprintSettings, GroupingSettings
from image_release.values import Override
from tests.unit.dedup.images import COPIES, photo, seen

HASHES = GroupingSettings(method="hashes", max_bits=8)
GUARDED = HASHES.model_copy(update={"may_chain": False})
SEEN = {name: seen(photo(number)) for number, name in enumerate("abcde")}
"""Images that show different things: their contents order pairs at equal distance."""


def with_hashes(image, hashes):
    return replace(image, fingerprint=replace(image.fingerprint, hashes=np.array(hashes, np.uint64)))


def hashed(distances):
    """Images whose pairs differ in these numbers of bits: of each two letters, at most 9 names of two letters.

    Each pair has some hashes of its own, of which those of its two images differ in as many bits.
    """
    names = sorted({letter for name in distances for letter in name})
    noise = random.Random(0)
    hashes = {name: [noise.getrandbits(64) for _ in range(36)] for name in names}
    for number, (name, bits) in enumerate(distances.items()):
        hashes[name[0]][number] = noise.getrandbits(64)
        hashes[name[1]][number] = hashes[name[0]][number] ^ sum(1 << (7 * bit) % 64 for bit in range(bits))
    return {name * 64: with_hashes(SEEN[name], found) for name, found in hashes.items()}


def groups(images, settings=HASHES, decisions=()):
    """The groups: the letters of each, with a space between groups."""
    return " ".join(
        "".join(member[0] for member in picture.members) for picture in group_same(images, decisions, settings)
    )


def decided(action, names):
    return Override(action, tuple(name * 64 for name in names))


class TestPairs:
    @pytest.mark.parametrize(("bits", "expected"), [(0, "ab"), (8, "ab"), (9, "a b")])
    def test_join_up_to_the_threshold(self, bits, expected):
        """The bits are those of the nearest two of 36 times 36 hashes."""
        images = hashed({"ab": bits})
        assert hash_distances(*(image.fingerprint.hashes[None] for image in images.values())) == bits
        assert groups(images) == expected

    @given(st.lists(st.lists(st.integers(0, 2**64 - 1), min_size=36, max_size=36), max_size=6), st.integers(0, 64))
    def test_connect_everything_at_any_threshold(self, hashes, bits):
        """It is the published rule: groups are what chains of near pairs connect."""
        images = {f"{number:064}": with_hashes(SEEN["a"], own) for number, own in enumerate(hashes)}
        found = group_same(images, (), HASHES.model_copy(update={"max_bits": bits}))
        group_of = {member: picture.members for picture in found for member in picture.members}
        assert sorted(group_of) == sorted(images)
        for one, other in combinations(sorted(images), 2):
            near = min((a ^ b).bit_count() for a in hashes[int(one)] for b in hashes[int(other)]) <= bits
            assert group_of[one] == group_of[other] or not near
        for picture in found:
            assert all(join.distance <= bits and join.method == "hashes" for join in picture.joins.values())
            assert len(picture.joins) == len(picture.members) - 1

    def test_of_a_large_hotel_are_those_of_a_small_one(self):
        """Above some thousand hashes pairs are looked up, and not compared one by one."""
        images = hashed({"ab": 8, "cd": 3})
        noise = np.random.default_rng(5)
        for number in range(100):
            images[f"f{number:063}"] = with_hashes(SEEN["e"], noise.integers(0, 2**64, 36, np.uint64))
        together = [picture.members for picture in group_same(images, (), HASHES) if len(picture.members) > 1]
        assert together == [("a" * 64, "b" * 64), ("c" * 64, "d" * 64)]


class TestChains:
    CHAIN: dict[str, int] = {"ab": 2, "bc": 4}  # noqa: RUF012 - never changed
    TWO_GROUPS: dict[str, int] = {"ab": 2, "cd": 2, "bc": 4}  # noqa: RUF012 - never changed

    def test_form_one_picture_as_the_published_method_has_it(self):
        assert groups(hashed(self.CHAIN)) == "abc"
        assert groups(hashed(self.TWO_GROUPS)) == "abcd"

    def test_are_refused_if_the_settings_say_so(self):
        """One image alone links the two: the nearer pair stays."""
        assert groups(hashed(self.CHAIN), GUARDED) == "ab c"
        assert groups(hashed(self.TWO_GROUPS), GUARDED) == "ab cd"

    def test_count_as_several_links_once_another_pair_is_near(self):
        assert groups(hashed({**self.CHAIN, "ac": 8}), GUARDED) == "abc"
        assert groups(hashed({**self.TWO_GROUPS, "ad": 8}), GUARDED) == "abcd"

    @pytest.mark.parametrize("collage", "abcd")
    def test_are_refused_if_one_image_alone_is_near_both_groups(self, collage):
        """It is near both images of the other group. It may be the first or the second image of a pair."""
        others = "cd" if collage in "ab" else "ab"
        links = {"".join(sorted(collage + other)): 4 for other in others}
        assert groups(hashed({"ab": 2, "cd": 2, **links}), GUARDED) == "ab cd"

    def test_are_judged_again_when_a_group_has_grown(self):
        """a-d and b-c are refused while c and d are alone, and count after c-d joined."""
        assert groups(hashed({"ab": 1, "ad": 2, "bc": 3, "cd": 4}), GUARDED) == "abcd"


class TestDecisions:
    def test_same_joins_what_is_far_apart(self):
        assert groups(hashed({"ab": 30}), decisions=[decided("same", "ab")]) == "ab"

    @pytest.mark.parametrize("settings", [HASHES, GUARDED])
    def test_same_joins_the_copies_of_both(self, settings):
        """A copy of one of them is near nothing of the other: that is no chain."""
        images = hashed({"ab": 2, "cd": 2, "ac": 30})
        assert groups(images, settings, [decided("same", "ac")]) == "abcd"

    def test_different_keeps_apart_what_is_near(self):
        assert groups(hashed({"ab": 0}), decisions=[decided("different", "ab")]) == "a b"

    @pytest.mark.parametrize("settings", [HASHES, GUARDED])
    def test_different_holds_for_the_copies_of_both(self, settings):
        """The nearest pair joins first, and its group then stays apart from the other image."""
        images = hashed({"ab": 5, "bc": 2, "ac": 6})
        assert groups(images, settings, [decided("different", "ac")]) == "a bc"

    def test_the_later_one_wins(self):
        images = hashed({"ab": 0})
        assert groups(images, decisions=[decided("different", "ab"), decided("same", "ab")]) == "ab"
        assert groups(images, decisions=[decided("same", "ab"), decided("different", "ab")]) == "a b"


class TestOrder:
    @given(st.data())
    def test_of_images_and_their_names_change_nothing(self, data):
        """Ties are broken by what the images show, not by how they are called."""
        names = ["".join(pair) for pair in combinations("abcde", 2)]
        distances = data.draw(st.fixed_dictionaries({name: st.sampled_from([2, 5, 30]) for name in names}))
        images, settings = hashed(distances), data.draw(st.sampled_from([HASHES, GUARDED]))
        apart = [decided("different", data.draw(st.sampled_from(names)))]
        renamed = dict(zip("abcde", data.draw(st.permutations("vwxyz")), strict=True))
        shuffled = data.draw(st.permutations(sorted(images)))
        other = {renamed[sha256[0]] * 64: images[sha256] for sha256 in shuffled}
        apart_then = [decided("different", [renamed[sha256[0]] for sha256 in apart[0].images])]
        expected = {frozenset(renamed[member] for member in group) for group in groups(images, settings, apart).split()}
        assert {frozenset(group) for group in groups(other, settings, apart_then).split()} == expected

    def test_of_pairs_at_one_distance_is_that_of_their_images(self):
        """Whichever of their two images is asked about: the first one counts before the second one."""
        images = hashed({"ad": 3, "bc": 3, "ae": 2})
        near = _near([image.fingerprint for image in images.values()], 8)
        assert near == [NearPair(2, 0, 4), NearPair(3, 0, 3), NearPair(3, 1, 2)]


class TestEvidence:
    def test_names_the_method_and_the_bits(self):
        [picture] = group_same(hashed({"ab": 5}), (), HASHES)
        assert picture.joins == {"b" * 64: Evidence("a" * 64, "hashes", 5.0, 0.0, 0.0)}
        assert picture.same_view == ()

    def test_with_the_best_image_is_measured_or_the_weakest_on_the_way(self):
        """a-c has 30 bits, so it hangs on a-b and b-c, of which the farther one is told."""
        images = hashed({"ab": 2, "bc": 6, "ac": 30, "ad": 7})
        [picture] = group_same(images, (), HASHES)
        a, b, c, d = sorted(images)
        found = evidence_with(picture, images, a, picture.members, HASHES)
        assert found[a].method == "bytes"
        assert {name: (found[name].distance, found[name].other) for name in (b, c, d)} == {
            b: (2.0, a),
            c: (6.0, a),
            d: (7.0, a),
        }
        assert {found[name].method for name in (b, c, d)} == {"hashes"}

    @pytest.mark.parametrize(("bits", "is_near"), [(8, True), (9, False)])
    def test_with_one_image_is_measured_up_to_the_threshold(self, bits, is_near):
        """The bits are those of the nearest two hashes, and the image is named."""
        images = hashed({"ab": bits})
        found = near_one({name: image.fingerprint for name, image in images.items()}, "a" * 64, 8)
        assert found.get("b" * 64) == (Evidence("a" * 64, "hashes", bits, 0.0, 0.0) if is_near else None)

    def test_of_an_image_alone_is_its_bytes(self):
        images = hashed({"ab": 30})
        assert evidence_with(Picture(("a" * 64,), {}), images, "a" * 64, ["a" * 64], HASHES)["a" * 64].method == "bytes"

    @pytest.mark.parametrize("settings", [HASHES, GroupingSettings()])
    def test_of_no_images_is_none(self, settings):
        """A hotel of which no file can be read has no pairs."""
        assert list(scored_pairs({}, lambda _one, _other: True, settings)) == []

    def test_of_every_wanted_pair_is_its_distance(self):
        """The report shows the nearest pairs that were kept apart."""
        found = scored_pairs(hashed({"ab": 5, "bc": 30}), lambda one, other: "c" * 64 not in (one, other), HASHES)
        assert [(frozenset((one, other)), score) for one, other, score in found] == [
            (frozenset(("a" * 64, "b" * 64)), -5.0)
        ]


class TestRealImages:
    @pytest.mark.parametrize("kind", ["phash", "dhash"])
    def test_group_by_the_hash_that_the_settings_name(self, kind):
        """A smaller copy is near by either hash; a mirrored one is found by registration alone."""
        original = photo(3)
        images = {}
        for name, image in (
            ("a", original),
            ("b", COPIES["smaller"](original)),
            ("c", COPIES["mirrored"](original)),
            ("d", photo(4)),
        ):
            item = seen(image, name * 64)
            hashes = crop_hashes(image.convert("L"), FingerprintSettings(hash=kind).hash)
            images[name * 64] = FingerprintedImage(item.facts, replace(item.fingerprint, hashes=hashes))
        assert groups(images) == "ab c d"
        assert groups(images, GroupingSettings()) == "abc d"
        assert [len(found) for found in groupings(images, [HASHES, GroupingSettings(), HASHES])] == [3, 2, 3]

    def test_are_explained_by_their_bits(self):
        """The sentence on top of the page of a pair says what decided."""
        original = photo(3)
        one, copy, other = (seen(image) for image in (original, COPIES["smaller"](original), photo(4)))
        near = explain(one.fingerprint, copy.fingerprint)
        bits = int(near.hash_distances.min())
        seen_bits = f"the nearest two of their 36 crops differ in {bits} of 64 bits"
        assert sentence(near, Verdict(Reason.DIRECTLY), HASHES) == f"Joined: {seen_bits}; 8 may differ."
        assert sentence(near, Verdict(Reason.BY_OTHERS), HASHES).startswith("Joined through other images of the group")
        assert sentence(near, Verdict(Reason.APART), HASHES).endswith("or a person decided otherwise.")
        far = explain(one.fingerprint, other.fingerprint)
        assert sentence(far, Verdict(Reason.APART), HASHES).endswith("of 64 bits; only 8 may differ.")
