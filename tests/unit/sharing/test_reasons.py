"""The likely reason why two hotels share photographs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from image_release.sharing import REASONS, LikelyReason, PairedHotel
from image_release.sharing.reasons import kilometres, likely_reason
from image_release.values import HotelRow

HERE = HotelRow("h1", "Sunny Inn", "ES", "Bilbao", 43.2661, -2.9469, ())
FAR = HotelRow("h2", "Grand Hotel", "ES", "Madrid", 40.4168, -3.7038, ())
NEAR = replace(FAR, latitude=43.2680, longitude=-2.9470)
NOWHERE = replace(HERE, latitude=None, longitude=None)


def side(row: HotelRow, share: float = 0.5, partners: tuple[str, ...] = ("atlas", "coral"), of: float = 0.5):
    return PairedHotel(row, 10, share, partners, of)


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        (side(HERE), side(NEAR), LikelyReason.SAME_HOTEL),
        (side(HERE, 0.1), side(NEAR, 0.1), LikelyReason.SOME_IN_COMMON),
        (side(NOWHERE), side(replace(NOWHERE, name="SUNNY INN")), LikelyReason.SAME_HOTEL),
        (side(NOWHERE), side(replace(NOWHERE, name="Moon Inn")), LikelyReason.SOME_IN_COMMON),
        (side(HERE), side(FAR, 0.5, ("atlas",), 1.0), LikelyReason.PARTNER_MIX_UP),
        (side(HERE, 0.5, ("atlas",), 0.9), side(FAR), LikelyReason.PARTNER_MIX_UP),
        (side(HERE), side(FAR, 0.9), LikelyReason.SAME_HOTEL),
        (side(HERE), side(FAR), LikelyReason.SOME_IN_COMMON),
        (side(HERE), side(FAR, 0.3, ("atlas",), 0.3), LikelyReason.SOME_IN_COMMON),
    ],
)
def test_the_reason_does_not_depend_on_which_hotel_comes_first(one, other, reason):
    assert likely_reason(one, other) == likely_reason(other, one) == reason


def test_every_reason_has_its_words():
    assert set(REASONS) == set(LikelyReason)


def test_kilometres_are_those_on_the_globe_and_unknown_where_a_place_is():
    assert kilometres(HERE, FAR) == pytest.approx(323, abs=2)
    assert kilometres(HERE, HERE) == 0
    assert kilometres(HERE, NOWHERE) is None
