"""What the last applied catalogue says of one accommodation: its listing, written by compare-and-swap.

A listing carries its catalogue's version and is refused if it is older than the one that is there; a deletion is a
tombstone, so that a late older catalogue cannot bring the images back (invariant 8).
"""

from __future__ import annotations

import json
from typing import Any

from image_release.state import swap_json, write_json
from image_release.storage import ConditionFailedError, Store
from image_release.values import Accommodation, CatalogueImage, Listing, key_part


def listing_key(accommodation: Accommodation) -> str:
    """Where the listing of an accommodation is kept."""
    partner, name = key_part(accommodation.partner_id), key_part(accommodation.accommodation_id)
    return f"accommodations/{partner}/{name}/images.json"


def read_listing(state: Store, accommodation: Accommodation) -> Listing | None:
    """The listing of an accommodation; None if no catalogue ever named it."""
    stored = state.get(listing_key(accommodation))
    return None if stored is None else _listing(accommodation, json.loads(stored.data))


def write_listing(state: Store, listing: Listing, *, is_new: bool = False) -> bool:
    """Put a listing in force; False if a newer one is there, or the same. One that `is_new` is put without a look."""
    wanted = listing_document(listing)
    if is_new:
        try:
            state.put(listing_key(listing.accommodation), write_json(wanted), if_absent=True)
        except ConditionFailedError:
            pass  # it is not new: a look is needed
        else:
            return True
    written = False

    def change(document: Any) -> Any:
        nonlocal written
        written = document is None or (document["version"] <= listing.catalogue_version and document != wanted)
        return wanted if written else None

    swap_json(state, listing_key(listing.accommodation), change)
    return written


def listing_document(listing: Listing) -> dict[str, Any]:
    """A listing as it is kept."""
    return {
        "version": listing.catalogue_version,
        "deleted": listing.deleted,
        "images": [image_document(image) for image in listing.images],
    }


def image_document(image: CatalogueImage) -> dict[str, Any]:
    """An image as a catalogue writes it, without what is not said."""
    values = {"url": image.url, "rank": image.rank, "caption": image.caption, "version": image.version}
    return {name: value for name, value in values.items() if value is not None}


def _listing(accommodation: Accommodation, document: dict[str, Any]) -> Listing:
    images = tuple(CatalogueImage(**image) for image in document["images"])
    return Listing(accommodation, document["version"], images, document["deleted"])
