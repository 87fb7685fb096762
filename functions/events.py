"""Reads the bodies of SQS messages: S3 notifications and nudges."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote, unquote_plus

from pydantic import ValidationError

from image_release.serverless.messages import BadMessageError, NudgeMessage


def s3_keys(body: str) -> list[str]:
    """Return the decoded keys of an S3 notification; S3 sends spaces as `+`.

    Keys of folders, which somebody made in a console, are left out. Returns an empty list for S3's test event. Raises
    BadMessageError when the body is not an S3 notification.
    """
    try:
        document = json.loads(body)
        if document.get("Event") == "s3:TestEvent":
            return []
        keys = [unquote_plus(record["s3"]["object"]["key"]) for record in document["Records"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadMessageError(f"not an S3 notification: {type(error).__name__}: {error}") from error
    return [key for key in keys if not key.endswith("/")]


def is_notification(body: str) -> bool:
    """Whether a message of the urgent or the bulk queue is S3's notification of overrides, and no nudge."""
    if '"Records"' not in body and '"s3:TestEvent"' not in body:
        return False
    try:
        document: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadMessageError(f"not JSON: {error}") from error
    return "hotel_id" not in document  # a nudge whose hotel id contains one of the two words


def override_nudge(key: str) -> NudgeMessage:
    """Return the nudge for the hotel whose overrides lie at a key of the inbox. Raises BadMessageError."""
    folder, _, name = key.rpartition("/")
    if folder != "overrides" or not name.endswith(".jsonl"):
        raise BadMessageError(f"{key!r}: the overrides of a hotel must be in overrides/<hotel_id>.jsonl")
    try:
        return NudgeMessage(hotel_id=unquote(name.removesuffix(".jsonl")), reason="override")
    except ValidationError as error:
        raise BadMessageError(f"{key!r}: no hotel has such an id") from error
