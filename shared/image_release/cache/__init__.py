"""Cache: what is known of an accommodation's images, so that no image is fetched, decoded or tagged twice."""

from image_release.cache.gone_brake import may_go
from image_release.cache.records import CachedImages, ContentRecord, Failure, UrlRecord, merge
from image_release.cache.store import (
    merge_cached_images,
    merge_fingerprints,
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
    "UrlCheck",
    "UrlRecord",
    "after_failure",
    "after_success",
    "believed_gone",
    "check_needed",
    "may_go",
    "merge",
    "merge_cached_images",
    "merge_fingerprints",
    "read_cached_images",
    "read_fingerprints",
    "revalidate_at",
]
