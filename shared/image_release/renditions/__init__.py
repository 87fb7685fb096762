"""Generating: the sizes that the site needs, from one decode of a best image."""

from image_release.renditions.sizes import (
    Rendition,
    fitted,
    generate,
    rendition_digest,
    rendition_extension,
)

__all__ = [
    "Rendition",
    "fitted",
    "generate",
    "rendition_digest",
    "rendition_extension",
]
