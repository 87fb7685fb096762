"""detect_changes: when a catalogue is uploaded or accepted (S3 → SQS), writes its changes and nudges the hotels.

A large catalogue is split, and goes on by messages in the same queue.
"""

from __future__ import annotations

from typing import Any

from functions import composition
from functions.batches import handle_records
from functions.events import s3_keys
from functions.observing import count, log_bad_lines, logger, metrics, set_log_context
from image_release.ingest import Held
from image_release.ingest.catalogues import CatalogueApplied
from image_release.problems import printable
from image_release.serverless.detect_changes import detect_changes, go_on
from image_release.serverless.failing import handle_each
from image_release.serverless.messages import read_go_on
from image_release.serverless.split_catalogues import Detected, GoingOn


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handle(event: dict[str, Any], context: Any) -> Any:
    """Apply every catalogue that the event names. Those that fail return to the queue."""
    composition.begin(context)
    return handle_records(event, context, lambda record: work_on(record.body))


def work_on(body: str) -> None:
    """Take the next step of a split catalogue, or apply the catalogues of an S3 notification."""
    order = read_go_on(body)
    if order is None:
        handle_each(s3_keys(body), apply)
    else:
        set_log_context()
        log_result(order.go_on, go_on(order, composition.suite()))


def apply(key: str) -> None:
    """Apply the catalogue at a key of the inbox, and log the result."""
    set_log_context()
    log_result(key, detect_changes(key, composition.suite()))


def log_result(key: str, detected: Detected) -> None:
    """Log and count what became of the catalogue at a key of the inbox, or of work on it (the key of its folder)."""
    result = detected.result
    if isinstance(result, CatalogueApplied):
        count("CataloguesApplied")
        log_bad_lines(result.problems)
        logger.info(
            "catalogue applied",
            extra={
                "key": printable(key),
                "changed": result.changed,
                "new": result.new,
                "updated": result.updated,
                "deleted": result.deleted,
                "nudged": detected.nudged,
                "shares": detected.shares,
            },
        )
    elif isinstance(result, Held):
        count("Held")
        log_bad_lines(result.problems)
        held = {"leaving": result.leaving, "of": result.of, "reason": result.reason}
        logger.warning("catalogue held", extra={"key": printable(key), **held})
    elif isinstance(result, GoingOn):
        step = {"catalogue": printable(result.identifier), "step": result.step, "shares": result.shares}
        logger.info("catalogue is split", extra={"key": printable(key), **step})
    else:
        count("Ignored")
        log = logger.warning if result.is_warning else logger.info
        log("catalogue ignored", extra={"key": printable(key), "reason": printable(result.reason, 200)})
