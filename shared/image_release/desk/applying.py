"""Applying decisions: the port through which the desk asks for a hotel to be processed (decision 38).

In a folder workspace the hotel is processed at once. Beside a deployed suite the desk never publishes: the uploaded
decision has nudged the suite, and a page waits until the manifest's `seq` moves.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, Protocol

from image_release.problems import printable

log = logging.getLogger(__name__)

MOST_AT_ONCE = 4
"""Hotels that are asked for at once. More wait; what processes them decides how many really run."""
MOST_REMEMBERED = 1_000
"""Maximum number of hotels whose last result is remembered."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a hotel whose decisions were to be applied.

    `published`: a manifest of number `seq` was swapped in. `unchanged`: nothing of the hotel changes. `waiting`: the
    suite will do it. `failed`: what was published before stands, and `error` is a sentence that says why.
    """

    hotel_id: str
    status: Literal["published", "unchanged", "waiting", "failed"]
    seq: int | None = None
    error: str = ""


class Applier(Protocol):
    """Brings a hotel up to date with its decisions. Threads may share it."""

    @property
    def publishes(self) -> bool:
        """Whether hotels are processed here; False beside a suite, which does it."""

    def apply(self, hotel_id: str) -> Applied:
        """Process the hotel and return what became of it; never raises for a fault of the hotel."""

    def close(self) -> None:
        """Stop at once; what is under way is left whole."""


class SuiteApplier:
    """Leaves the work to a deployed suite."""

    publishes = False

    def apply(self, hotel_id: str) -> Applied:
        """Do nothing: the decision itself, an object in the inbox, has nudged the suite."""
        return Applied(hotel_id, "waiting")

    def close(self) -> None:
        """Do nothing."""


class HotelsUnderWay:
    """Hotels that are being processed for the desk: one hotel after the other, and each hotel once at a time.

    A decision that comes while its hotel is processed is applied right afterwards, together with all others that came.
    `observe` is called with each result, from a thread.
    """

    def __init__(self, applier: Applier, observe: Callable[[Applied], None] = lambda _: None) -> None:
        self._applier = applier
        self._observe = observe
        self._lock = threading.Lock()
        self._running: dict[str, Future[Applied]] = {}
        self._next: dict[str, Future[Applied]] = {}
        self._last: OrderedDict[str, Applied] = OrderedDict()
        self._threads = ThreadPoolExecutor(MOST_AT_ONCE, "apply")

    @property
    def publishes(self) -> bool:
        """Whether hotels are processed here."""
        return self._applier.publishes

    def begin(self, hotel_id: str) -> Future[Applied]:
        """Have the hotel processed with everything decided until now; returns at once."""
        with self._lock:
            if hotel_id not in self._running:
                future = self._running[hotel_id] = self._threads.submit(self._apply, hotel_id)
                return future
            if hotel_id not in self._next:
                self._next[hotel_id] = Future()
            return self._next[hotel_id]

    def of(self, hotel_id: str) -> Future[Applied] | None:
        """The last piece of work that is under way for a hotel; None if there is none."""
        with self._lock:
            return self._next.get(hotel_id) or self._running.get(hotel_id)

    def last(self, hotel_id: str) -> Applied | None:
        """What became of a hotel when it was last processed for the desk; None if it was not."""
        with self._lock:
            return self._last.get(hotel_id)

    def close(self) -> None:
        """Stop at once."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._applier.close()

    def _apply(self, hotel_id: str) -> Applied:
        try:
            applied = self._applied(hotel_id)
            self._remember(applied)
            self._observe(applied)
            return applied
        finally:
            self._go_on(hotel_id)

    def _applied(self, hotel_id: str) -> Applied:
        try:
            return self._applier.apply(hotel_id)
        except Exception as error:
            log.exception("hotel %s", printable(hotel_id))
            return Applied(hotel_id, "failed", error=printable(f"{type(error).__name__}: {error}", 300))

    def _remember(self, applied: Applied) -> None:
        with self._lock:
            self._last[applied.hotel_id] = applied
            self._last.move_to_end(applied.hotel_id)
            while len(self._last) > MOST_REMEMBERED:
                self._last.popitem(last=False)

    def _go_on(self, hotel_id: str) -> None:
        """Begin what came while the hotel was processed."""
        with self._lock:
            asked = self._next.pop(hotel_id, None)
            if asked is None:
                del self._running[hotel_id]
                return
            self._running[hotel_id] = asked
            try:
                self._threads.submit(self._apply_asked, hotel_id, asked)
            except RuntimeError:  # closing
                del self._running[hotel_id]
                asked.cancel()

    def _apply_asked(self, hotel_id: str, asked: Future[Applied]) -> None:
        try:
            asked.set_result(self._apply(hotel_id))
        except Exception as error:  # noqa: BLE001 - whoever waits gets it
            asked.set_exception(error)
