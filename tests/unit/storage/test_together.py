"""Calls that are made together: their results come in the order of the calls, and the first failure is told."""

import threading

import pytest

from image_release.storage import SideBySide, one_after_another


@pytest.fixture(params=["one after another", "side by side"])
def together(request):
    return one_after_another if request.param == "one after another" else SideBySide(3)


def returns(value):
    return lambda: value


def raises(error):
    def call():
        raise error

    return call


def test_results_come_in_the_order_of_the_calls(together):
    assert together([returns(number) for number in range(20)]) == list(range(20))
    assert together([]) == []


def test_the_first_failure_is_raised(together):
    calls = [returns(1), raises(KeyError("first")), raises(ValueError("second"))]
    with pytest.raises(KeyError, match="first"):
        together(calls)
    assert together(calls[:1]) == [1]


def test_the_first_call_may_call_others_together(together):
    """A hotel is loaded beside its request, and its listings are read together."""
    inner = lambda: together([returns(number) for number in range(9)])
    assert together([inner, returns("request")]) == [list(range(9)), "request"]


def test_side_by_side_calls_wait_at_the_same_time():
    """Each one waits until all have begun."""
    barrier = threading.Barrier(4)
    found = SideBySide(3)([lambda: barrier.wait(60)] * 4)
    assert sorted(found) == [0, 1, 2, 3]
