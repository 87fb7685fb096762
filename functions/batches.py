"""Handles the messages of a queue one by one, and decides what becomes of those that fail.

A message that may succeed later returns to its queue after some seconds. One that cannot, or that was received as often
as it may be, goes to the dead-letter queue at once: its body as it was, its reason beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from functions import composition
from functions.events import s3_keys
from functions.observing import count, logger
from image_release.queueing import Message, QueueError
from image_release.serverless.failing import Attempt, handle_each, is_permanent, reason_of, wait_s

processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def handle_records(event: dict[str, Any], context: Any, handle: Callable[[SQSRecord], object]) -> Any:
    """Call `handle` with every record of an SQS event. Returns the records that return (ReportBatchItemFailures)."""

    def handle_one(record: SQSRecord) -> object:
        try:
            return handle(record)
        except Exception as error:
            logger.warning("message failed", extra={"reason": reason_of(error)}, exc_info=True)  # Powertools is silent
            if _is_buried(record, error):
                return None
            _return_soon(record, error)
            raise

    count("Messages", len(event["Records"]))
    return process_partial_response(event=event, record_handler=handle_one, processor=processor, context=context)


def handle_keys(event: dict[str, Any], context: Any, handle: Callable[[str], object]) -> Any:
    """Call `handle` with every key of the S3 notifications in an SQS event. Returns the records that return."""
    return handle_records(event, context, lambda record: handle_each(s3_keys(record.body), handle))


def attempt_of(record: SQSRecord) -> Attempt:
    """How often a message was received, and how often it may be."""
    return Attempt(int(record.attributes.approximate_receive_count), composition.environment().max_receives)


def _is_buried(record: SQSRecord, error: Exception) -> bool:
    """Send the message to the dead letters if it failed for good; False if it did not, or the queue took no letter."""
    if not (is_permanent(error) or attempt_of(record).is_last):
        return False
    reason = reason_of(error)
    letter = Message(record.body, record.attributes.get("MessageGroupId"), reason=reason)
    try:
        composition.dead_letters_of(record.event_source_arn).send([letter])
    except QueueError:
        logger.exception("dead letter not sent")
        return False
    count("FailedForGood")
    logger.error("message failed for good", extra={"reason": reason})
    return True


def _return_soon(record: SQSRecord, error: Exception) -> None:
    """Make the message visible after some seconds. If the queue does not answer, its visibility timeout does so."""
    receives = attempt_of(record).receives
    seconds = wait_s(error, record.message_id, receives)
    logger.info("message returns to its queue", extra={"receives": receives, "seconds": seconds})
    try:
        composition.queue_of(record.event_source_arn).return_after(record.receipt_handle, seconds)
    except QueueError:
        logger.exception("the message waits for the visibility timeout of its queue")
