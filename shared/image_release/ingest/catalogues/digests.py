"""Digest and number of images of each accommodation of a catalogue: what makes the next comparison cheap.

They are a cache of the listings, and are made again from those where they are lost or cut short.
"""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Iterable, Iterator

from image_release.ingest.catalogues.reading import images_digest
from image_release.ingest.listings import read_listing
from image_release.state import StateUnreadableError
from image_release.storage import Store
from image_release.store_keys import accommodations_folder, catalogue_digests_key, listed_accommodation

Known = tuple[str, int]
"""Digest and number of an accommodation's images."""
Digests = dict[str, Known]
"""Accommodation -> digest and number of its images."""
GZIP = 31
"""zlib's number for a gzip file."""


def pack_digests(entries: Iterable[tuple[str, Known]]) -> bytes:
    """The digests as they are stored; the entries are sorted by name."""
    packed = zlib.compressobj(3, wbits=GZIP)
    parts = [packed.compress((json.dumps([name, *known]) + "\n").encode()) for name, known in entries]
    return b"".join((*parts, packed.flush()))


def read_digests(state: Store, partner_id: str, version: str) -> Digests:
    """The digests of a version. Raises StateUnreadableError, also where they are lost."""
    return dict(stored_digests(state, partner_id, version))


def stored_digests(state: Store, partner_id: str, version: str) -> Iterator[tuple[str, Known]]:
    """The digests of a version one by one. Raises StateUnreadableError, also where they are lost."""
    key = catalogue_digests_key(partner_id, version)
    stored = state.get(key)
    if stored is None:
        raise StateUnreadableError(key)
    try:
        for line in gzip.GzipFile(fileobj=io.BytesIO(stored.data)):
            name, digest, count = json.loads(line)
            yield name, (digest, count)
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
