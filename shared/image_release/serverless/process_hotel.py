"""`process_hotel` as a function of the suite: one nudge, within a time budget, and what happens when it fails.

After a failure the message comes back soon, with back-off, and not only after its visibility timeout. A hotel that ran
out of time keeps what it learned: the same message comes back at once and continues. A message that was received before
may have killed its process, so its images are decoded in a child process. At the last receive, the request is told that
the hotel failed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from image_release.hotel import SWEEP, Caller, Context, HotelOutOfTimeError, HotelReport, Ports, process_hotel
from image_release.ingest import mark_failed
from image_release.outcomes import Outcome
from image_release.problems import printable
from image_release.serverless.due_markers import leave_due_markers, mark_next_sweep, settle_marker
from image_release.serverless.failing import Attempt, ComeBackError, back_off_s, is_permanent
from image_release.serverless.messages import NudgeMessage
from image_release.state import marker_etag

GO_ON_S = 1
"""Wait before a hotel that ran out of time continues."""


def serve(
    order: NudgeMessage, ports: Ports, attempt: Attempt, *, isolated: Caller, deadline_s: float | None = None
) -> HotelReport:
    """Process the hotel of a nudge. `deadline_s` is a moment of the context's `monotonic`. Raises ComeBackError."""
    ports = replace(
        ports,
        call=isolated if attempt.receives > 1 else ports.call,
        leave_markers=lambda before, manifest: leave_due_markers(ports.stores.state, before, manifest),
    )
    day = date.fromisoformat(order.due) if order.due else None
    try:
        etag = marker_etag(ports.stores.state, day, order.reason, order.hotel_id) if day else None
        report = process_hotel(order.nudge(), ports, deadline_s=deadline_s)
        if day:
            if order.reason == SWEEP and report.manifest:
                grace = timedelta(days=ports.settings.publishing.grace_days)
                mark_next_sweep(ports.stores.state, ports.stores.published, report.manifest, ports.context.now(), grace)
            settle_marker(ports.stores.state, order.hotel_id, order.reason, day, etag, report.manifest)
    except HotelOutOfTimeError as error:
        _tell_request(order, ports, "out of time", is_over=attempt.is_last)
        raise ComeBackError(order.hotel_id, GO_ON_S, "out of time") from error
    except Exception as error:
        reason = printable(f"{type(error).__name__}: {error}", 300)
        _tell_request(order, ports, reason, is_over=attempt.is_last or is_permanent(error))
        raise ComeBackError(order.hotel_id, back_off_s(order.hotel_id, attempt.receives), reason) from error
    if was_cut_short(report, replace(ports.context, deadline_s=deadline_s)) and not attempt.is_last:
        raise ComeBackError(order.hotel_id, GO_ON_S, "published in part")
    return report


def was_cut_short(report: HotelReport, context: Context) -> bool:
    """Whether images were put off because the time budget ended: what is published is whole, but images are missing."""
    return context.out_of_time() and bool(report.outcomes.get(Outcome.DEFERRED))


def _tell_request(order: NudgeMessage, ports: Ports, reason: str, *, is_over: bool) -> None:
    """Count the hotel of a request as failed if its message does not come back."""
    if is_over and order.request_id is not None:
        mark_failed(ports.stores.state, order.request_id, order.hotel_id, reason)
