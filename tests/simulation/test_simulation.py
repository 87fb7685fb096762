"""The whole suite with random faults: every seed gives another order of events, and the promises always hold."""

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.simulation.outside import BrokenPromiseError
from tests.simulation.planting import BUGS, planted
from tests.simulation.playing import play

SEEDS = 300
CHUNK = 30
FOUND = (404,)
"""Later seeds that once broke a promise: a hotel became another one while a request waited for the quota."""
REPLAYED = (3, 4, 217)
"""Seeds that two processes play: with and without split catalogues, and with rounds."""
REPLAY = f"from tests.simulation.playing import play; print([play(seed) for seed in {REPLAYED}])"
FIRST = {
    "decisions_overlooked": 8,
    "share_marked_before_its_nudges": 105,
    "put_off_counts_as_done": 135,
    "families_of_the_round_before_forgotten": 217,
    "changes_since_the_round_before_overlooked": 17,
}
"""Where to begin looking for a bug that few seeds find. All seeds are played, whichever comes first."""


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_the_promises_hold_whatever_fails_in_any_order(first):
    """Duplicated, reordered, refused messages; requests that fail or crawl; invocations that are killed or time out."""
    for seed in range(first, first + CHUNK):
        try:
            play(seed)
        except BrokenPromiseError as broken:
            pytest.fail(f"seed {seed}: {broken}")


@pytest.mark.parametrize("seed", FOUND)
def test_a_seed_that_broke_a_promise_holds_it(seed):
    play(seed)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_a_planted_bug_is_found(bug):
    """Each bug is found within 300 seeds; otherwise the test above would prove nothing."""
    first = FIRST.get(bug.__name__, 0)
    with planted(bug), pytest.raises(BrokenPromiseError):
        play_all((*range(first, SEEDS), *range(first)))


def play_all(seeds):
    for seed in seeds:
        play(seed)


def test_a_seed_replays_exactly():
    """Another process, with another order of sets, plays the same events at the same times."""
    digests = {
        subprocess.run(
            [sys.executable, "-c", REPLAY],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": salt},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for salt in ("1", "2")
    }
    assert len(digests) == 1
