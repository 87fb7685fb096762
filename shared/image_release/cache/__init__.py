"""Remembering: what is known of an accommodation's images, so that no picture is fetched, decoded or tagged twice."""

from image_release.cache.gone import may_go
from image_release.cache.records import ContentRecord, Failure, Memory, UrlRecord, merge
from image_release.cache.store import (
    MemoryContendedError,
    accommodation_prefix,
    merge_memory,
    merge_prints,
    original_key,
    read_memory,
    read_prints,
)
from image_release.cache.url_checks import (
    Look,
    after_failure,
    after_success,
    believed_gone,
    look_needed,
    revalidate_at,
)

__all__ = [
    "ContentRecord",
    "Failure",
    "Look",
    "Memory",
    "MemoryContendedError",
    "UrlRecord",
    "accommodation_prefix",
    "after_failure",
    "after_success",
    "believed_gone",
    "look_needed",
    "may_go",
    "merge",
    "merge_memory",
    "merge_prints",
    "original_key",
    "read_memory",
    "read_prints",
    "revalidate_at",
]
