"""A run's spending cap over several processes: never more than the cap in all, whoever dies."""

from __future__ import annotations

import multiprocessing
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.tag import CountedAllowance


def test_grants_until_the_cap_is_reached(tmp_path: Path) -> None:
    """The last grant is what is left, and then nothing."""
    allowance = CountedAllowance(tmp_path / "spent", 20)
    assert [allowance.reserve(16) for _ in range(3)] == [16, 4, 0]


@given(cap=st.integers(0, 60), wanted=st.lists(st.integers(0, 30)))
def test_grants_add_up_to_no_more_than_the_cap(
    tmp_path_factory: pytest.TempPathFactory, cap: int, wanted: list[int]
) -> None:
    """As much as possible, never more: in all the smaller of the cap and the wishes."""
    allowance = CountedAllowance(tmp_path_factory.mktemp("cap") / "spent", cap)
    granted = [allowance.reserve(images) for images in wanted]
    assert all(0 <= given_ <= asked for given_, asked in zip(granted, wanted, strict=True))
    assert sum(granted) == min(cap, sum(wanted))


@pytest.mark.parametrize("start", ["spawn", "forkserver"])
def test_worker_processes_share_one_cap(tmp_path: Path, start: str) -> None:
    """Four workers that want 1,200 of 500 images get 500 between them; the value travels by pickle."""
    allowance = CountedAllowance(tmp_path / "spent", 500)
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context(start)) as pool:
        assert sum(pool.map(allowance.reserve, [3] * 400)) == 500


def test_is_a_value(tmp_path: Path) -> None:
    """A copy that came through pickle counts in the same purse."""
    allowance = CountedAllowance(tmp_path / "spent", 5)
    assert allowance.reserve(3) == 3
    assert pickle.loads(pickle.dumps(allowance)).reserve(3) == 2


HOLD_THE_LOCK = """
import fcntl, os, sys
count = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.flock(count, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.readline()
os.pwrite(count, b"%020d" % 4, 0)
"""


@contextmanager
def lock_held(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that holds the lock until it is told to go on; it writes a count of 4 then."""
    command = [sys.executable, "-c", HOLD_THE_LOCK, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        yield other


def test_a_reservation_waits_for_the_one_under_way(tmp_path: Path) -> None:
    """While another process counts, nobody reads a count that is about to change."""
    allowance = CountedAllowance(tmp_path / "spent", 5)
    granted: list[int] = []
    with lock_held(allowance.path) as other:
        waiting = threading.Thread(target=lambda: granted.append(allowance.reserve(5)))
        waiting.start()
        waiting.join(0.2)
        assert granted == []
        other.communicate(b"go on\n")
    waiting.join()
    assert granted == [1]


def test_a_killed_worker_does_not_keep_the_others_waiting(tmp_path: Path) -> None:
    """The lock of a process that was killed while it held it is free, and what had been reserved is spent."""
    allowance = CountedAllowance(tmp_path / "spent", 5)
    allowance.reserve(2)
    with lock_held(allowance.path) as other:
        other.kill()
        other.wait()
        assert allowance.reserve(5) == 3
