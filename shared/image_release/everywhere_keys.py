"""The keys of decisions for every hotel: `store_keys` has those of everything else."""

from __future__ import annotations

import re
from urllib.parse import unquote

from image_release.values import key_part

DECISIONS = "decisions/"
"""In the inbox: decisions for every hotel."""
EVERYWHERE = "everywhere/"
"""In the state: marks of the hotels that decisions for every hotel may have written to."""


def everywhere_key(image: str) -> str:
    """Inbox key of the decision for every hotel about an image, which is named by its SHA-256."""
    return f"{DECISIONS}{image}.json"


def decided_image(key: str) -> str | None:
    """The image that the decision under an inbox key is about; None where the key is not one of `everywhere_key`."""
    match = re.fullmatch(rf"{DECISIONS}([0-9a-f]{{64}})\.json", key)
    return match[1] if match else None


def everywhere_marks(image: str) -> str:
    """Folder of the marks of hotels that the decision about an image may have written to."""
    return f"{EVERYWHERE}{image}/"


def everywhere_mark_key(image: str, hotel_id: str) -> str:
    """The mark that the decision about an image may have written to a hotel; put before it writes."""
    return f"{everywhere_marks(image)}{key_part(hotel_id)}"


def marked_hotel(key: str) -> str:
    """The hotel of a key that `everywhere_mark_key` gave."""
    return unquote(key.rpartition("/")[2])
