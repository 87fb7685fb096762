"""A run's spending cap over several processes: never more than the cap in all, whichever process dies."""

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

from image_release.tag import SpendingCap


def test_grants_until_the_cap_is_reached(tmp_path: Path) -> None:
    """The last grant is what is left, and then nothing."""
    cap = SpendingCap(tmp_path / "spent", 20)
    assert [cap.reserve(16) for _ in range(3)] == [16, 4, 0]


@given(most=st.integers(0, 60), wanted=st.lists(st.integers(0, 30)))
def test_grants_add_up_to_no_more_than_the_cap(
    tmp_path_factory: pytest.TempPathFactory, most: int, wanted: list[int]
) -> None:
    """The grants add up to the cap or to what was wanted, whichever is smaller."""
    cap = SpendingCap(tmp_path_factory.mktemp("cap") / "spent", most)
    granted = [cap.reserve(images) for images in wanted]
    assert all(0 <= given_ <= asked for given_, asked in zip(granted, wanted, strict=True))
    assert sum(granted) == min(most, sum(wanted))


@pytest.mark.parametrize("start", ["spawn", "forkserver"])
def test_worker_processes_share_one_cap(tmp_path: Path, start: str) -> None:
    """Four workers that want 1,200 of 500 images get 500 between them; the value travels by pickle."""
    cap = SpendingCap(tmp_path / "spent", 500)
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context(start)) as pool:
        assert sum(pool.map(cap.reserve, [3] * 400)) == 500


def test_is_a_value(tmp_path: Path) -> None:
    """A copy that came through pickle counts in the same file."""
    cap = SpendingCap(tmp_path / "spent", 5)
    assert cap.reserve(3) == 3
    assert pickle.loads(pickle.dumps(cap)).reserve(3) == 2


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
    """Another process that holds the lock until it reads a line; then it writes a count of 4 and ends."""
    command = [sys.executable, "-c", HOLD_THE_LOCK, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        yield other


def test_a_reservation_waits_for_the_one_under_way(tmp_path: Path) -> None:
    """While another process holds the lock, no process reads a count that may change."""
    cap = SpendingCap(tmp_path / "spent", 5)
    granted: list[int] = []
    with lock_held(cap.path) as other:
        waiting = threading.Thread(target=lambda: granted.append(cap.reserve(5)))
        waiting.start()
        waiting.join(0.2)
        assert granted == []
        other.communicate(b"go on\n")
    waiting.join()
    assert granted == [1]


def test_a_killed_worker_does_not_keep_the_others_waiting(tmp_path: Path) -> None:
    """A killed process releases its lock, and the images that it had reserved count as spent."""
    cap = SpendingCap(tmp_path / "spent", 5)
    cap.reserve(2)
    with lock_held(cap.path) as other:
        other.kill()
        other.wait()
        assert cap.reserve(5) == 3
