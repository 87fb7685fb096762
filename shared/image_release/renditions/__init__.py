"""Renditions: a best image in the sizes that the site needs, from one decode."""

from image_release.renditions.rendering import (
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
