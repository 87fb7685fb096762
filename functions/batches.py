"""Handles a batch of queue messages one by one. Only the messages that fail return to the queue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from functions.events import s3_keys
from functions.observing import count, logger

processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def handle_records(event: dict[str, Any], context: Any, handle: Callable[[SQSRecord], object]) -> Any:
    """Call `handle` with every record of an SQS event. Returns the failed records (ReportBatchItemFailures)."""

    def handle_one(record: SQSRecord) -> object:
        try:
            return handle(record)
        except Exception:
            logger.exception("message failed and returns to its queue")  # Powertools does not log it
            raise

    count("Messages", len(event["Records"]))
    return process_partial_response(event=event, record_handler=handle_one, processor=processor, context=context)


def handle_keys(event: dict[str, Any], context: Any, handle: Callable[[str], object]) -> Any:
    """Call `handle` with every key of the S3 notifications in an SQS event. Returns the failed records."""
    return handle_records(event, context, lambda record: [handle(key) for key in s3_keys(record.body)])
