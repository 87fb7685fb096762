"""Reads the bodies of SQS messages: S3 notifications and nudges."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote, unquote_plus

from image_release.serverless.messages import BadMessageError, NudgeMessage, read_nudge


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


def read_nudges(body: str) -> list[NudgeMessage]:
    """Return the nudges in a message of the urgent or the bulk queue.

    The message is a nudge itself, or S3's notification of overrides, which gives a nudge for each hotel. Raises
    BadMessageError when it is neither.
    """
    if '"Records"' not in body and '"s3:TestEvent"' not in body:
        return [read_nudge(body)]
    try:
        document: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadMessageError(f"not JSON: {error}") from error
    if "hotel_id" in document:  # a nudge whose hotel id contains one of the two words
        return [read_nudge(body)]
    return [NudgeMessage(hotel_id=_hotel(key), reason="override") for key in s3_keys(body)]


def _hotel(key: str) -> str:
    folder, _, name = key.rpartition("/")
    if folder != "overrides" or not name.endswith(".jsonl"):
        raise BadMessageError(f"{key!r}: the overrides of a hotel must be in overrides/<hotel_id>.jsonl")
    return unquote(name.removesuffix(".jsonl"))
