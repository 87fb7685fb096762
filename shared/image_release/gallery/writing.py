"""Writes the gallery: the page of each hotel, and the index of all hotels."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from image_release.cache import read_fingerprints
from image_release.fingerprint import Fingerprint
from image_release.gallery.pages import IndexEntry, entry_of, hotel_page, index_page, place_of
from image_release.gallery.thumbnails import thumbnails_of
from image_release.ingest import find_row, find_rows, read_current
from image_release.publish import Manifest, ManifestUnreadableError, PublishedImage, RejectedImage
from image_release.state import StateUnreadableError
from image_release.storage import Store, Stores
from image_release.store_keys import GALLERY_INDEX, HOTELS, MANIFEST, page_key
from image_release.values import Accommodation, HotelRow

log = logging.getLogger(__name__)

MAX_HOTELS = 5_000
"""Maximum number of hotels in the index: browsers are slow with larger pages."""


def write_page(
    published: Store, manifest: Manifest, row: HotelRow | None, fingerprints: Mapping[str, Fingerprint]
) -> None:
    """Write the page of a hotel, before its manifest: a crash in between leaves work to do, not a stale page."""
    page = hotel_page(manifest, row, thumbnails_of(manifest, fingerprints))
    published.put(page_key(manifest.hotel_id), page)


def write_page_again(stores: Stores, manifest: Manifest) -> None:
    """Write the page of a published hotel from what is stored: the same bytes that its worker wrote."""
    row = _row(stores.state, manifest.hotel_id)
    write_page(stores.published, manifest, row, _fingerprints(stores.state, manifest))


def write_pages(stores: Stores) -> int:
    """Write the page of every hotel again, and return the number of pages."""
    count = 0
    for manifest in manifests(stores.published):
        write_page_again(stores, manifest)
        count += 1
    return count


def write_index(stores: Stores) -> None:
    """Write the index of all published hotels; withdrawn hotels come last."""
    entries = [entry_of(manifest) for manifest in manifests(stores.published)]
    entries.sort(key=lambda entry: (entry.withdrawn, entry.name.casefold(), entry.hotel_id))
    shown = _with_places(entries[:MAX_HOTELS], stores.state)
    stores.published.put(GALLERY_INDEX, index_page(shown, len(entries)))


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


def _with_places(entries: Sequence[IndexEntry], state: Store) -> list[IndexEntry]:
    """The entries with city and country. Rows that cannot be read leave them out: pages are no reason to stop."""
    try:
        current = read_current(state)
        rows = find_rows(state, current, [entry.hotel_id for entry in entries]) if current else {}
    except StateUnreadableError as error:
        log.warning("the index says no cities: %s", error)
        rows = {}
    return [replace(entry, place=place_of(rows.get(entry.hotel_id))) for entry in entries]


def _row(state: Store, hotel_id: str) -> HotelRow | None:
    try:
        current = read_current(state)
        return find_row(state, current, hotel_id) if current else None
    except StateUnreadableError as error:
        log.warning("the page says no city: %s", error)
        return None


def _fingerprints(state: Store, manifest: Manifest) -> dict[str, Fingerprint]:
    """The stored fingerprints of a hotel's images."""
    images: list[PublishedImage | RejectedImage] = list(manifest.rejected)
    for picture in manifest.pictures:
        images += [picture.best, *picture.merged]
    accommodations = {Accommodation(image.partner_id, image.accommodation_id) for image in images}
    found: dict[str, Fingerprint] = {}
    for accommodation in sorted(accommodations):
        found |= read_fingerprints(state, accommodation)
    return found
