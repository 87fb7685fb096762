"""Photographs that hotels share: families of copies over all hotels, and what they say about hotels (decision 55).

families = Families(PrintIndex(path))
families.catch_up(stores)
found = find_shared(families, stores)
"""

from image_release.sharing.documents import PAIR_COLUMNS, PICTURE_COLUMNS, pair_rows, picture_rows, shared_document
from image_release.sharing.families import Families
from image_release.sharing.finding import find_shared
from image_release.sharing.found import (
    AS_USUAL,
    Counting,
    HotelPair,
    LikelyReason,
    PairedHotel,
    Shared,
    SharedPicture,
    decided_about,
)
from image_release.sharing.reasons import REASONS

__all__ = [
    "AS_USUAL",
    "PAIR_COLUMNS",
    "PICTURE_COLUMNS",
    "REASONS",
    "Counting",
    "Families",
    "HotelPair",
    "LikelyReason",
    "PairedHotel",
    "Shared",
    "SharedPicture",
    "decided_about",
    "find_shared",
    "pair_rows",
    "picture_rows",
    "shared_document",
]
