"""Matching finds the pairs that might be copies, whatever other images the hotel has."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from image_release.dedup import matching, shortlist
from image_release.dedup.evidence import coarse_features
from image_release.dedup.matching import CandidatePair, candidate_pairs
from image_release.dedup.prepared_image import PreparedImage
from image_release.dedup.registration import align_coarsely
from image_release.dedup.weights import coarse_weights
from image_release.settings import GroupingSettings
from tests.unit.dedup.images import COPIES, photo, seen


@pytest.fixture(scope="module")
def fingerprints():
    """Three photographs, each with its copies."""
    photos = [photo(number) for number in range(3)]
    return [seen(image).fingerprint for image in (*photos, *(copy(one) for one in photos for copy in COPIES.values()))]


def as_values(found):
    return found.mirrored, found.agreeing, found.matches, found.affine


class TestCandidates:
    @given(st.data())
    @settings(deadline=None, max_examples=15)
    def test_a_pair_is_found_whatever_else_is_there(self, fingerprints, data):
        """Many pairs are computed at once, padded to one length; the results are those of each pair alone."""
        chosen = data.draw(st.lists(st.integers(0, len(fingerprints) - 1), min_size=2, max_size=8, unique=True))
        among = {
            (chosen[c.one], chosen[c.other]): c for c in candidate_pairs([fingerprints[number] for number in chosen])
        }
        for (one, other), found in among.items():
            alone = next(candidate_pairs([fingerprints[one], fingerprints[other]]))
            for here, there in zip(as_values(found), as_values(alone), strict=True):
                assert np.allclose(here, there, atol=1e-6)
        apart = [(a, b) for at, a in enumerate(chosen) for b in chosen[at + 1 :] if (a, b) not in among]
        for one, other in apart:
            assert not list(candidate_pairs([fingerprints[one], fingerprints[other]]))

    def test_of_many_images_are_those_of_few(self, fingerprints, monkeypatch):
        """The index of a large hotel finds what comparing everything finds."""
        everything = {(c.one, c.other): c.agreeing for c in candidate_pairs(fingerprints)}
        monkeypatch.setattr(shortlist, "INDEXED_FROM", 2)
        indexed = {(c.one, c.other): c.agreeing for c in candidate_pairs(fingerprints)}
        assert indexed.items() <= everything.items()
        clear = {pair for pair, agreeing in everything.items() if agreeing >= 2 * matching.LEAST_AGREEING}
        assert len(clear) > len(fingerprints)
        assert clear <= indexed.keys()

    @pytest.mark.parametrize("count", [2, shortlist.INDEXED_FROM + 1])
    def test_images_without_a_point_have_none(self, count):
        flat = seen(photo(0).resize((1, 1)).resize((300, 200))).fingerprint
        assert len(flat.keypoints.places) == 0
        assert not list(candidate_pairs([flat] * count))

    def test_nothing_has_none(self):
        assert not list(candidate_pairs([]))


class TestCoarsePass:
    @staticmethod
    def score(one, other, pair):
        mine = PreparedImage(one)
        coarse = align_coarsely(mine, PreparedImage(other), pair)
        assert coarse is not None
        return coarse_weights().score(coarse_features(mine, pair, coarse))

    def test_goes_on_with_copies(self, fingerprints):
        copies = candidate_pairs([fingerprints[0], *fingerprints[3 : 3 + len(COPIES)]])
        assert all(
            self.score(fingerprints[0], fingerprints[2 + c.other], c) > GroupingSettings().least_first_look
            for c in copies
            if c.one == 0
        )

    def test_gives_up_what_only_seems_to_agree(self, fingerprints):
        """Two photographs of different things with seven agreeing matches are given up."""
        affine = np.array([[1.0, 0, 2], [0, 1, 3]])
        assert (
            self.score(fingerprints[0], fingerprints[1], CandidatePair(0, 1, False, affine, 7, 9, 20))
            < GroupingSettings().least_first_look
        )
