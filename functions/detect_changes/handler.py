"""detect_changes: when a catalogue is uploaded or accepted (S3 → SQS), writes its changes and nudges the hotels."""

from __future__ import annotations

from typing import Any

from functions import composition
from functions.batches import handle_keys
from functions.observing import count, log_bad_lines, logger, metrics, set_log_context
from image_release.ingest import CatalogueApplied, Held
from image_release.problems import printable
from image_release.serverless.detect_changes import detect_changes


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handle(event: dict[str, Any], context: Any) -> Any:
    """Apply every catalogue that the event names. Those that fail return to the queue."""
    composition.begin(context)
    return handle_keys(event, context, apply)


def apply(key: str) -> None:
    """Apply the catalogue at a key of the inbox, and log the result."""
    set_log_context()
    detected = detect_changes(key, composition.suite())
    result = detected.result
    if isinstance(result, CatalogueApplied):
        count("CataloguesApplied")
        log_bad_lines(result.problems)
        logger.info(
            "catalogue applied",
            extra={
                "key": printable(key),
                "changed": len(result.changed),
                "new": result.new,
                "updated": result.updated,
                "deleted": result.deleted,
                "nudged": detected.nudged,
            },
        )
    elif isinstance(result, Held):
        count("Held")
        log_bad_lines(result.problems)
        held = {"leaving": result.leaving, "of": result.of, "reason": result.reason}
        logger.warning("catalogue held", extra={"key": printable(key), **held})
    else:
        count("Ignored")
        log = logger.warning if result.is_warning else logger.info
        log("catalogue ignored", extra={"key": printable(key), "reason": printable(result.reason, 200)})
