"""Keeps the index of hotels up to date while the desk runs, in a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from image_release.desk.index import HotelIndex, IndexBusyError, IndexDamagedError, catch_up, touch
from image_release.problems import printable
from image_release.settings import Settings
from image_release.storage import StorageError, Stores

log = logging.getLogger(__name__)

FOLLOW_EVERY_S = 5.0
"""How often the desk asks what has changed in a folder."""
FOLLOW_SUITE_EVERY_S = 60.0
"""How often it asks beside a suite: there it lists the records of all changes."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """What the thread does now. `what` is empty when it waits; `total` is None while that is not known.

    `error` is a sentence that says why the index could not be brought up to date the last time.
    """

    what: str = ""
    done: int = 0
    total: int | None = None
    error: str = ""


class _StoppedError(Exception):
    """The desk is closing. The next start goes on where this one was."""


class IndexKeeper:
    """Follows what is published, and tells `observe` each step. Any thread may read `now`, and call the others."""

    def __init__(
        self,
        index: HotelIndex,
        stores: Stores,
        settings: Settings,
        observe: Callable[[Keeping], None] = lambda _: None,
    ) -> None:
        self._index = index
        self._observe = observe
        self._stores = stores
        self._settings = settings
        self._wanted = threading.Event()
        self._is_stopped = threading.Event()
        self._turn = threading.Condition()
        self._begun = self._ended = 0
        self._thread = threading.Thread(target=self._keep, name="index", daemon=True)
        self.now = Keeping("starting")

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """Follow no longer. What is under way is left whole."""
        self._is_stopped.set()
        self._wanted.set()

    def join(self, timeout_s: float) -> None:
        """Wait until what was under way when it was stopped is done."""
        self._thread.join(timeout_s)

    def look(self, *hotel_ids: str) -> None:
        """Read hotels again now, because somebody decided about them or they were processed."""
        try:
            touch(self._index, self._stores, self._settings, hotel_ids)
        except (StorageError, IndexDamagedError, IndexBusyError) as error:
            log.warning("the index: %s", printable(str(error), 400))
            self._wanted.set()
        except Exception:  # the decision is recorded and applied all the same
            log.exception("the index")

    def caught_up(self, timeout_s: float) -> bool:
        """Have the index brought up to date from now on, and wait for it; False if it took longer."""
        with self._turn:
            wanted = self._begun + 1  # a turn that began before may have looked already
            self._wanted.set()
            return self._turn.wait_for(lambda: self._ended >= wanted, timeout_s)

    def _keep(self) -> None:
        while not self._is_stopped.is_set():
            with self._turn:
                self._wanted.clear()
                self._begun += 1
            error = self._catch_up()
            self._tell(Keeping(error=error))
            with self._turn:
                self._ended = self._begun
                self._turn.notify_all()
            self._wanted.wait(FOLLOW_SUITE_EVERY_S if self._index.beside_suite else FOLLOW_EVERY_S)

    def _catch_up(self) -> str:
        """Bring the index up to date once; returns why that was not possible."""
        try:
            catch_up(self._index, self._stores, self._settings, self._progress)
        except _StoppedError:
            return ""
        except (StorageError, IndexDamagedError, IndexBusyError) as error:
            return printable(str(error), 400)
        except Exception as error:  # the desk goes on with the index as it is
            log.exception("the index")
            return f"the index could not be brought up to date: {printable(repr(error), 400)}"
        return ""

    def _progress(self, what: str, done: int, total: int | None) -> None:
        if self._is_stopped.is_set():
            raise _StoppedError
        self._tell(Keeping(what, done, total))

    def _tell(self, now: Keeping) -> None:
        self.now = now
        self._observe(now)
