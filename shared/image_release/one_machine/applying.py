"""Applies decisions in a folder workspace: each hotel at once, in a worker process that stays for the next one.

Settings and tagger are those that are stored at that moment, so a run beside the desk and the desk give one result.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path

from image_release.desk.applying import Applied
from image_release.feed import Cause
from image_release.gallery import write_index
from image_release.one_machine.choices import StoredChoiceError, choices_of
from image_release.one_machine.run import hotels_in_force
from image_release.one_machine.workers import (
    HotelResult,
    WorkerTask,
    pool_of,
    process_isolated,
    start_worker,
    submit,
    terminate,
)
from image_release.one_machine.workspace import Workspace, WorkspaceError
from image_release.problems import printable
from image_release.settings_files import SettingsError
from image_release.storage import StorageError
from image_release.store_keys import STALE_GALLERY
from image_release.values import Nudge

log = logging.getLogger(__name__)

REASON = "decided at the desk"
"""Reason of the nudges: records of changes name it."""
QUIET_S = 10.0
"""Time without a decision after which the gallery's index is written: it reads every manifest."""
MOST_HOTELS = 5_000
"""Number of hotels above which the gallery's index is left to the next run."""
CLOSED = "the desk is closing; the decision is recorded, and the next run applies it"


class FolderApplier:
    """Processes hotels of a folder workspace for the desk.

    The hotels that change are noted under `cause`. `settings_file` and `tagger` are what the command line says; None:
    what is stored. `observe` is called with each result. The worker starts with the first hotel, or with `warm_up`.
    """

    publishes = True

    def __init__(
        self,
        workspace: Workspace,
        cause: Cause,
        settings_file: Path | None = None,
        tagger: str | None = None,
        observe: Callable[[HotelResult], None] = lambda _: None,
    ) -> None:
        self._workspace = workspace
        self._cause = cause
        self._said = settings_file, tagger
        self._observe = observe
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._pools_workspace: Workspace | None = None
        self._index = _IndexWhenQuiet(workspace)
        self._is_closed = False

    def warm_up(self) -> None:
        """Start the worker, so that the first decision need not wait for it; returns at once."""
        threading.Thread(target=self._start_worker, name="warm up", daemon=True).start()

    def apply(self, hotel_id: str) -> Applied:
        """Process the hotel now, and return what became of it."""
        try:
            self._index.mark_stale()
            result = self._process(Nudge(hotel_id, REASON))
        except (SettingsError, StoredChoiceError, WorkspaceError, StorageError) as error:
            return Applied(hotel_id, "failed", error=printable(str(error), 500))
        except CancelledError:
            return Applied(hotel_id, "failed", error=CLOSED)
        self._observe(result)
        if result.status == "processed":
            self._index.write_soon()
            return Applied(hotel_id, "published", result.seqs[-1] if result.seqs else None)
        if result.status == "failed":
            return Applied(hotel_id, "failed", error=result.error)
        return Applied(hotel_id, "unchanged")

    def close(self) -> None:
        """End the worker at once: stores change in whole objects, so nothing is left half done."""
        with self._lock:
            self._is_closed = True
            pool, self._pool = self._pool, None
        if pool:
            terminate(pool)
        self._index.close()

    def _process(self, nudge: Nudge) -> HotelResult:
        workspace = self._workspace_now()
        try:
            with self._lock:  # nobody may end the pool in between
                future = submit(self._pool_for(workspace), nudge)
            return future.result()
        except BrokenProcessPool:
            self._forget_pool()
            if self._is_closed:
                raise CancelledError from None
            return process_isolated(self._work(workspace), nudge)

    def _workspace_now(self) -> Workspace:
        choices = choices_of(self._workspace, *self._said)
        return replace(self._workspace, settings=choices.settings, tagger=choices.tagger, stored_at=choices.stored_at)

    def _pool_for(self, workspace: Workspace) -> ProcessPoolExecutor:
        """The pool whose worker has the present settings and tagger; called with the lock held."""
        if self._is_closed:
            raise CancelledError
        if self._pool and self._pools_workspace != workspace:
            self._pool.shutdown(wait=False)  # its worker finishes the hotel that it has
            self._pool = None
        if self._pool is None:
            workspace.tagger_problems()  # a tagger that cannot be built is told here, not by a worker that dies
            self._pool, self._pools_workspace = pool_of(self._work(workspace), 1, isolated=False), workspace
        return self._pool

    def _work(self, workspace: Workspace) -> WorkerTask:
        return WorkerTask(workspace, self._cause, with_images=False)

    def _forget_pool(self) -> None:
        with self._lock:
            pool, self._pool = self._pool, None
        if pool:
            pool.shutdown(wait=False)

    def _start_worker(self) -> None:
        try:
            workspace = self._workspace_now()
            with self._lock:
                started = start_worker(self._pool_for(workspace))
            started.result()
        except (SettingsError, StoredChoiceError, WorkspaceError, StorageError, BrokenProcessPool, CancelledError):
            return  # the first decision tells


class _IndexWhenQuiet:
    """The gallery's index: marked as stale before it may be so, and written when nobody has decided for a while.

    It is made from every manifest. Where those are many, the mark stays, and the next run writes the index.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._is_marked = False

    def mark_stale(self) -> None:
        with self._lock:
            if not self._is_marked:
                self._workspace.state.put(STALE_GALLERY, b"")
                self._is_marked = True

    def write_soon(self) -> None:
        with self._lock:
            if self._timer:
                self._timer.cancel()
            self._timer = threading.Timer(QUIET_S, self.write)
            self._timer.daemon = True
            self._timer.start()

    def close(self) -> None:
        """Write nothing more: the mark makes the next run write the index."""
        with self._lock:
            if self._timer:
                self._timer.cancel()

    def write(self) -> None:
        """Write the index now, and take the mark away, unless a hotel was processed meanwhile."""
        if (hotels_in_force(self._workspace) or 0) > MOST_HOTELS:
            return
        with self._lock:
            self._is_marked = False
        try:
            write_index(self._workspace.stores)
        except StorageError as error:
            log.warning("the gallery's index could not be written; the next run writes it: %s", printable(str(error)))
            return
        with self._lock:
            if not self._is_marked:
                self._workspace.state.delete(STALE_GALLERY)
