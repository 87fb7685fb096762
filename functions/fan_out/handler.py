"""fan_out: when a Data Release is uploaded or accepted (S3 → SQS), applies it and sends a message for each shard."""

from __future__ import annotations

from typing import Any

from functions import composition
from functions.batches import handle_keys
from functions.observing import count, log_bad_lines, logger, metrics, set_log_context
from image_release.ingest import Held
from image_release.ingest.releases.applying import ReleaseApplied
from image_release.problems import printable
from image_release.serverless.fan_out import fan_out


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handle(event: dict[str, Any], context: Any) -> Any:
    """Apply every release that the event names. Those that fail return to the queue."""
    composition.begin(context)
    return handle_keys(event, context, apply)


def apply(key: str) -> None:
    """Apply the release at a key of the inbox, and log the result."""
    set_log_context()
    planned = fan_out(key, composition.suite())
    result = planned.result
    if isinstance(result, ReleaseApplied):
        set_log_context(release_id=result.release_id)
        count("ReleasesApplied")
        log_bad_lines(result.problems)
        found = {"hotels": result.hotels, "withdrawn": result.withdrawn, "shards": planned.shards}
        logger.info("release in force", extra=found)
    elif isinstance(result, Held):
        count("Held")
        log_bad_lines(result.problems)
        held = {"leaving": result.leaving, "of": result.of, "reason": result.reason}
        logger.warning("release held", extra={"key": printable(key), **held})
    else:
        count("Ignored")
        reason = printable(result.reason, 200)
        log = logger.warning if result.is_warning else logger.info
        log("release ignored", extra={"key": printable(key), "reason": reason, "shards": planned.shards})
