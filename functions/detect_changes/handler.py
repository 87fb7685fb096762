"""detect_changes: a catalogue was uploaded or accepted (S3 → SQS) → accommodations written, hotels nudged."""

from __future__ import annotations

from typing import Any

from functions import composition
from functions.batches import each_key
from functions.observing import about, count, logger, metrics, tell_bad_lines
from image_release.ingest import CatalogueApplied, Held
from image_release.problems import printable
from image_release.suite.detect_changes import detect_changes


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handle(event: dict[str, Any], context: Any) -> Any:
    """Apply every catalogue that the event names; one that fails comes back."""
    return each_key(event, context, apply)


def apply(key: str) -> None:
    """Apply one catalogue and say what became of it."""
    about()
    detected = detect_changes(key, composition.suite())
    result = detected.result
    if isinstance(result, CatalogueApplied):
        count("CataloguesApplied")
        tell_bad_lines(result.problems)
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
        logger.warning("catalogue held", extra={"key": printable(key), "leaving": result.leaving, "of": result.of})
    else:
        count("Ignored")
        logger.info("catalogue ignored", extra={"key": printable(key), "reason": printable(result.reason, 200)})
