"""reprocess: nudges the hotels that a request selects. The request is an object (S3 → SQS), or the event itself."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from functions import composition
from functions.batches import handle_keys
from functions.observing import count, logger, metrics, set_log_context
from image_release.ingest import Request, parse_request
from image_release.serverless.reprocess import reprocess, request_at


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handle(event: dict[str, Any], context: Any) -> Any:
    """Nudge the hotels of the requests that the event names, or of the request that it is."""
    composition.begin(context)
    if "Records" not in event:
        return nudge_selected(parse_request(json.dumps(event).encode(), "event"))
    return handle_keys(event, context, lambda key: nudge_selected(request_at(key, composition.suite())))


def nudge_selected(request: Request) -> dict[str, Any]:
    """Nudge the hotels that a request selects, and return how many there are. A dry run only estimates the cost."""
    set_log_context(request_id=request.request_id)
    requested = asdict(reprocess(request, composition.suite(again=True)))  # hotels may not be given older settings
    count("RequestsServed")
    logger.info("request", extra=requested)
    return requested
