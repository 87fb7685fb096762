"""Why two hotels may share photographs: a guess from their rows of the release, which a person checks."""

from __future__ import annotations

import math

from image_release.folding import folded
from image_release.sharing.found import LikelyReason, PairedHotel
from image_release.values import HotelRow

NEAR_KM = 0.5
"""Hotels that are not farther apart may be one hotel."""
LEAST_SHARE = 0.3
"""Share of its pictures that one of two near hotels has at least in common with the other, if both may be one hotel."""
MOST_OF_IT = 0.8
"""Share of its pictures from which on a hotel, or what a partner sends it, is nothing but shared."""
EARTH_KM = 6371.0


REASONS = {
    LikelyReason.SAME_HOTEL: "likely one hotel that is twice in the Data Release",
    LikelyReason.PARTNER_MIX_UP: "likely a mix-up of one partner, which gives both hotels the same pictures",
    LikelyReason.WRONG_HOTEL: (
        "likely pictures of another hotel: nearly all that one partner gives one of the two, others give the other"
    ),
    LikelyReason.SOME_IN_COMMON: "some pictures in common: one chain or owner, neighbours, or stock photographs",
}
"""What a person is told."""


def kilometres(one: HotelRow, other: HotelRow) -> float | None:
    """Distance of two hotels; None if it is not known where both are."""
    if one.latitude is None or one.longitude is None or other.latitude is None or other.longitude is None:
        return None
    south, north = math.radians(one.latitude), math.radians(other.latitude)
    east = math.radians(other.longitude - one.longitude)
    half = math.sin((north - south) / 2) ** 2 + math.cos(south) * math.cos(north) * math.sin(east / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(min(1.0, half)))


def likely_reason(one: PairedHotel, other: PairedHotel) -> LikelyReason:
    """The likely reason why two hotels share pictures.

    Near each other they may be one hotel. Where one partner alone sends one of the two what both have, and sends it
    little else, that partner mixed the two up if it sends the same to the other, too; if others do, what it sends
    belongs to the other hotel. And all pictures of a hotel come with another id where it is in the release twice.
    """
    share = max(one.share, other.share)
    if share >= LEAST_SHARE and _may_be_one_place(one.row, other.row):
        return LikelyReason.SAME_HOTEL
    alone = {
        partner
        for side in (one, other)
        for partner in side.partners
        if len(side.partners) == 1 and side.of_partners >= MOST_OF_IT
    }
    if alone.intersection(one.partners, other.partners):
        return LikelyReason.PARTNER_MIX_UP
    if share >= MOST_OF_IT:
        return LikelyReason.SAME_HOTEL
    return LikelyReason.WRONG_HOTEL if alone else LikelyReason.SOME_IN_COMMON


def _may_be_one_place(one: HotelRow, other: HotelRow) -> bool:
    """Whether two hotels are near each other, or in one city with one name where it is not known where they are."""
    apart = kilometres(one, other)
    if apart is not None:
        return apart <= NEAR_KM
    mine, theirs = ([folded(word) for word in (row.country, row.city, row.name)] for row in (one, other))
    return all(mine) and mine == theirs
