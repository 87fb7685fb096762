"""What is called in a child process that may die for it: importable, so that it can be named across processes."""

import ctypes
import os
import resource
import signal
import sys
import threading
import time


def add(left: int, right: int, *, more: int = 0) -> int:
    return left + right + more


def process_id() -> int:
    return os.getpid()


def die_by(signal_number: int) -> None:
    os.kill(os.getpid(), signal_number)


def read_address_zero() -> None:
    """What a broken decoder does: a fault in C, not a signal sent to oneself."""
    ctypes.string_at(0)


def leave(status: int) -> None:
    os._exit(status)


def sleep_for_ever() -> None:
    while True:
        time.sleep(60)


def loop_for_ever() -> None:
    """A decoder that never lets go of the interpreter."""
    sum(iter(int, 1))


def take_memory(megabytes: int) -> int:
    return len(bytearray(megabytes << 20))


def refuse(message: str) -> None:
    raise ValueError(message)


class TwoArgumentsError(Exception):
    """It pickles, and cannot be unpickled: a trap of Python's that libraries fall into."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} {second}")


def raise_what_cannot_travel() -> None:
    raise TwoArgumentsError("what", "happened")


def answer_what_cannot_travel() -> object:
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
