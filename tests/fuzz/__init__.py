"""Fuzzers: damaged inputs, drawn by seeds. `make fuzz` runs them for a bounded time; each seed replays exactly.

A fuzzer is a module with `check(seed)`, which raises if a promise is broken; `FUZZERS` names it.
"""

from tests.fuzz import headers, images

FUZZERS = {"headers": headers.check, "images": images.check}
