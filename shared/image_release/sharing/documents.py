"""What hotels share, as a JSON document and as tables for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from image_release.sharing.found import HotelPair, PairedHotel, Shared, SharedPicture

PAIR_COLUMNS = (
    "hotel_id",
    "name",
    "city",
    "other_hotel_id",
    "other_name",
    "other_city",
    "shared",
    "pictures",
    "other_pictures",
    "share",
    "other_share",
    "weight",
    "kilometres",
    "partners",
    "other_partners",
    "reason",
    "images",
    "other_images",
)
"""Columns of the table of pairs."""
PICTURE_COLUMNS = ("image", "hotels", "decided", "hotel_id", "images")
"""Columns of the table of pictures that many hotels have: a line for each hotel, whose own images of it stand last."""
_SHORT = 12
"""Digits of a SHA-256 in a table."""


def shared_document(found: Shared) -> dict[str, Any]:
    """All that was found, for programs."""
    return {
        "images": found.images,
        "hotels": found.hotels,
        "pictures": [_picture(picture) for picture in found.pictures],
        "pairs": [_pair(pair) for pair in found.pairs],
        "problems": [str(problem) for problem in found.problems],
    }


def _picture(picture: SharedPicture) -> dict[str, Any]:
    return {
        "image": picture.image,
        "hotel_id": picture.hotel_id,
        "decided": picture.decided,
        "hotels": len(picture.images),
        "images": {hotel_id: list(images) for hotel_id, images in picture.images.items()},
    }


def _pair(pair: HotelPair) -> dict[str, Any]:
    return {
        "hotels": [_hotel(pair.one), _hotel(pair.other)],
        "shared": [list(images) for images in pair.shared],
        "weight": round(pair.weight, 3),
        "kilometres": None if pair.kilometres is None else round(pair.kilometres, 3),
        "reason": pair.reason.value,
    }


def _hotel(hotel: PairedHotel) -> dict[str, Any]:
    return {
        "hotel_id": hotel.hotel_id,
        "name": hotel.row.name,
        "country": hotel.row.country,
        "city": hotel.row.city,
        "pictures": hotel.pictures,
        "share": round(hotel.share, 3),
        "partners": list(hotel.partners),
        "share_of_partners": round(hotel.of_partners, 3),
    }


def pair_rows(found: Shared) -> Iterator[tuple[str, ...]]:
    """The cells of each pair, in the order of PAIR_COLUMNS; nothing is escaped yet."""
    for pair in found.pairs:
        one, other = pair.one, pair.other
        apart = "" if pair.kilometres is None else f"{pair.kilometres:.2f}"
        yield (
            *(one.hotel_id, one.row.name, one.row.city, other.hotel_id, other.row.name, other.row.city),
            *(str(len(pair.shared)), str(one.pictures), str(other.pictures), f"{one.share:.2f}", f"{other.share:.2f}"),
            *(f"{pair.weight:.2f}", apart, " ".join(one.partners), " ".join(other.partners), pair.reason.value),
            *(" ".join(images[side][:_SHORT] for images in pair.shared) for side in (0, 1)),
        )


def picture_rows(found: Shared) -> Iterator[tuple[str, ...]]:
    """The cells of each picture that many hotels have and each of them, in the order of PICTURE_COLUMNS.

    A hotel has a line of its own: thousands of ids do not fit into a cell. Nothing is escaped yet.
    """
    for picture in found.pictures:
        said = picture.image, str(len(picture.images)), picture.decided or ""
        for hotel_id, images in picture.images.items():
            yield (*said, hotel_id, " ".join(image[:_SHORT] for image in images))
