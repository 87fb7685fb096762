"""The gallery: pages that show people the published result, made from manifests only."""

from image_release.gallery.pages import IndexEntry, entry_of, hotel_page, index_page
from image_release.gallery.templating import TEMPLATES, render_template
from image_release.gallery.words import (
    OUTCOME_WORDS,
    SHORT,
    kind_in_words,
    ordinal,
    what_happened,
    why_best,
    why_here,
    why_rejected,
)
from image_release.gallery.writing import manifests, write_index, write_pages

__all__ = [
    "OUTCOME_WORDS",
    "SHORT",
    "TEMPLATES",
    "IndexEntry",
    "entry_of",
    "hotel_page",
    "index_page",
    "kind_in_words",
    "manifests",
    "ordinal",
    "render_template",
    "what_happened",
    "why_best",
    "why_here",
    "why_rejected",
    "write_index",
    "write_pages",
]
