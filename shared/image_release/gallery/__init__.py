"""The gallery: pages on which people look at the result, made from manifests alone."""

from image_release.gallery.pages import TEMPLATES, IndexEntry, entry_of, hotel_page, index_page
from image_release.gallery.writing import manifests, write_index, write_pages

__all__ = ["TEMPLATES", "IndexEntry", "entry_of", "hotel_page", "index_page", "manifests", "write_index", "write_pages"]
