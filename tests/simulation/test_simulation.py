"""The whole suite under faults: every seed is another story, and the promises hold in all of them."""

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.simulation.planting import BUGS, planted
from tests.simulation.playing import play
from tests.simulation.stage import BrokenPromiseError

SEEDS = 300
CHUNK = 30


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_whatever_fails_and_in_any_order_the_promises_hold(first):
    """Duplicated, reordered, lost messages; requests that fail before or after they worked; killed invocations."""
    for seed in range(first, first + CHUNK):
        try:
            play(seed)
        except BrokenPromiseError as broken:
            pytest.fail(f"seed {seed}: {broken}")


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_a_planted_bug_is_found(bug):
    """Each within 300 seeds, or the simulation above proves nothing."""
    with planted(bug), pytest.raises(BrokenPromiseError):
        play_all(SEEDS)


def play_all(seeds):
    for seed in range(seeds):
        play(seed)


def test_a_seed_replays_exactly():
    """In another process, with another order of sets, the same happens at the same times."""
    digests = {
        subprocess.run(
            [sys.executable, "-c", "from tests.simulation.playing import play; print([play(seed) for seed in (3, 4)])"],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": salt},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for salt in ("1", "2")
    }
    assert len(digests) == 1
