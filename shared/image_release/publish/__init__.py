"""Publishing: the manifest, its compare-and-swap, and the sweep of what nothing names any more."""

from image_release.publish.keys import (
    hotel_prefix,
    manifest_key,
    page_key,
    rendition_key,
    renditions_prefix,
    seq_of,
)
from image_release.publish.manifest import (
    Manifest,
    ManifestUnreadableError,
    MergedImage,
    Pending,
    PublishedEvidence,
    PublishedImage,
    PublishedLabel,
    PublishedPart,
    PublishedPicture,
    PublishedRendition,
    PublishedScore,
    RejectedImage,
    manifest_schema,
)
from image_release.publish.swap import (
    Before,
    LostSwapError,
    RenditionTakenError,
    publish,
    put_rendition,
    read_before,
)
from image_release.publish.sweep import sweep_renditions, sweeps_owed

__all__ = [
    "Before",
    "LostSwapError",
    "Manifest",
    "ManifestUnreadableError",
    "MergedImage",
    "Pending",
    "PublishedEvidence",
    "PublishedImage",
    "PublishedLabel",
    "PublishedPart",
    "PublishedPicture",
    "PublishedRendition",
    "PublishedScore",
    "RejectedImage",
    "RenditionTakenError",
    "hotel_prefix",
    "manifest_key",
    "manifest_schema",
    "page_key",
    "publish",
    "put_rendition",
    "read_before",
    "rendition_key",
    "renditions_prefix",
    "seq_of",
    "sweep_renditions",
    "sweeps_owed",
]
