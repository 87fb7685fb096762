"""fan_out: a Data Release was uploaded or accepted (S3 → SQS) → index and shards, switch-over, a message a shard."""

from __future__ import annotations

from typing import Any

from functions import composition
from functions.batches import each_key
from functions.observing import about, count, logger, metrics, tell_bad_lines
from image_release.ingest import Held, ReleaseApplied
from image_release.problems import printable
from image_release.suite.fan_out import fan_out


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handle(event: dict[str, Any], context: Any) -> Any:
    """Bring every release that the event names in force; one that fails comes back."""
    return each_key(event, context, apply)


def apply(key: str) -> None:
    """Apply one release and say what became of it."""
    about()
    planned = fan_out(key, composition.suite())
    result = planned.result
    if isinstance(result, ReleaseApplied):
        about(release_id=result.release_id)
        count("ReleasesApplied")
        tell_bad_lines(result.problems)
        found = {"hotels": result.hotels, "withdrawn": result.withdrawn, "shards": planned.shards}
        logger.info("release in force", extra=found)
    elif isinstance(result, Held):
        count("Held")
        logger.warning("release held", extra={"key": printable(key), "leaving": result.leaving, "of": result.of})
    else:
        count("Ignored")
        reason = printable(result.reason, 200)
        logger.info("release ignored", extra={"key": printable(key), "reason": reason, "shards": planned.shards})
