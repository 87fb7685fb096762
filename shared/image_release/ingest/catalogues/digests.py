"""Digest and number of images of each accommodation of a catalogue: what makes the next comparison cheap.

They are a cache of the listings, and are made again from those where they are lost or cut short.
"""

from __future__ import annotations

import gzip
import json
import zlib

from image_release.ingest.catalogues.listings import read_listing
from image_release.ingest.catalogues.reading import images_digest
from image_release.state import StateUnreadableError
from image_release.storage import Store
from image_release.store_keys import accommodations_folder, catalogue_digests_key, listed_accommodation

Digests = dict[str, tuple[str, int]]
"""Accommodation -> digest and number of its images."""


def pack_digests(digests: Digests) -> bytes:
    """The digests as they are stored."""
    lines = "".join(json.dumps([name, *known]) + "\n" for name, known in sorted(digests.items()))
    return gzip.compress(lines.encode(), compresslevel=3, mtime=0)


def read_digests(state: Store, partner_id: str, version: str) -> Digests:
    """The digests of a version. Raises StateUnreadableError, also where they are lost."""
    key = catalogue_digests_key(partner_id, version)
    stored = state.get(key)
    if stored is None:
        raise StateUnreadableError(key)
    try:
        lines = [json.loads(line) for line in gzip.decompress(stored.data).splitlines()]
        return {name: (digest, count) for name, digest, count in lines}
    except (OSError, EOFError, zlib.error, ValueError, TypeError) as error:
        raise StateUnreadableError(key) from error


def digests_of_listings(state: Store, partner_id: str) -> Digests:
    """The digests of a partner's listings in force. Raises StateUnreadableError if one cannot be read."""
    accommodations = (listed_accommodation(listed.key) for listed in state.list(accommodations_folder(partner_id)))
    listings = (read_listing(state, accommodation) for accommodation in accommodations if accommodation)
    return {
        listing.accommodation.accommodation_id: (images_digest(listing.images), len(listing.images))
        for listing in listings
        if listing and not listing.deleted
    }
