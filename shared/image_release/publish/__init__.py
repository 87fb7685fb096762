"""Publish: the manifest, its compare-and-swap, and the sweep, which deletes renditions that nothing names."""

from image_release.publish.manifest import (
    PENDING_KINDS,
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
from image_release.publish.sweep import pending_sweeps, sweep_renditions, sweepable

__all__ = [
    "PENDING_KINDS",
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
    "pending_sweeps",
    "publish",
    "put_rendition",
    "read_before",
    "sweep_renditions",
    "sweepable",
]
