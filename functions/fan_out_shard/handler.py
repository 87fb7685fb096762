"""fan_out_shard: nudges every hotel of one shard of a release, or does one share of work that was split."""

from __future__ import annotations

from typing import Any

from functions import composition
from functions.batches import handle_records
from functions.observing import count, logger, metrics, set_log_context
from image_release.problems import printable
from image_release.serverless.fan_out import fan_out_shard
from image_release.serverless.messages import ShardMessage, ShareMessage, read_shard_message
from image_release.serverless.shares import NUDGE, do_share
from image_release.serverless.steps import STEPS


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handle(event: dict[str, Any], context: Any) -> Any:
    """Do every shard and share that the event names. Those that fail return to the queue."""
    composition.begin(context)
    return handle_records(event, context, lambda record: work_on(record.body))


def work_on(body: str) -> None:
    """Do the shard or the share that a message names. Raises BadMessageError when it names neither."""
    set_log_context()
    order = read_shard_message(body)
    if isinstance(order, ShareMessage):
        work_on_share(order)
    else:
        nudge_shard(order)


def nudge_shard(order: ShardMessage) -> None:
    """Nudge the hotels of one shard of a release."""
    set_log_context(release_id=order.release_id)
    fanned = fan_out_shard(order, composition.suite())
    count("HotelsNudged", fanned.hotels)
    found = {"shard": order.shard, "hotels": fanned.hotels, "superseded": fanned.superseded}
    logger.info("shard fanned out", extra=found)


def work_on_share(order: ShareMessage) -> None:
    """Do one share of work that was split."""
    mark = do_share(order, composition.suite(), STEPS)
    if mark and order.step == NUDGE:
        count("HotelsNudged", int(mark))
    found = {"work": printable(order.folder), "step": order.step, "share": order.share, "done_before": mark is None}
    logger.info("share done", extra=found)
