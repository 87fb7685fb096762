"""The vocabulary of the program as values: what people hand in and what a hotel is made of (architecture, Vocabulary).

All are frozen dataclasses that are compared by value and never touch the outside world. Files and events are validated
by pydantic where they are read, and become one of these.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

_NEEDS_NO_ENCODING = re.compile(r"[A-Za-z0-9_.~-]*").fullmatch
"""Matches ids that percent-encoding leaves as they are, which is most of them.

A release encodes millions of ids; without this check `quote` would take a fifth of the time of reading one."""


@dataclass(frozen=True, slots=True, order=True)
class Accommodation:
    """One hotel as one partner knows it: a partner's id and the partner's own id of the hotel."""

    partner_id: str
    accommodation_id: str


@dataclass(frozen=True, slots=True)
class CatalogueImage:
    """One image in a partner's catalogue.

    `rank` is its place in the partner's own order, 1 the best. When `version` changes, the file behind the URL did.
    """

    url: str
    rank: int | None = None
    caption: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """What the last applied catalogue says of an accommodation.

    An accommodation that a catalogue deletes keeps a listing with `deleted` and no images.
    """

    accommodation: Accommodation
    catalogue_version: str
    images: tuple[CatalogueImage, ...]
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class HotelRow:
    """A row of the Data Release: a hotel and the accommodations that it is made of.

    `country` is ISO 3166-1 alpha-2, `ZZ` if unknown. `latitude` and `longitude` are in degrees (WGS 84).
    """

    hotel_id: str
    name: str
    country: str
    city: str
    latitude: float | None
    longitude: float | None
    accommodations: tuple[Accommodation, ...]


@dataclass(frozen=True, slots=True, order=True)
class PartnerImage:
    """One image that one partner sends for a hotel. It gets exactly one outcome in a run."""

    accommodation: Accommodation
    url: str


@dataclass(frozen=True, slots=True)
class Label:
    """A label that the tagger gives an image: Vision's description, and its confidence as `score` in 0…1."""

    description: str
    score: float


@dataclass(frozen=True, slots=True)
class Look:
    """What a local model says of an image besides labels; all numbers are rounded to 3 places.

    `appeal`, 0…1: how good the image would be as the first of its hotel. `embedding` is a vector of length 1; the dot
    product of two says how alike two images look. `model` is the identity of the tagger (`local-<model>`).
    """

    model: str
    appeal: float
    embedding: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What is known of an image file from its header. `width` and `height` are in pixels *after* EXIF orientation."""

    sha256: str
    width: int
    height: int
    format: str
    """Pillow's name of the format: `JPEG`, `PNG`, `WEBP`, `AVIF`, `GIF`, `TIFF` or `BMP`; `HEIC` for HEIF."""
    bytes: int
    frames: int = 1

    @property
    def pixels(self) -> int:
        """Number of pixels: width × height."""
        return self.width * self.height


@dataclass(frozen=True, slots=True)
class Credit:
    """Who made an image, and whose it is, as its file says; None where it says nothing."""

    credit: str | None = None
    copyright: str | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """A person's decision about a photograph (architecture, Formats).

    `images` are the SHA-256 of images that show it; the decision holds for every other copy of the photograph as well,
    but `best` and `rescue` are about these images alone. `withdraw` names no image: it is about the hotel.
    """

    action: Literal["pin", "hide", "show", "same", "different", "label", "best", "rescue", "withdraw"]
    images: tuple[str, ...]
    position: int | None = None
    labels: tuple[Label, ...] = ()
    by: str = ""
    at: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Nudge:
    """A message that asks to process a hotel again: its id and a reason, never data (invariant 1)."""

    hotel_id: str
    reason: str
    request_id: str | None = None


def key_part(identifier: str) -> str:
    """Percent-encode an id so that it is one part of a key and never a path; `.` and `..` are encoded too."""
    if identifier in (".", ".."):
        return identifier.replace(".", "%2E")
    return identifier if _NEEDS_NO_ENCODING(identifier) else quote(identifier, safe="")


def sha256_hex(data: bytes) -> str:
    """SHA-256 of some bytes as 64 lower-case hexadecimal digits: the name of an image's content."""
    return hashlib.sha256(data).hexdigest()
