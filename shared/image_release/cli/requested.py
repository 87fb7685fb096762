"""Process the hotels of a request now: `hotel` and `reprocess` both do it in this way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from image_release.feed import Cause, CauseKind
from image_release.gallery import write_index
from image_release.ingest import Request, mark_failed, store_request
from image_release.one_machine.workers import HotelResult, Totals, run_nudges
from image_release.one_machine.workspace import Workspace
from image_release.values import Nudge


def process_request(
    workspace: Workspace,
    request: Request,
    nudges: Sequence[Nudge],
    workers: int,
    observe: Callable[[HotelResult], None],
    kind: CauseKind,
    *,
    with_images: bool = False,
    total: int | None = None,
) -> Totals:
    """Process the nudges of a request and return the totals; `observe` is called with each result.

    The hotels that change are listed under the request. It is stored before the first nudge, so that `status` can tell
    its progress from the beginning. `total` is its number of hotels, where some of them are done already.
    """
    store_request(workspace.state, request, len(nudges) if total is None else total)
    totals = Totals()

    def add(result: HotelResult) -> None:
        totals.add(result)
        if result.status == "failed":
            mark_failed(workspace.state, request.request_id, result.nudge.hotel_id, result.error)
        observe(result)

    cause = Cause(kind, request.request_id, datetime.now(UTC))
    run_nudges(workspace, nudges, workers, add, cause, with_images=with_images)
    if totals.hotels["processed"]:
        write_index(workspace.stores)
    return totals
