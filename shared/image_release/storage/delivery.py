"""What HTTP headers say of an object: its type, and how long it may be kept. The key alone decides.

S3 keeps both with the object, and sends them to browsers and caches. A folder keeps bytes only: whoever serves it asks
here. What is not published is private and gets a type only; a key that a partner chose never makes it a page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from image_release.store_keys import FEED, GALLERY_INDEX, HOTELS, rendition_seq, snapshot_time

FOR_EVER = "public, max-age=31536000, immutable"
"""For what never changes under its key: renditions, and snapshots of the feed."""
ASK_AGAIN = "no-cache"
"""For what is replaced under its key. A cache asks the store each time: whoever hears of a manifest reads that one."""
BYTES = "application/octet-stream"
TYPES = {
    ".json": "application/json; charset=utf-8",
    ".jsonl": "application/x-ndjson; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".yaml": "application/yaml; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".gz": "application/gzip",
    ".sqlite": "application/vnd.sqlite3",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".png": "image/png",
    ".avif": "image/avif",
}
"""Type by the end of a key. A packed file is told as what it is: who asks for it gets the bytes that are stored."""
PAGE = "text/html; charset=utf-8"
_IS_PAGE = re.compile(rf"(?:{HOTELS}[^/]+/)?{re.escape(GALLERY_INDEX)}")


@dataclass(frozen=True, slots=True)
class Delivery:
    """How an object is delivered. `cache_control` is None where nobody is to cache it."""

    content_type: str
    cache_control: str | None


def delivery_of(key: str) -> Delivery:
    """How the object under a key is delivered, in whichever of the three stores it lies."""
    if _IS_PAGE.fullmatch(key):
        return Delivery(PAGE, ASK_AGAIN)
    dot, end = key.rpartition(".")[1:]
    content_type = TYPES.get(dot + end, BYTES)
    if rendition_seq(key) is not None or snapshot_time(key) is not None:
        return Delivery(content_type, FOR_EVER)
    return Delivery(content_type, ASK_AGAIN if key.startswith((HOTELS, FEED)) else None)
