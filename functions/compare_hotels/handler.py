"""compare_hotels: one step, or one share of a step, of a round over all hotels. It finds what hotels share."""

from __future__ import annotations

from typing import Any

from functions import composition
from functions.batches import handle_records
from functions.observing import count, logger, metrics, set_log_context
from image_release.problems import printable
from image_release.serverless.compare_hotels import go_on
from image_release.serverless.messages import BadMessageError, ShareMessage, read_go_on, read_shard_message
from image_release.serverless.round_steps import STEPS
from image_release.serverless.shares import do_share


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handle(event: dict[str, Any], context: Any) -> Any:
    """Do every step and share that the event names. Those that fail return to the queue."""
    composition.begin(context)
    return handle_records(event, context, lambda record: work_on(record.body))


def work_on(body: str) -> None:
    """Do the step or the share that a message names. Raises BadMessageError when it names neither."""
    set_log_context()
    order = read_go_on(body)
    if order is not None:
        stepped = go_on(order, composition.suite())
        found = {"work": printable(order.go_on), "step": stepped.step, "shares": stepped.shares}
        count("RoundSteps")
        logger.info("round goes on", extra=found)
        return
    share = read_shard_message(body)
    if not isinstance(share, ShareMessage) or share.step not in STEPS:
        raise BadMessageError(printable(body))
    mark = do_share(share, composition.suite(), STEPS)
    found = {"work": printable(share.folder), "step": share.step, "share": share.share, "done_before": mark is None}
    logger.info("share done", extra=found)
