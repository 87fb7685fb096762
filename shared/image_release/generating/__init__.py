"""Generating: the sizes that the site needs, from one decode of a best image."""

from image_release.generating.renditions import (
    Rendition,
    fitted,
    generate,
    rendition_digest,
    rendition_extension,
)
from image_release.generating.resizing import PillowResizer, Resizer, SimdResizer, best_resizer

__all__ = [
    "PillowResizer",
    "Rendition",
    "Resizer",
    "SimdResizer",
    "best_resizer",
    "fitted",
    "generate",
    "rendition_digest",
    "rendition_extension",
]
