"""Renditions: a best image in the sizes that the site needs, from one decode."""

from image_release.renditions.rendering import (
    Rendition,
    fitted,
    generate,
    generate_within_budget,
    rendition_digest,
    rendition_extension,
)

__all__ = [
    "Rendition",
    "fitted",
    "generate",
    "generate_within_budget",
    "rendition_digest",
    "rendition_extension",
]
