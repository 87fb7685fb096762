"""What arrives: keys out of S3's notifications, which come through SQS."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote, unquote_plus

from image_release.suite.messages import BadMessageError, NudgeMessage, read_nudge


def s3_keys(body: str) -> list[str]:
    """The keys of an S3 notification, decoded: spaces come as `+`. A folder that somebody made in a console is no file.

    None for the test that S3 sends at the beginning.

    Raises BadMessageError for what is no notification.
    """
    try:
        document = json.loads(body)
        if document.get("Event") == "s3:TestEvent":
            return []
        keys = [unquote_plus(record["s3"]["object"]["key"]) for record in document["Records"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadMessageError(f"no S3 notification: {type(error).__name__}: {error}") from error
    return [key for key in keys if not key.endswith("/")]


def nudges(body: str) -> list[NudgeMessage]:
    """What a message of the urgent or the bulk queue asks for: a nudge, or S3's notification of an override."""
    if '"Records"' not in body and '"s3:TestEvent"' not in body:
        return [read_nudge(body)]
    try:
        document: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadMessageError(f"no JSON: {error}") from error
    if "hotel_id" in document:  # a hotel may be called anything
        return [read_nudge(body)]
    return [NudgeMessage(hotel_id=_hotel(key), reason="override") for key in s3_keys(body)]


def _hotel(key: str) -> str:
    folder, _, name = key.rpartition("/")
    if folder != "overrides" or not name.endswith(".jsonl"):
        raise BadMessageError(f"{key!r}: decisions about a hotel lie in overrides/<hotel_id>.jsonl")
    return unquote(name.removesuffix(".jsonl"))
