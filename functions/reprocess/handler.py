"""reprocess: a request object (S3 → SQS) or the same document as the event → the hotels that it selects are nudged."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from functions import composition
from functions.batches import each_key
from functions.observing import about, count, logger, metrics
from image_release.ingest import Request, parse_request
from image_release.suite.reprocess import reprocess, request_at


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handle(event: dict[str, Any], context: Any) -> Any:
    """Serve the requests that the event names, or the request that it is."""
    if "Records" not in event:
        return serve(parse_request(json.dumps(event).encode(), "event"))
    return each_key(event, context, lambda key: serve(request_at(key, composition.suite())))


def serve(request: Request) -> dict[str, Any]:
    """Select and nudge; the answer is what a dry run is asked for."""
    about(request_id=request.request_id)
    requested = asdict(reprocess(request, composition.suite()))
    count("RequestsServed")
    logger.info("request", extra=requested)
    return requested
