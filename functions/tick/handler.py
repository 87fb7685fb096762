"""tick: runs on a schedule and nudges the hotels that are due, as far as the tagger's quota allows."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from functions import composition
from functions.observing import count, logger, metrics
from image_release.serverless.tick import tick


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Nudge the hotels that are due, and return how many. The event is not read."""
    del event, context
    ticked = asdict(tick(composition.suite()))
    count("Ticks")
    for kind, nudged in ticked["nudged"].items():
        count(f"Due{kind.title()}", nudged)
    logger.info("tick", extra=ticked)
    return ticked
