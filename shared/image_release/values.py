"""The words of the field as values: what people hand in and what a hotel is made of.

Frozen dataclasses, compared by value, with no behaviour that needs the outside world. What crosses the border (files,
events) is validated by pydantic where it comes in and becomes one of these.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

_NEEDS_NO_ENCODING = re.compile(r"[A-Za-z0-9_.~-]*").fullmatch
"""Most ids: a release encodes millions, and `quote` takes a fifth of all its time to find nothing to do."""


@dataclass(frozen=True, slots=True, order=True)
class Accommodation:
    """One lodging as one partner knows it."""

    partner_id: str
    accommodation_id: str


@dataclass(frozen=True, slots=True)
class CatalogueImage:
    """One picture in a partner's catalogue. `rank` 1 is the partner's own best; a changed `version` means new bytes."""

    url: str
    rank: int | None = None
    caption: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """What the last applied catalogue says of an accommodation; a deletion is a tombstone (`deleted`, no images)."""

    accommodation: Accommodation
    catalogue_version: str
    images: tuple[CatalogueImage, ...]
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class HotelRow:
    """A hotel group of the Data Release. `country` is ISO 3166-1 alpha-2 (`ZZ`: unknown); degrees, WGS 84."""

    hotel_id: str
    name: str
    country: str
    city: str
    latitude: float | None
    longitude: float | None
    accommodations: tuple[Accommodation, ...]


@dataclass(frozen=True, slots=True, order=True)
class PartnerImage:
    """One image that one partner sends for a hotel: the thing that gets exactly one outcome a run."""

    accommodation: Accommodation
    url: str


@dataclass(frozen=True, slots=True)
class Label:
    """What the tagger says of an image: a Vision description, `score` in 0…1."""

    description: str
    score: float


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What the header of an image says. `width` and `height` are in pixels *after* EXIF orientation."""

    sha256: str
    width: int
    height: int
    format: str
    """`JPEG`, `PNG`, `WEBP`, `AVIF`, `GIF`, `TIFF`, `BMP`: Pillow's names."""
    bytes: int
    frames: int = 1

    @property
    def pixels(self) -> int:
        """Width × height."""
        return self.width * self.height


@dataclass(frozen=True, slots=True)
class Override:
    """A person's decision about a photograph, by the SHA-256 of images that show it (design, section 2)."""

    action: Literal["pin", "hide", "show", "same", "different", "label"]
    images: tuple[str, ...]
    position: int | None = None
    labels: tuple[Label, ...] = ()
    by: str = ""
    at: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Nudge:
    """'Look at this hotel again': an id and a reason, never data (invariant 1)."""

    hotel_id: str
    reason: str
    request_id: str | None = None


def key_part(identifier: str) -> str:
    """Percent-encode an id for use as one part of a key, `.` and `..` included, so that it can never be a path."""
    if identifier in (".", ".."):
        return identifier.replace(".", "%2E")
    return identifier if _NEEDS_NO_ENCODING(identifier) else quote(identifier, safe="")


def sha256_hex(data: bytes) -> str:
    """Name of a content: the SHA-256 of its bytes, 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()
