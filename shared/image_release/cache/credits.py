"""Who made an accommodation's images, and whose they are: a document beside `state.json`, which has no room for it.

It grows when images are opened. Older programs leave it alone, and losing it costs nothing but these lines of text:
what the manifest says of an image stays.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cache

from pydantic import TypeAdapter, ValidationError

from image_release.state import swap
from image_release.storage import Store
from image_release.store_keys import credits_key
from image_release.values import Accommodation, Credit

log = logging.getLogger(__name__)

Credits = dict[str, Credit]
"""What is known of images that state something, by SHA-256."""


def read_credits(state: Store, accommodation: Accommodation) -> Credits:
    """Read what is known of an accommodation's images. A document that cannot be read counts as empty."""
    key = credits_key(accommodation)
    stored = state.get(key)
    return (parsed_credits(key, stored.data) if stored else None) or {}


def merge_credits(
    state: Store, accommodation: Accommodation, learned: Mapping[str, Credit], forget: frozenset[str] = frozenset()
) -> None:
    """Add what was learned, and drop the contents of `forget`. Raises DocumentContendedError.

    A credit depends on the content alone, so of two for one content the newer program's may stay.
    """
    key = credits_key(accommodation)

    def change(data: bytes | None) -> bytes | None:
        present = None if data is None else parsed_credits(key, data)
        known = {**(present or {}), **learned}
        wanted = {sha256: known[sha256] for sha256 in sorted(known) if sha256 not in forget}
        if (data is None and not wanted) or wanted == present:
            return None
        return _document().dump_json(wanted)

    swap(state, key, change)


def parsed_credits(key: str, data: bytes) -> Credits | None:
    """The credits of a document; None, and a warning, if it cannot be read."""
    try:
        return _document().validate_json(data)
    except ValidationError:
        log.warning("%s cannot be read and counts as empty", key)
        return None


@cache
def _document() -> TypeAdapter[Credits]:
    return TypeAdapter(Credits)
