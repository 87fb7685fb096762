"""A child process that ends with its parent, however the parent died: killed by SIGKILL, by lack of memory, by a crash.

The parent keeps the writing end of a pipe and never writes. When the parent is gone, the kernel closes that end and
kills the child. The kernel does it alone: a child that loops in C code and keeps the interpreter lock ends as well.

(`prctl(PR_SET_PDEATHSIG)` follows the thread that started the child, and misses a parent that died before the call. A
thread that waits for the end of the pipe needs the interpreter lock.)
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection, Pipe
from typing import Any


def end_with_parent(descriptor: int) -> None:
    """Have this process killed (SIGKILL) when the other end of a pipe is closed, or now if it is closed already.

    The descriptor must stay open, no other process may wait on the same one, and nothing may be written from now on.
    """
    fcntl.fcntl(descriptor, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(descriptor, fcntl.F_SETFL, fcntl.fcntl(descriptor, fcntl.F_GETFL) | os.O_ASYNC)
    closed = select.poll()
    closed.register(descriptor, 0)
    if closed.poll(0):  # the parent died before
        os.kill(os.getpid(), signal.SIGKILL)


class Lifeline:
    """What a parent holds as long as it lives; a worker of its pool that unpickles it ends with the parent.

    Give it to a pool in a `WorkerStart`: it is unpickled before everything that takes time to import.
    """

    def __init__(self) -> None:
        self._reading, self._writing = Pipe(duplex=False)

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        """The reading end, taken up when it is unpickled."""
        return _take_up, (self._reading,)


class WorkerStart:
    """The initializer of a pool's workers: a function, and before it the lifeline of the worker."""

    def __init__(self, lifeline: Lifeline, function: Callable[..., object]) -> None:
        self._lifeline = lifeline
        self._function = function

    def __call__(self, *args: object) -> None:
        """Call the function in the worker."""
        self._function(*args)

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        """Both, in this order."""
        return WorkerStart, (self._lifeline, self._function)


def _take_up(reading: Connection[Any, Any]) -> Connection[Any, Any]:
    """Open the pipe anew, because workers share the end that they inherit, and end with whoever holds the other one."""
    end_with_parent(os.open(f"/proc/self/fd/{reading.fileno()}", os.O_RDONLY | os.O_NONBLOCK))
    return reading
