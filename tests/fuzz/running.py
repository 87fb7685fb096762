"""Running fuzzers in a child process, because a decoder may die of an input.

Some inputs are tried in a call. When the child dies, they are tried again one by one to find the seed.
"""

import time
import traceback

from image_release.child_process import ChildCrashedError, IsolatedCaller
from tests.fuzz import FUZZERS

BATCH = 25
CALL_TIMEOUT_S = 300


def failures(name: str, seeds: range) -> dict[int, str]:
    """What each seed that fails raises."""
    found = {}
    for seed in seeds:
        try:
            FUZZERS[name](seed)
        except Exception:  # noqa: BLE001 - whatever it raises is the finding
            found[seed] = traceback.format_exc()
    return found


def fuzz(name: str, first: int, seconds: float) -> tuple[int, dict[int, str]]:
    """Try seeds for a time; return how many were tried, and those that failed."""
    seed, found, end = first, {}, time.monotonic() + seconds
    with IsolatedCaller(CALL_TIMEOUT_S) as call:
        while time.monotonic() < end:
            seeds = range(seed, seed + BATCH)
            try:
                found |= call(failures, name, seeds)
            except ChildCrashedError:
                found |= _one_by_one(name, seeds)
            seed += BATCH
    return seed - first, found


def _one_by_one(name: str, seeds: range) -> dict[int, str]:
    found = {}
    for seed in seeds:
        with IsolatedCaller(CALL_TIMEOUT_S) as call:
            try:
                found |= call(failures, name, range(seed, seed + 1))
            except ChildCrashedError as error:
                found[seed] = str(error)
    return found
