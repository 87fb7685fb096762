"""The first seeds of the fuzzer of feeds; `python -m tests.fuzz.feeds` goes on from there."""

import random

import pytest

from tests.fuzz.feeds import Damaged, broken, catalogue, check, damage


@pytest.mark.parametrize("seed", range(1, 121))
def test_no_damage_takes_away_more_than_it_says(seed):
    assert check(seed) is None


def test_every_kind_of_damage_is_tried():
    found = [damage(random.Random(seed), catalogue()) for seed in range(100)]
    assert {(item.is_cut, item.is_byte, item.line is not None) for item in found} == {
        (True, False, False),
        (False, False, False),
        (False, True, False),
        (False, False, True),
    }


@pytest.mark.parametrize(
    ("damaged", "said"),
    [
        (Damaged(catalogue(), 0), "its line is there"),
        (Damaged(b"", 0, line=7), "another line was damaged"),
        (Damaged(catalogue()[:40], 40, is_cut=True), "cut inside a line"),
        (Damaged(b"", 9, is_byte=True), "a byte elsewhere"),
    ],
)
def test_the_invariant_can_be_broken(damaged, said):
    """A check that is always content finds nothing."""
    assert said in broken(catalogue(), damaged, {"100"}, 0, lambda _: slice(22, 25))
