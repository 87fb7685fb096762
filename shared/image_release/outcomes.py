"""What became of an image: exactly one outcome a run.

An outcome is data, not a fault: a picture that is too small is a fact about the partner's file, and it is published in
the manifest with its reason. Only what prevents an answer about the hotel as a whole is an exception.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """The one thing that became of an image in a run."""

    PUBLISHED = "published"
    MERGED = "merged"
    HIDDEN = "hidden"
    OVER_LIMIT = "over_limit"
    TOO_SMALL = "too_small"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_MANY_BYTES = "too_many_bytes"
    NOT_AN_IMAGE = "not_an_image"
    TRUNCATED = "truncated"
    CRASHED = "crashed"
    NO_CONTENT = "no_content"
    PLACEHOLDER = "placeholder"
    GONE = "gone"
    UNAVAILABLE = "unavailable"
    FORBIDDEN_ADDRESS = "forbidden_address"
    BAD_URL = "bad_url"
    DEFERRED = "deferred"


PASSING = frozenset({Outcome.UNAVAILABLE, Outcome.DEFERRED})
"""Outcomes of a URL that another run may change without anybody's doing: they keep the last good copy."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why an image is not shown, for people: `reason` is one short sentence with the numbers in it."""

    outcome: Outcome
    reason: str
