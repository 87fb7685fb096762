"""process_hotel: processes one hotel for each message of the urgent or the bulk queue, or for a direct invocation."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from functions import composition
from functions.batches import attempt_of, handle_records
from functions.events import is_notification, override_nudge, s3_keys
from functions.observing import count, hotel_counts, logger, metrics, set_log_context
from image_release.serverless.failing import Attempt, handle_each
from image_release.serverless.messages import NudgeMessage, read_nudge
from image_release.serverless.process_hotel import LeftError, serve

RESERVE_S = 25.0
"""Seconds of the function's time kept for work that is under way at the deadline: a download, renditions, the swap."""


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handle(event: dict[str, Any], context: Any) -> Any:
    """Process the hotel that a message, or the event itself, names. A direct invocation is answered with the result."""
    composition.begin(context)
    deadline_s = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - RESERVE_S
    if "Records" not in event:
        return process(NudgeMessage.model_validate(event), Attempt(), deadline_s)
    return handle_records(event, context, lambda record: handle_message(record, deadline_s))


def handle_message(record: Any, deadline_s: float) -> None:
    """Process the hotel of a nudge, or those whose overrides S3 tells of."""
    attempt = attempt_of(record)

    def process_or_leave(order: NudgeMessage) -> None:
        try:
            process(order, attempt, deadline_s)
        except LeftError as error:
            logger.info("hotel left", extra={"reason": str(error)})
            count("HotelsLeft")
            composition.queue_of(record.event_source_arn).send([error.again])

    if is_notification(record.body):
        handle_each(s3_keys(record.body), lambda key: process_or_leave(override_nudge(key)))
    else:
        process_or_leave(read_nudge(record.body))


def process(order: NudgeMessage, attempt: Attempt, deadline_s: float) -> dict[str, Any]:
    """Process one hotel, write its metrics and its log line, and return what the log line says.

    Raises ComeBackError when the hotel has to be processed again, and LeftError when it was left to a newer writer.
    """
    set_log_context(hotel_id=order.hotel_id, request_id=order.request_id)
    report = serve(
        order,
        composition.writer_ports(),
        attempt,
        isolated=composition.isolated_caller(),
        deadline_s=deadline_s,
        renewed=partial(composition.writer_ports, again=True),
    )
    release_id, seq = (report.manifest.release_id, report.manifest.seq) if report.manifest else (None, None)
    set_log_context(hotel_id=order.hotel_id, request_id=order.request_id, release_id=release_id)
    for name, value in hotel_counts(report).items():
        count(name, value)
    found = {"status": report.status, "outcomes": report.outcomes, "reason": order.reason, "seq": seq}
    logger.info("hotel", extra={**found, "downloads": report.work.downloads, "decodes": report.work.decodes})
    return {"hotel_id": order.hotel_id, **found}
