"""process_hotel: one hotel an invocation, from the urgent queue, the bulk queue, or by a direct invocation."""

from __future__ import annotations

import time
from typing import Any

from functions import composition
from functions.batches import each_record
from functions.events import nudges
from functions.observing import about, count, hotel_counts, logger, metrics
from image_release.suite.messages import BadMessageError, NudgeMessage
from image_release.suite.process_hotel import Attempt, ComeBackError, serve

RESERVE_S = 25.0
"""Of the function's time, kept for what is under way when the budget ends: a download, a picture's sizes, the swap."""


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handle(event: dict[str, Any], context: Any) -> Any:
    """Look at the hotel of a message or of the event itself."""
    deadline_s = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - RESERVE_S
    if "Records" not in event:
        return look(NudgeMessage.model_validate(event), Attempt(), deadline_s)
    return each_record(event, context, lambda record: receive(record, deadline_s))


def receive(record: Any, deadline_s: float) -> None:
    """Serve a message; one that has to come back does so soon, and not after the queue's whole visibility."""
    attempt = Attempt(int(record.attributes.approximate_receive_count), composition.environment().max_receives)
    try:
        for order in nudges(record.body):
            look(order, attempt, deadline_s)
    except (ComeBackError, BadMessageError) as error:
        logger.warning("comes back", extra={"reason": str(error), "receives": attempt.receives})
        composition.queue_of(record.event_source_arn).return_after(record.receipt_handle, error.seconds)
        raise


def look(order: NudgeMessage, attempt: Attempt, deadline_s: float) -> dict[str, Any]:
    """Look at one hotel, count what came out, and answer with it."""
    about(hotel_id=order.hotel_id, request_id=order.request_id)
    report = serve(order, composition.hotel_ports(), attempt, isolated=composition.isolated(), deadline_s=deadline_s)
    release_id, seq = (report.manifest.release_id, report.manifest.seq) if report.manifest else (None, None)
    about(hotel_id=order.hotel_id, request_id=order.request_id, release_id=release_id)
    for name, value in hotel_counts(report).items():
        count(name, value)
    found = {"status": report.status, "outcomes": report.outcomes, "reason": order.reason, "seq": seq}
    logger.info("hotel", extra={**found, "downloads": report.work.downloads, "decodes": report.work.decodes})
    return {"hotel_id": order.hotel_id, **found}
