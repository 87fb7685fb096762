"""Fuzzers: damaged inputs, drawn by seeds. `make fuzz` runs them for a bounded time; each seed replays exactly.

A fuzzer is a module with `check(seed)`, which raises if a promise is broken; `FUZZERS` names it.
"""

from tests.fuzz import feeds, headers, images


def _check_feed(seed: int) -> None:
    broken = feeds.check(seed)
    assert broken is None, broken


FUZZERS = {"feeds": _check_feed, "headers": headers.check, "images": images.check}
