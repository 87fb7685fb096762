"""Publishing: the manifest, its compare-and-swap, and the sweep of what nothing names any more."""

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
    "manifest_schema",
    "publish",
    "put_rendition",
    "read_before",
    "sweep_renditions",
    "sweeps_owed",
]
