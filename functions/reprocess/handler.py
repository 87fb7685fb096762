"""reprocess: nudges the hotels that a request selects. The request is an object (S3 → SQS), or the event itself."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from functions import composition
from functions.batches import handle_keys
from functions.observing import count, logger, metrics, set_log_context
from image_release.ingest import parse_request
from image_release.serverless.reprocess import Requested, reprocess, reprocess_at


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handle(event: dict[str, Any], context: Any) -> Any:
    """Nudge the hotels of the requests that the event names, or of the request that it is."""
    composition.begin(context)
    if "Records" not in event:
        request = parse_request(json.dumps(event).encode(), "event")
        set_log_context(request_id=request.request_id)
        return told(reprocess(request, composition.suite(again=True), occasion=context.aws_request_id))
    return handle_keys(event, context, serve)


def serve(key: str) -> None:
    """Serve the request at a key of the inbox. It names the settings of this moment, so they are read anew."""
    set_log_context()
    told(reprocess_at(key, composition.suite(again=True)))


def told(requested: Requested) -> dict[str, Any]:
    """Log and return what became of a request. A dry run only estimates the cost."""
    set_log_context(request_id=requested.request_id)
    count("RequestsServed")
    found = asdict(requested)
    logger.info("request", extra=found)
    return found
