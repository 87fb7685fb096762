"""A process ends with its parent: a pool's worker, and a child that asks too late."""

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.conftest import ROOT
from tests.integration.doomed import is_alive

WORKER = """
import os, time
from image_release.lab.grouping.worker_pool import map_over_processes
from tests.integration import doomed
results = map_over_processes(doomed.call, [(os.getpid,), (time.sleep, 600)], 1)
if __name__ == "__main__":
    print(next(results), flush=True)
    next(results)
"""
TOO_LATE = """
import sys
from image_release.lifeline import end_with_parent
end_with_parent(int(sys.argv[1]))
"""


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM])
def test_a_worker_of_the_instruments_is_gone_soon(by):
    """`corpus evaluate` and `corpus sweep` work in such workers."""
    parent = subprocess.Popen(
        [sys.executable, "-c", WORKER], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    worker = int(parent.stdout.readline())
    parent.send_signal(by)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 60
    while is_alive(worker):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_parent_that_is_gone_before_the_child_asks_ends_it_too():
    """The pipe is closed already: no signal will come."""
    reading, writing = os.pipe()
    os.close(writing)
    child = subprocess.run([sys.executable, "-c", TOO_LATE, str(reading)], cwd=ROOT, pass_fds=[reading], check=False)
    os.close(reading)
    assert child.returncode == -signal.SIGKILL
