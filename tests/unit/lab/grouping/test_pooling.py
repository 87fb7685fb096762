"""One task a hotel over worker processes: in order, and a worker that dies is told."""

import os

import pytest

from image_release.lab.grouping import WorkerDiedError
from image_release.lab.grouping.pooling import over_processes


def test_results_come_in_the_order_of_the_tasks():
    """Whichever worker is ready first."""
    assert list(over_processes(abs, [-3, 2, -1], 2)) == [3, 2, 1]


def test_no_task_needs_no_worker():
    """An empty list is no error."""
    assert list(over_processes(abs, [], 2)) == []


def test_a_worker_that_dies_is_told():
    """Not a traceback of the pool's, but what may have killed it."""
    with pytest.raises(WorkerDiedError, match="killed its decoder"):
        list(over_processes(os._exit, [3], 1))


def test_an_error_of_a_task_is_raised_as_it_is():
    """A fault is not dressed up."""
    with pytest.raises(ValueError, match="invalid literal"):
        list(over_processes(int, ["1", "x"], 1))
