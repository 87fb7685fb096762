"""Writes the gallery: the page of each hotel from its manifest, and the index of all hotels."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from image_release.gallery.pages import entry_of, hotel_page, index_page
from image_release.publish import Manifest, ManifestUnreadableError
from image_release.storage import Store
from image_release.store_keys import GALLERY_INDEX, HOTELS, MANIFEST, page_key

log = logging.getLogger(__name__)

MAX_HOTELS = 5_000
"""Maximum number of hotels in the index: browsers are slow with larger pages."""


def write_index(published: Store) -> None:
    """Write the index of all published hotels; withdrawn hotels come last."""
    entries = [entry_of(manifest) for manifest in manifests(published)]
    entries.sort(key=lambda entry: (entry.withdrawn, entry.name.casefold(), entry.hotel_id))
    published.put(GALLERY_INDEX, index_page(entries[:MAX_HOTELS], len(entries)))


def write_pages(published: Store) -> int:
    """Write the page of every hotel again, and return the number of pages."""
    count = 0
    for manifest in manifests(published):
        published.put(page_key(manifest.hotel_id), hotel_page(manifest))
        count += 1
    return count


def manifests(published: Store) -> Iterator[Manifest]:
    """Yield every published manifest. One that cannot be read is left out, with a warning in the log."""
    for listed in published.list(HOTELS):
        stored = published.get(listed.key) if listed.key.endswith(f"/{MANIFEST}") else None
        if stored is None:
            continue
        try:
            yield Manifest.from_bytes(stored.data)
        except ManifestUnreadableError as error:
            log.warning("%s: %s", listed.key, error)
