"""A child process that ends with its parent, however the parent died: killed by SIGKILL, by lack of memory, by a crash.

The parent keeps the writing end of a pipe and never writes. When the parent is gone, the kernel closes that end and
kills the child. The kernel does it alone: a child that loops in C code and keeps the interpreter lock ends as well.

(`prctl(PR_SET_PDEATHSIG)` follows the thread that started the child, and misses a parent that died before the call. A
thread that waits for the end of the pipe needs the interpreter lock.)
"""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import select
import signal


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


def end_worker_with_parent() -> None:
    """Have this worker of a `multiprocessing` pool killed when the process that started it is gone."""
    parent = multiprocessing.parent_process()
    assert parent is not None, "this process is no worker"
    end_with_parent(parent.sentinel)  # the end of a pipe of its own, which `multiprocessing` keeps open
