"""Decoding alone: what takes much memory is decoded in a child process, while nothing else is decoded in this one.

The child ends after the call, so all of its memory is given back.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from image_release.child_process import IsolatedCaller, is_child
from image_release.decode.budget import DecodeCost, is_decoded_alone
from image_release.settings import FilterSettings

P = ParamSpec("P")
T = TypeVar("T")

CHILD_BASE_MB = 460
"""Address space of a child before it decodes anything (150 MB), and what decoders reserve without using it."""


class _Gate:
    """Lets many threads through together, or one alone."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._together = 0
        self._alone = 0

    @contextmanager
    def together(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._alone)
            self._together += 1
        try:
            yield
        finally:
            with self._changed:
                self._together -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._alone)
            self._alone = 1  # from here on nobody new comes in
            self._changed.wait_for(lambda: not self._together)
        try:
            yield
        finally:
            with self._changed:
                self._alone = 0
                self._changed.notify_all()


_GATE = _Gate()


def call_by_cost(
    cost: DecodeCost, settings: FilterSettings, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
) -> T:
    """Call a function that decodes an image of this cost: here, or alone in a child process.

    In a child process it is always called here. Raises ChildCrashedError if the child dies.
    """
    if is_child() or not is_decoded_alone(cost, settings):
        with _GATE.together():
            return function(*args, **kwargs)
    with _GATE.alone(), IsolatedCaller(memory_mb=settings.max_decode_mb + CHILD_BASE_MB) as call:
        return call(function, *args, **kwargs)
