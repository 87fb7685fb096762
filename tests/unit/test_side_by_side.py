"""Calls of one function side by side."""

import threading
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.side_by_side import AHEAD, side_by_side


@given(items=st.lists(st.integers()), threads=st.integers(1, 5))
def test_results_come_in_the_order_of_the_items(items, threads):
    """Whatever the number of threads, it is `map`."""
    assert list(side_by_side(lambda item: item * 2, items, threads)) == [item * 2 for item in items]


@pytest.mark.parametrize("threads", [2, 5])
def test_as_many_calls_as_threads_are_under_way_at_once(threads):
    """Each call waits until all threads have one."""
    met = threading.Barrier(threads, timeout=60)
    assert len(list(side_by_side(lambda _: met.wait(), range(threads), threads))) == threads


def test_items_are_taken_only_a_little_ahead():
    """Of a stream without end only as many are taken as may wait."""
    taken = []
    items = (taken.append(number) or number for number in count())
    results = side_by_side(lambda number: number, items, 3)
    assert [next(results) for _ in range(5)] == [0, 1, 2, 3, 4]
    results.close()
    assert len(taken) <= 5 + 3 * AHEAD


def test_the_first_failure_is_raised_and_no_further_call_begins():
    """What is under way ends first; of a thousand items only those that were taken already are called."""
    called, ended = [], []

    def call(number):
        called.append(number)
        if number == 4:
            raise ValueError(number)
        ended.append(number)

    with pytest.raises(ValueError, match="4"):
        list(side_by_side(call, range(1_000), 2))
    assert len(called) <= 5 + 2 * AHEAD + 2
    assert sorted(called) == sorted([*ended, 4])


def test_one_thread_is_this_one():
    """No thread is started where one call at a time is asked for."""
    assert set(side_by_side(lambda _: threading.get_ident(), range(3), 1)) == {threading.get_ident()}
