"""`process_hotel` as a function of the suite: one nudge, within a time budget, and what happens when it fails.

After a failure the message comes back soon, with back-off, and not only after its visibility timeout. A hotel that ran
out of time keeps what it learned: the same message comes back at once and continues. A message that was received before
may have killed its process, so its images are decoded in a child process. At the last receive, the request is told that
the hotel failed.

A hotel that a newer program, or newer settings, made is left to a writer that has them: its nudge is sent again, and no
receive is counted. If nobody who has them comes within an hour, it fails as others do (decision 42).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

from image_release.feed import note
from image_release.hotel import (
    SWEEP,
    Caller,
    Context,
    HotelOutOfTimeError,
    HotelReport,
    NewerEditionError,
    Ports,
    process_hotel,
)
from image_release.ingest import mark_failed
from image_release.outcomes import Outcome
from image_release.problems import printable
from image_release.publish import Manifest, ManifestUnreadableError
from image_release.serverless.due_markers import leave_due_markers, mark_next_sweep, settle_marker
from image_release.serverless.failing import Attempt, ComeBackError, back_off_s, is_permanent
from image_release.serverless.messages import NudgeMessage
from image_release.state import marker_etag
from image_release.storage import Store

GO_ON_S = 1
"""Wait before a hotel that ran out of time continues."""


LEFT_S = 300
"""Wait of a hotel that was left to a newer writer. Lambda ends a circle of messages after 16 rounds: an hour has 12."""
LONGEST_LEFT = timedelta(hours=1)
"""A deployment is over by then, and `tick` has noted it: nobody newer is at work."""


class LeftError(Exception):
    """The hotel was left to a newer writer, and nothing was done: `again` is to be sent in place of its message."""

    def __init__(self, order: NudgeMessage, reason: str) -> None:
        super().__init__(f"hotel {printable(order.hotel_id)}: left to a newer writer: {reason}")
        self.again = order.message(delay_s=LEFT_S)


def serve(
    order: NudgeMessage,
    ports: Ports,
    attempt: Attempt,
    *,
    isolated: Caller,
    deadline_s: float | None = None,
    renewed: Callable[[], Ports] | None = None,
) -> HotelReport:
    """Process the hotel of a nudge. `deadline_s` is a moment of the context's `monotonic`.

    `renewed` gives the ports with what is in force read anew. Raises ComeBackError and LeftError.
    """
    state, call = ports.stores.state, isolated if attempt.receives > 1 else ports.call

    def process(ports: Ports) -> HotelReport:
        ports = replace(ports, call=call, leave_markers=partial(_before_publishing, state))
        return process_hotel(order.nudge(), ports, deadline_s=deadline_s)

    day = date.fromisoformat(order.due) if order.due else None
    try:
        etag = marker_etag(state, day, order.reason, order.hotel_id) if day else None
        try:
            report = process(ports)
        except NewerEditionError:
            if renewed is None:
                raise
            report = process(renewed())
        if day:
            if order.reason == SWEEP and report.manifest:
                grace = timedelta(days=ports.settings.publishing.grace_days)
                mark_next_sweep(state, ports.stores.published, report.manifest, ports.context.now(), grace)
            settle_marker(state, order.hotel_id, order.reason, day, etag, report.manifest)
    except HotelOutOfTimeError as error:
        _tell_request(order, ports, "out of time", is_over=attempt.is_last)
        raise ComeBackError(order.hotel_id, GO_ON_S, "out of time") from error
    except Exception as error:
        reason = printable(f"{type(error).__name__}: {error}", 300)
        _leave(order, error, reason, ports.context)
        _tell_request(order, ports, reason, is_over=attempt.is_last or is_permanent(error))
        raise ComeBackError(order.hotel_id, back_off_s(order.hotel_id, attempt.receives), reason) from error
    if was_cut_short(report, replace(ports.context, deadline_s=deadline_s)) and not attempt.is_last:
        raise ComeBackError(order.hotel_id, GO_ON_S, "published in part")
    return report


def _leave(order: NudgeMessage, error: Exception, reason: str, context: Context) -> None:
    """Raise LeftError if a newer writer can do what failed here, and may still come."""
    if isinstance(error, NewerEditionError) or (isinstance(error, ManifestUnreadableError) and error.is_newer):
        now = context.now()
        since = order.left_since or now
        if now - since < LONGEST_LEFT:
            raise LeftError(order.model_copy(update={"left_since": since}), reason) from error


def _before_publishing(state: Store, before: Manifest | None, manifest: Manifest) -> None:
    """Leave what has to be there when the manifest is: its due-markers, and the note for whoever follows the feed."""
    leave_due_markers(state, before, manifest)
    note(state, manifest)


def was_cut_short(report: HotelReport, context: Context) -> bool:
    """Whether images were put off because the time budget ended: what is published is whole, but images are missing."""
    return context.out_of_time() and bool(report.outcomes.get(Outcome.DEFERRED))


def _tell_request(order: NudgeMessage, ports: Ports, reason: str, *, is_over: bool) -> None:
    """Count the hotel of a request as failed if its message does not come back."""
    if is_over and order.request_id is not None:
        mark_failed(ports.stores.state, order.request_id, order.hotel_id, reason)
