"""One task per hotel in worker processes: results come in order, and a worker that dies is reported."""

import os

import pytest

from image_release.lab.grouping import WorkerDiedError
from image_release.lab.grouping.worker_pool import map_over_processes


def test_results_come_in_the_order_of_the_tasks():
    """It does not matter which worker is ready first."""
    assert list(map_over_processes(abs, [-3, 2, -1], 2)) == [3, 2, 1]


def test_no_task_needs_no_worker():
    """An empty list is no error."""
    assert list(map_over_processes(abs, [], 2)) == []


def test_a_worker_that_dies_is_reported():
    """The error says what may have killed it, without a traceback of the pool."""
    with pytest.raises(WorkerDiedError, match="crashed its decoder"):
        list(map_over_processes(os._exit, [3], 1))


def test_an_error_of_a_task_is_raised_as_it_is():
    """It is not wrapped in another error."""
    with pytest.raises(ValueError, match="invalid literal"):
        list(map_over_processes(int, ["1", "x"], 1))
