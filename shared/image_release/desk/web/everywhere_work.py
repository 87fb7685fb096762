"""Task for every hotel that goes on in the background: looking for an image, and bringing a decision to its hotels."""

from __future__ import annotations

import logging
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from image_release.desk.desk import Desk
from image_release.everywhere import ShowingHotel, find_everywhere, fingerprint_of, hand_over, job_of, run_job
from image_release.fingerprint import Fingerprint
from image_release.ingest import EverywhereDecision
from image_release.problems import printable

log = logging.getLogger(__name__)

MOST_REMEMBERED = 32
"""Maximum number of searches and jobs that are remembered, the oldest forgotten."""


@dataclass(slots=True)
class Task:
    """Something that goes on. `what` says it in words; `error` is a sentence, and empty if all is well."""

    hotel_id: str
    image: str
    person: str
    what: str
    done: int = 0
    total: int | None = None
    is_over: bool = False
    error: str = ""
    found: tuple[ShowingHotel, ...] = ()
    failed: list[str] = field(default_factory=list)
    handed_over: tuple[str, ...] = ()
    """Requests that the suite was given."""


class EverywhereWork:
    """All work of this kind of one desk. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._works: OrderedDict[str, Task] = OrderedDict()

    def of(self, token: str) -> Task | None:
        """The work of a token; None if it was forgotten."""
        with self._lock:
            return self._works.get(token)

    def search(self, desk: Desk, hotel_id: str, image: str, fingerprint: Fingerprint, person: str) -> str:
        """Look for an image in every hotel; returns a token at once."""
        work = Task(hotel_id, image, person, "Reading the images of all hotels")
        return self._begin(work, lambda: _find(desk, work, fingerprint))

    def bring(self, desk: Desk, decision: EverywhereDecision, found: Iterable[str], person: str) -> str:
        """Bring a decision, or its revocation, to its hotels; returns a token at once."""
        hotels = tuple(found)
        work = Task("", decision.image, person, "Deciding in each hotel")
        return self._begin(work, lambda: _bring(desk, work, decision, hotels))

    def resume(self, desk: Desk, decision: EverywhereDecision, person: str) -> str:
        """Go on with a decision, or with its revocation, where that was interrupted; returns a token at once.

        A decision in force to hide or label is looked for again, so that hotels which were missed get it, too.
        """
        work = Task("", decision.image, person, "Reading the images of all hotels")

        def go_on() -> None:
            fingerprint = fingerprint_of(decision) if decision.writes_lines else None
            if fingerprint:
                _find(desk, work, fingerprint)
            _bring(desk, work, decision, tuple(hotel.hotel_id for hotel in work.found))

        return self._begin(work, go_on)

    def _begin(self, work: Task, do: Callable[[], None]) -> str:
        token = secrets.token_urlsafe(12)
        with self._lock:
            self._works[token] = work
            while len(self._works) > MOST_REMEMBERED:
                self._works.popitem(last=False)
        threading.Thread(target=_told, args=(work, do), name="everywhere", daemon=True).start()
        return token


def _told(work: Task, do: Callable[[], None]) -> None:
    """Do the work, and tell in it what went wrong."""
    try:
        do()
    except Exception as error:
        log.exception("for every hotel: %s", work.what)
        work.error = printable(f"{error or type(error).__name__}", 500)
    finally:
        work.is_over = True


def _find(desk: Desk, work: Task, fingerprint: Fingerprint) -> None:
    def progress(done: int, total: int) -> None:
        work.done, work.total = done, total

    desk.prints.catch_up(desk.stores, progress)
    work.what, work.done, work.total = "Comparing what looks alike", 0, None
    work.found = find_everywhere(desk.prints, desk.stores, work.image, fingerprint, progress)


def _bring(desk: Desk, work: Task, decision: EverywhereDecision, found: tuple[str, ...]) -> None:
    job = job_of(desk.stores.state, decision, found)
    work.what, work.done, work.total = "Deciding in each hotel", 0, len(job.left)
    if not desk.applying.publishes:
        work.handed_over = hand_over(desk.stores.inbox, job)
        work.done = work.total
        return

    def apply(hotel_id: str) -> bool:
        applied = desk.applying.begin(hotel_id).result()
        work.done += 1
        if applied.status == "failed":
            work.failed.append(f"{printable(hotel_id)}: {applied.error}")
        return applied.status != "failed"

    run_job(desk.stores, job, apply)
