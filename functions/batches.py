"""A batch of queue messages, one after the other: what fails comes back alone, the rest is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from functions.events import s3_keys
from functions.observing import count, logger

processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def each_record(event: dict[str, Any], context: Any, handle: Callable[[SQSRecord], object]) -> Any:
    """Handle every record of an SQS event; the answer names those that failed (ReportBatchItemFailures)."""

    def handle_one(record: SQSRecord) -> object:
        try:
            return handle(record)
        except Exception:
            logger.exception("failed, and comes back")  # Powertools keeps it to itself
            raise

    count("Messages", len(event["Records"]))
    return process_partial_response(event=event, record_handler=handle_one, processor=processor, context=context)


def each_key(event: dict[str, Any], context: Any, handle: Callable[[str], object]) -> Any:
    """Handle every key of the S3 notifications that an SQS event carries."""
    return each_record(event, context, lambda record: [handle(key) for key in s3_keys(record.body)])
