"""fan_out_shard: one shard of a release → a nudge for each of its hotels and for each that departed from it."""

from __future__ import annotations

from typing import Any

from functions import composition
from functions.batches import each_record
from functions.observing import about, count, logger, metrics
from image_release.suite.fan_out import fan_out_shard
from image_release.suite.messages import read_shard_message


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handle(event: dict[str, Any], context: Any) -> Any:
    """Fan out every shard that the event names; one that fails comes back alone."""
    return each_record(event, context, lambda record: nudge(record.body))


def nudge(body: str) -> None:
    """Fan out one shard."""
    about()
    order = read_shard_message(body)
    about(release_id=order.release_id)
    fanned = fan_out_shard(order, composition.suite())
    count("HotelsNudged", fanned.hotels)
    found = {"shard": order.shard, "hotels": fanned.hotels, "superseded": fanned.superseded}
    logger.info("shard fanned out", extra=found)
