"""The gallery: pages that show people the published result, made of files that need no server."""

from image_release.gallery.needs_a_look import (
    DECISION_FOR_TWO,
    FEW_PICTURES,
    UNSCORED,
    UNSURE_BEST,
    UNSURE_COPY,
    needs_a_look,
)
from image_release.gallery.pages import IndexEntry, entry_of, hotel_page, index_page, place_of
from image_release.gallery.templating import TEMPLATES, render_template
from image_release.gallery.thumbnails import thumbnails_of
from image_release.gallery.words import (
    DIFFERENCE_WORDS,
    OUTCOME_WORDS,
    SHORT,
    ViewInWords,
    kind_in_words,
    once_one_with,
    ordinal,
    same_views,
    what_happened,
    why_best,
    why_here,
    why_rejected,
)
from image_release.gallery.writing import manifests, write_index, write_page, write_page_again, write_pages

__all__ = [
    "DECISION_FOR_TWO",
    "DIFFERENCE_WORDS",
    "FEW_PICTURES",
    "OUTCOME_WORDS",
    "SHORT",
    "TEMPLATES",
    "UNSCORED",
    "UNSURE_BEST",
    "UNSURE_COPY",
    "IndexEntry",
    "ViewInWords",
    "entry_of",
    "hotel_page",
    "index_page",
    "kind_in_words",
    "manifests",
    "needs_a_look",
    "once_one_with",
    "ordinal",
    "place_of",
    "render_template",
    "same_views",
    "thumbnails_of",
    "what_happened",
    "why_best",
    "why_here",
    "why_rejected",
    "write_index",
    "write_page",
    "write_page_again",
    "write_pages",
]
