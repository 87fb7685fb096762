"""tick: runs on a schedule and does what the suite does by itself."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from functions import composition
from functions.observing import count, logger, metrics
from image_release.serverless.tick import tick


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Do the jobs of `tick`, and return what each did. The event is not read."""
    composition.begin(context)
    del event
    ticked = tick(composition.suite())
    count("Ticks")
    for job in ("nudged", "nudged_for_labels"):
        for kind, number in ticked.did.get(job, {}).items():
            count(f"Due{kind.title()}", number)
    logger.info("tick", extra=asdict(ticked))
    if ticked.failed:
        count("JobsFailed", len(ticked.failed))
        logger.error("jobs of tick failed", extra={"failed": ticked.failed})
    return asdict(ticked)
