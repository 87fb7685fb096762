"""Calling a function in a child process that is allowed to die (invariant 10).

Decoders are C code that reads hostile bytes, and an image may kill the process that decodes it. So a child process
decodes it: if the child dies, the caller gets ChildCrashedError, and the image becomes `crashed`. This protects the
caller from crashes, hangs and excessive memory. It is no sandbox against code that takes control of the child.

The child is a fresh interpreter and not a fork: it inherits no threads and no locks, does not run the caller's main
module again, and needs no shared memory, which a Lambda does not have.
"""

from __future__ import annotations

import json
import math
import os
import pickle
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection, Pipe
from types import TracebackType
from typing import Any, NamedTuple, ParamSpec, Self, TypeVar

from image_release.lifeline import end_with_parent

P = ParamSpec("P")
T = TypeVar("T")

DEFAULT_TIMEOUT_S = 60.0
"""Maximum time of a call; the largest allowed image takes far less to decode."""
DEFAULT_MEMORY_MB = 1_200
"""Maximum address space of a child. The budget of an image needs less (`decode.budget`), and a Lambda has more."""
OVERDUE_S = 2
"""Seconds after the timeout of a call at which the child ends itself, if its caller does not end it."""
ENDING_S = 5
"""Maximum wait for the exit status of a child that has closed its end of the pipe."""

BOOTSTRAP = """
import json, sys
descriptor, lifeline, memory_mb, timeout_s, sys.path[:] = json.loads(sys.argv[1])
from image_release.child_process import serve
serve(descriptor, lifeline, memory_mb, timeout_s)
"""
"""The program of the child; it has the `sys.path` of its caller."""


class ChildCrashedError(Exception):
    """The child died, ran out of memory, or ran out of time during a call; the message says which."""


class ChildLimitError(ChildCrashedError):
    """The child ran into its limit of memory or time, which another machine or another day may not."""


class Child(NamedTuple):
    """A child process, the caller's end of the pipe to it, and the end that tells it that the caller lives."""

    process: subprocess.Popen[bytes]
    connection: Connection[Any, Any]
    lifeline: Connection[Any, Any]


class IsolatedCaller:
    """Calls picklable functions in a child process; the next call after a crash starts a new child.

    `timeout_s` and `memory_mb` are the limits of a call. Threads may share a caller; it makes one call at a time.
    Arguments, results and exceptions are pickled.
    """

    def __init__(self, timeout_s: float = DEFAULT_TIMEOUT_S, memory_mb: int = DEFAULT_MEMORY_MB) -> None:
        self._timeout_s = timeout_s
        self._memory_mb = memory_mb
        self._lock = threading.Lock()
        self._child: Child | None = None

    def __call__(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of the function; raises what the function raises, or ChildCrashedError."""
        with self._lock:
            try:
                result, error = self._answer_of(self._living(), (function, args, kwargs))
            except BaseException:  # Ctrl-C too: the next call must not get the answer to this one
                self._end()
                raise
        if isinstance(error, MemoryError):
            raise ChildLimitError(f"more than {self._memory_mb} MB of memory") from error
        if error is not None:
            raise error
        answer: T = result
        return answer

    def close(self) -> None:
        """End the child, whatever it is doing. The next call starts a new one."""
        with self._lock:
            self._end()

    def kill(self) -> None:
        """End the child at once; a call that another thread is waiting for raises ChildCrashedError."""
        if child := self._child:
            child.process.kill()

    def __enter__(self) -> Self:
        """Return the caller itself; the child starts at the first call."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the child."""
        self.close()

    def _living(self) -> Child:
        """The child, or a new one if there is none or if it died between two calls."""
        if self._child and self._child.process.poll() is None:
            return self._child
        self._end()
        ours, theirs = Pipe()
        awaited, lifeline = Pipe(duplex=False)
        with theirs, awaited:
            document = json.dumps([theirs.fileno(), awaited.fileno(), self._memory_mb, self._timeout_s, sys.path])
            process = subprocess.Popen(  # noqa: S603 - our own interpreter with our own program
                [sys.executable, "-c", BOOTSTRAP, document],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # standard output belongs to the caller
                pass_fds=[theirs.fileno(), awaited.fileno()],
                # A thread pool for matrices would reserve address space for each core before anything is decoded.
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            )
        self._child = Child(process, ours, lifeline)
        return self._child

    def _answer_of(self, child: Child, call: object) -> tuple[Any, BaseException | None]:
        try:
            child.connection.send(call)
            if not child.connection.poll(self._timeout_s):
                raise ChildLimitError(f"no answer within {self._timeout_s:g} s")
            answer: tuple[Any, BaseException | None] = child.connection.recv()
        except (EOFError, OSError) as error:
            raise ChildCrashedError(_cause_of_death(child.process)) from error
        return answer

    def _end(self) -> None:
        child, self._child = self._child, None
        if child:
            child.connection.close()
            child.lifeline.close()
            child.process.kill()
            child.process.wait()


def _cause_of_death(process: subprocess.Popen[bytes]) -> str:
    """Why a child closed its end of the pipe without an answer: a signal or an exit status."""
    try:
        status = process.wait(ENDING_S)
    except subprocess.TimeoutExpired:
        return "the child process stopped answering"
    if status < 0:
        return f"the child process was killed by {signal.Signals(-status).name}"
    return f"the child process ended with exit status {status}"


def is_child() -> bool:
    """Whether this process is such a child."""
    return _serving.is_set()


_serving = threading.Event()


def serve(descriptor: int, lifeline: int, memory_mb: int, timeout_s: float) -> None:
    """Run as the child: answer calls until the caller closes its end of the pipe, or is gone."""
    _serving.set()
    end_with_parent(lifeline)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both; the caller decides
    limit = memory_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # crashes are expected: no core dumps
    with Connection(descriptor) as connection:
        while True:
            try:
                function, args, kwargs = connection.recv()
            except (EOFError, OSError):
                return
            signal.alarm(math.ceil(timeout_s) + OVERDUE_S)  # SIGALRM ends the process, in C code too
            answer = _answer(function, args, kwargs)
            signal.alarm(0)
            connection.send_bytes(answer)


def _answer(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes:
    """`(result, error)`, pickled; an error that cannot be pickled becomes a RuntimeError with the same words."""
    try:
        return pickle.dumps((function(*args, **kwargs), None))
    except Exception as error:  # noqa: BLE001 - the caller gets whatever the function raised
        try:
            answer = pickle.dumps((None, error))
            pickle.loads(answer)  # noqa: S301 - our own bytes; some exceptions fail only here
        except Exception:  # noqa: BLE001 - pickle calls into any class
            return pickle.dumps((None, RuntimeError(f"{type(error).__name__}: {error}")))
        return answer
