"""What the last applied catalogue says of one accommodation: its listing, written by compare-and-swap.

A listing carries its catalogue's version. One that is older than the stored listing is refused. A deletion is stored as
a tombstone, so that a late, older catalogue cannot bring the images back (invariant 8).
"""

from __future__ import annotations

from typing import Any

from image_release.state import StateUnreadableError, parsed_json, swap, write_json
from image_release.storage import ConditionFailedError, Store
from image_release.store_keys import listing_key
from image_release.values import Accommodation, CatalogueImage, Listing


def read_listing(state: Store, accommodation: Accommodation) -> Listing | None:
    """The listing of an accommodation; None if no catalogue ever named it. Raises StateUnreadableError."""
    key = listing_key(accommodation)
    stored = state.get(key)
    return None if stored is None else _listing(accommodation, key, stored.data)


def write_listing(state: Store, listing: Listing, *, is_new: bool = False) -> bool:
    """Put a listing into force; False if a newer one is there, or the same. Raises DocumentContendedError.

    One that cannot be read is overwritten. `is_new` saves a read: the listing is put if there is none yet, and compared
    only if there is one.
    """
    wanted = listing_document(listing)
    if is_new:
        try:
            state.put(listing_key(listing.accommodation), write_json(wanted), if_absent=True)
        except ConditionFailedError:
            pass  # it is not new: compare it
        else:
            return True
    written = False

    def change(data: bytes | None) -> bytes | None:
        nonlocal written
        present = None if data is None else _readable(listing.accommodation, data)
        written = present is None or (present.catalogue_version <= listing.catalogue_version and present != listing)
        return write_json(wanted) if written else None

    swap(state, listing_key(listing.accommodation), change)
    return written


def _readable(accommodation: Accommodation, data: bytes) -> Listing | None:
    try:
        return _listing(accommodation, listing_key(accommodation), data)
    except StateUnreadableError:
        return None


def listing_document(listing: Listing) -> dict[str, Any]:
    """The JSON form of a listing."""
    return {
        "version": listing.catalogue_version,
        "deleted": listing.deleted,
        "images": [image_document(image) for image in listing.images],
    }


def image_document(image: CatalogueImage) -> dict[str, Any]:
    """The JSON form of an image in a catalogue, without the fields that are not given."""
    values = {"url": image.url, "rank": image.rank, "caption": image.caption, "version": image.version}
    return {name: value for name, value in values.items() if value is not None}


def _listing(accommodation: Accommodation, key: str, data: bytes) -> Listing:
    document = parsed_json(key, data)
    try:
        images = tuple(CatalogueImage(**image) for image in document["images"])
        return Listing(accommodation, document["version"], images, document["deleted"])
    except (KeyError, TypeError) as error:
        raise StateUnreadableError(key) from error
