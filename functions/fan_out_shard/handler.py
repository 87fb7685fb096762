"""fan_out_shard: nudges every hotel of one shard of a release, and every hotel that left it."""

from __future__ import annotations

from typing import Any

from functions import composition
from functions.batches import handle_records
from functions.observing import count, logger, metrics, set_log_context
from image_release.serverless.fan_out import fan_out_shard
from image_release.serverless.messages import read_shard_message


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handle(event: dict[str, Any], context: Any) -> Any:
    """Nudge the hotels of every shard that the event names. Shards that fail return to the queue."""
    composition.begin(context)
    return handle_records(event, context, lambda record: nudge_shard(record.body))


def nudge_shard(body: str) -> None:
    """Nudge the hotels of one shard. Raises BadMessageError when the body is not a shard message."""
    set_log_context()
    order = read_shard_message(body)
    set_log_context(release_id=order.release_id)
    fanned = fan_out_shard(order, composition.suite())
    count("HotelsNudged", fanned.hotels)
    found = {"shard": order.shard, "hotels": fanned.hotels, "superseded": fanned.superseded}
    logger.info("shard fanned out", extra=found)
