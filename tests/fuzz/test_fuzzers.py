"""A few inputs of each fuzzer in every run of the tests; `make fuzz` tries many more."""

import pytest

from tests.fuzz import FUZZERS
from tests.fuzz.running import failures

SEEDS = range(1, 101)


@pytest.mark.parametrize("name", sorted(FUZZERS))
def test_damaged_inputs_break_no_promise(name):
    """Whatever is broken is named by its seed."""
    assert failures(name, SEEDS) == {}
