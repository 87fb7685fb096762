"""Functions that a child process calls and that may kill it, in a module of their own so that it can import them."""

import ctypes
import os
import resource
import signal
import sys
import threading
import time
from pathlib import Path


def add(left: int, right: int, *, more: int = 0) -> int:
    return left + right + more


def process_id() -> int:
    return os.getpid()


def is_alive(process: int) -> bool:
    """Whether a process runs: one that ended and was not waited for does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def die_by(signal_number: int) -> None:
    os.kill(os.getpid(), signal_number)


def read_address_zero() -> None:
    """A fault in C, as in a broken decoder, and not a signal that the process sends to itself."""
    ctypes.string_at(0)


def leave(status: int) -> None:
    os._exit(status)


def sleep_for_ever() -> None:
    while True:
        time.sleep(60)


def loop_for_ever() -> None:
    """A loop that never releases the interpreter, as in a decoder."""
    sum(iter(int, 1))


def take_memory(megabytes: int) -> int:
    return len(bytearray(megabytes << 20))


def refuse(message: str) -> None:
    raise ValueError(message)


class TwoArgumentsError(Exception):
    """It can be pickled but not unpickled: a Python trap that libraries fall into."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} {second}")


def raise_what_cannot_be_pickled() -> None:
    raise TwoArgumentsError("what", "happened")


def return_what_cannot_be_pickled() -> object:
    return threading.Lock()


def chatter() -> str:
    sys.stdout.write("a line that would spoil a JSON answer")
    sys.stdout.flush()
    return "said"


def core_limit() -> tuple[int, int]:
    return resource.getrlimit(resource.RLIMIT_CORE)


def echo(data: bytes) -> bytes:
    return data


def ignores_interrupts() -> bool:
    return signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def call(task: tuple) -> object:
    """Call the first of a task with the others."""
    return task[0](*task[1:])
