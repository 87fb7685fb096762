"""The job that brings a decision for every hotel, or its revocation, to the hotels concerned.

It is a request whose hotels compare all of their images with the decisions (`hotel/everywhere.py`) and are then
processed. A hotel that is done has a marker, so a job that was killed goes on with the others, and nothing that was
confirmed is done again. On AWS `reprocess` takes the request from the inbox; on one machine the job runs here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from image_release.everywhere_keys import everywhere_marks, marked_hotel
from image_release.hotel import write_lines
from image_release.ingest import (
    EVERYWHERE,
    EverywhereDecision,
    EverywhereDecisions,
    Request,
    is_done,
    mark_done,
    store_request,
)
from image_release.storage import Store, Stores
from image_release.store_keys import REQUESTS
from image_release.values import Nudge

HOTELS_A_REQUEST = 10_000
"""Maximum number of hotels of one request that is handed over."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done for a decision, or for its revocation: in which hotels; those of `left` are not done yet."""

    request_id: str
    image: str
    hotel_ids: tuple[str, ...]
    left: tuple[str, ...]

    @property
    def request(self) -> Request:
        """The request for all of its hotels, of which there must be some."""
        return Request(request_id=self.request_id, hotel_ids=self.hotel_ids, decision=self.image)

    @property
    def nudges(self) -> list[Nudge]:
        """The nudges of the hotels that are not done yet."""
        return [Nudge(hotel_id, EVERYWHERE, self.request_id) for hotel_id in self.left]


def job_of(state: Store, decision: EverywhereDecision, found: Iterable[str]) -> Job:
    """The job of a decision, or of its revocation; `found` are the hotels that show its image, none for a revocation.

    It takes in every hotel that the decision, or an earlier one about the same image, may have written to.
    """
    written = {marked_hotel(listed.key) for listed in state.list(everywhere_marks(decision.image))}
    hotel_ids = tuple(sorted(written | set(found)))
    name = f"everywhere-{decision.image[:12]}-{decision.identity}-{'do' if decision.in_force else 'undo'}"
    left = tuple(hotel_id for hotel_id in hotel_ids if not is_done(state, name, hotel_id))
    return Job(name, decision.image, hotel_ids, left)


def run_job(stores: Stores, job: Job, apply: Callable[[str], bool]) -> None:
    """Run the job here: write the lines of each hotel, then have it processed by `apply`, which tells if that worked.

    It may be killed at any time. Raises storage faults and DocumentContendedError.
    """
    if not job.left:
        return
    store_request(stores.state, job.request, len(job.hotel_ids))
    decisions = EverywhereDecisions()
    for hotel_id in job.left:
        write_lines(hotel_id, decisions, stores)
        if apply(hotel_id):
            mark_done(stores.state, job.request_id, hotel_id)


def hand_over(inbox: Store, job: Job) -> tuple[str, ...]:
    """Hand the job to a deployed suite: put requests into its inbox. Returns their ids, which `status` shows."""
    ids = []
    for start in range(0, len(job.left), HOTELS_A_REQUEST):
        part = job.left[start : start + HOTELS_A_REQUEST]
        digest = hashlib.sha256("\n".join(part).encode()).hexdigest()[:8]
        request = Request(request_id=f"{job.request_id}-{digest}", hotel_ids=part, decision=job.image)
        inbox.put(f"{REQUESTS}{request.request_id}.json", request.model_dump_json().encode())
        ids.append(request.request_id)
    return tuple(ids)
