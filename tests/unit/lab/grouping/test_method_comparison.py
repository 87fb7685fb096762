"""Distances, groups and recommendations of the method comparison, against the simplest way to compute them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.lab.grouping.method_comparison import ThresholdResult, choose_methods, recommended, shifted
from image_release.lab.grouping.method_comparison.methods import distances
from image_release.lab.grouping.method_comparison.threshold_groups import groups_at_thresholds
from image_release.settings import GroupingSettings


@st.composite
def hash_sets(draw):
    """A few images of a few hashes each."""
    hashes = st.integers(0, 255).map(lambda value: value * 0x0101010101010101)
    return [np.array(draw(st.lists(hashes, min_size=1, max_size=4)), np.uint64) for _ in range(draw(st.integers(1, 7)))]


def point(threshold, lost=0.0, completeness=0.5, purity=1.0):
    return ThresholdResult(threshold, 10, purity, completeness, 0.0, lost)


class TestDistances:
    @given(hash_sets())
    def test_are_of_the_nearest_two_hashes(self, sets):
        """This holds for any number of hashes per image."""
        found = distances(sets)
        for one, mine in enumerate(sets):
            for other, theirs in enumerate(sets):
                assert found[one, other] == min((int(a) ^ int(b)).bit_count() for a in mine for b in theirs)


class TestGroups:
    @given(hash_sets(), st.lists(st.integers(0, 64), min_size=1, max_size=5, unique=True))
    def test_are_the_transitive_closure_at_every_threshold(self, sets, thresholds):
        """Two images share a group if a chain of close pairs connects them."""
        near = distances(sets)
        for threshold, groups in zip(sorted(thresholds), groups_at_thresholds(near, sorted(thresholds)), strict=True):
            reach = np.linalg.matrix_power((near <= threshold).astype(int), len(sets)) > 0
            for one in range(len(sets)):
                assert groups[one] == int(reach[one].argmax())


class TestRecommendation:
    def test_is_the_most_complete_that_loses_little_enough(self):
        """A threshold that loses too much is left out, even if it is more complete."""
        points = [point(1), point(2, completeness=0.7, lost=0.002), point(3, completeness=0.9, lost=0.003)]
        assert recommended(points, 0.0025).threshold == 2

    def test_of_equals_is_the_purest(self):
        """Completeness counts first, then purity."""
        assert recommended([point(1, purity=0.9), point(2), point(3, purity=0.95)], 1).threshold == 2

    def test_has_room_on_both_sides_where_many_are_equally_good(self):
        """It is the middle of the equally good thresholds."""
        assert recommended([point(number) for number in range(7)], 0).threshold == 3

    def test_is_none_where_all_lose_too_much(self):
        """No recommendation is better than a bad one."""
        assert recommended([point(1, lost=0.1)], 0.0025) is None


class TestShift:
    def test_moves_every_score_alike(self):
        """The differences between our four thresholds do not change."""
        before, after = GroupingSettings().model_dump(), shifted(GroupingSettings(), -1.5).model_dump()
        moved = {name for name in before if name.endswith("_score")}
        assert len(moved) == 4
        assert {name: after[name] - before[name] for name in moved} == {name: pytest.approx(-1.5) for name in moved}


class TestChoice:
    def test_without_names_is_all_methods(self):
        """It gives all nine methods, once each."""
        assert len({method.name for method in choose_methods(())}) == 9
