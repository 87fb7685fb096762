"""What became of an image: every image has exactly one outcome in a run (architecture, Outcomes).

An outcome is data, not an error: that an image is too small is a fact about the partner's file, and the manifest tells
it with the reason. An exception is only raised when the hotel as a whole cannot be processed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What became of an image in a run."""

    # The values are stored in manifests and caches: they must not change.

    PUBLISHED = "published"
    MERGED = "merged"
    HIDDEN = "hidden"
    OVER_LIMIT = "over_limit"
    SAME_VIEW = "same_view"
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


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why an image is not shown. `reason` is for people: one short sentence that names the numbers."""

    outcome: Outcome
    reason: str
