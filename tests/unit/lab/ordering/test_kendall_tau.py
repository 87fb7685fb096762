"""Kendall's tau of two orders."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.lab.ordering import kendall_tau


@given(st.permutations(range(7)))
def test_it_counts_pairs(order):
    """It is the share of pairs in the same order minus the share of the others."""
    place = {name: at for at, name in enumerate(order)}
    pairs = [1 if place[one] < place[other] else -1 for one, other in combinations(range(7), 2)]
    assert kendall_tau(list("0123456"), list(map(str, order))) == pytest.approx(sum(pairs) / len(pairs))


def test_a_single_picture_has_none():
    """There is no pair."""
    assert kendall_tau(["a"], ["a"]) is None
