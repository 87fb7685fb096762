"""Many requests to a store at once, as long as there is time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from image_release.side_by_side import side_by_side
from image_release.storage import Store

T = TypeVar("T")
R = TypeVar("R")
A_THREAD = 16
"""Requests of each thread before it is looked at the time."""


@dataclass(frozen=True, slots=True)
class TimeBox:
    """How much may be done: as long as `may_go_on` says so, with so many threads at once."""

    may_go_on: Callable[[], bool]
    threads: int = 8

    def each(self, function: Callable[[T], R], items: Iterable[T]) -> Iterator[list[R]]:
        """The results of a function, some at a time and in order. Ends early when the time is up."""
        waiting = iter(items)
        while self.may_go_on() and (some := list(islice(waiting, self.threads * A_THREAD))):
            yield list(side_by_side(function, some, self.threads))

    def in_full(self, function: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """All results of a function, whatever time that takes."""
        return list(side_by_side(function, items, self.threads))

    def delete(self, store: Store, keys: Iterable[str]) -> tuple[int, bool]:
        """Delete objects; returns how many, and whether all of them. Nothing is kept of a million keys."""
        left = iter(keys)
        deleted = sum(len(done) for done in self.each(store.delete, left))
        return deleted, next(left, None) is None
