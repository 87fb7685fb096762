"""Remembering: what is known of an accommodation's images, so that no picture is fetched, decoded or tagged twice."""

from image_release.cache.gone import may_go
from image_release.cache.records import CachedImages, ContentRecord, Failure, UrlRecord, merge
from image_release.cache.store import (
    MemoryContendedError,
    accommodation_prefix,
    merge_cached_images,
    merge_fingerprints,
    original_key,
    read_cached_images,
    read_fingerprints,
)
from image_release.cache.url_checks import (
    UrlCheck,
    after_failure,
    after_success,
    believed_gone,
    check_needed,
    revalidate_at,
)

__all__ = [
    "CachedImages",
    "ContentRecord",
    "Failure",
    "MemoryContendedError",
    "UrlCheck",
    "UrlRecord",
    "accommodation_prefix",
    "after_failure",
    "after_success",
    "believed_gone",
    "check_needed",
    "may_go",
    "merge",
    "merge_cached_images",
    "merge_fingerprints",
    "original_key",
    "read_cached_images",
    "read_fingerprints",
    "revalidate_at",
]
