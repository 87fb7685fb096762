"""Keys of the published store. A rendition's key carries the number of the manifest that published it first."""

from __future__ import annotations

import re

from image_release.values import key_part


def hotel_prefix(hotel_id: str) -> str:
    """All keys of a hotel start with this."""
    return f"hotels/{key_part(hotel_id)}/"


def manifest_key(hotel_id: str) -> str:
    """Where the manifest of a hotel is published."""
    return hotel_prefix(hotel_id) + "manifest.json"


def page_key(hotel_id: str) -> str:
    """Where the gallery page of a hotel is published."""
    return hotel_prefix(hotel_id) + "index.html"


def renditions_prefix(hotel_id: str) -> str:
    """All renditions of a hotel, of every `seq`, lie under this."""
    return hotel_prefix(hotel_id) + "renditions/"


def rendition_key(hotel_id: str, seq: int, sha256: str, name: str, extension: str) -> str:
    """Key of a rendition: immutable and cacheable for ever."""
    return f"{renditions_prefix(hotel_id)}{seq}/{sha256[:20]}-{name}.{extension}"


def seq_of(key: str) -> int | None:
    """The `seq` in a rendition's key; None where the key is no rendition's."""
    match = re.fullmatch(r"hotels/[^/]+/renditions/([0-9]+)/[^/]+", key)
    return int(match[1]) if match else None
