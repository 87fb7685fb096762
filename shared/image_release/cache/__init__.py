"""Cache: what is known of an accommodation's images, so that no image is fetched, decoded or tagged twice."""

from image_release.cache.credits import merge_credits, read_credits
from image_release.cache.gone_brake import GoneBrake, brake_of
from image_release.cache.labels import LabelRecord, labelling_taggers, merge_labels, merge_records, read_labels
from image_release.cache.records import CachedImages, ContentRecord, Failure, UrlRecord, merge
from image_release.cache.store import (
    merge_cached_images,
    merge_fingerprints,
    read_cached_images,
    read_fingerprints,
    readable_fingerprints,
    unreadable_caches,
)
from image_release.cache.url_checks import (
    REFUSED,
    UrlCheck,
    after_crash,
    after_failure,
    after_refusal,
    after_success,
    after_unusable,
    believed_gone,
    check_needed,
    dropped,
    going_since,
    revalidate_at,
)

__all__ = [
    "REFUSED",
    "CachedImages",
    "ContentRecord",
    "Failure",
    "GoneBrake",
    "LabelRecord",
    "UrlCheck",
    "UrlRecord",
    "after_crash",
    "after_failure",
    "after_refusal",
    "after_success",
    "after_unusable",
    "believed_gone",
    "brake_of",
    "check_needed",
    "dropped",
    "going_since",
    "labelling_taggers",
    "merge",
    "merge_cached_images",
    "merge_credits",
    "merge_fingerprints",
    "merge_labels",
    "merge_records",
    "read_cached_images",
    "read_credits",
    "read_fingerprints",
    "read_labels",
    "readable_fingerprints",
    "revalidate_at",
    "unreadable_caches",
]
