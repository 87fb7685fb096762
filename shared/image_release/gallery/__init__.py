"""The gallery: pages that show people the published result, made from manifests only."""

from image_release.gallery.pages import IndexEntry, entry_of, hotel_page, index_page
from image_release.gallery.templating import TEMPLATES, render_template
from image_release.gallery.writing import manifests, write_index, write_pages

__all__ = [
    "TEMPLATES",
    "IndexEntry",
    "entry_of",
    "hotel_page",
    "index_page",
    "manifests",
    "render_template",
    "write_index",
    "write_pages",
]
