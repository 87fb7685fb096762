"""The likely reason why two hotels share photographs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.sharing import REASONS, LikelyReason, PairedHotel
from image_release.sharing.reasons import LEAST_SHARE, MOST_OF_IT, NEAR_KM, kilometres, likely_reason
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
        (side(HERE, 0.5, ("atlas",), 1.0), side(FAR, 0.5, ("atlas",), 0.5), LikelyReason.PARTNER_MIX_UP),
        (side(HERE, 0.5, ("atlas",), 0.9), side(FAR, 0.5, ("coral",), 0.2), LikelyReason.WRONG_HOTEL),
        (side(HERE, 0.5, ("atlas",), 0.9), side(FAR, 0.5, ("coral", "delta"), 1.0), LikelyReason.WRONG_HOTEL),
        (side(HERE, 1.0, ("atlas",), 1.0), side(FAR, 1.0, ("coral",), 1.0), LikelyReason.SAME_HOTEL),
        (side(replace(NOWHERE, city="")), side(replace(NOWHERE, city="")), LikelyReason.SOME_IN_COMMON),
        (side(replace(NOWHERE, name=" ")), side(replace(NOWHERE, name="")), LikelyReason.SOME_IN_COMMON),
        (side(HERE), side(FAR, 0.9), LikelyReason.SAME_HOTEL),
        (side(HERE), side(FAR), LikelyReason.SOME_IN_COMMON),
        (side(HERE), side(FAR, 0.3, ("atlas",), 0.3), LikelyReason.SOME_IN_COMMON),
    ],
)
def test_the_reason_does_not_depend_on_which_hotel_comes_first(one, other, reason):
    assert likely_reason(one, other) == likely_reason(other, one) == reason


ROWS = st.builds(
    HotelRow,
    st.sampled_from(["h1", "h2"]),
    st.sampled_from(["", "Sunny Inn", "SUNNY INN", "Moon Inn"]),
    st.sampled_from(["ES", "PT"]),
    st.sampled_from(["", "Bilbao", "Madrid"]),
    st.none() | st.floats(-90, 90),
    st.none() | st.floats(-180, 180),
    st.just(()),
)
SHARES = st.floats(0, 1, exclude_min=True) | st.sampled_from([LEAST_SHARE, MOST_OF_IT])
SIDES = st.builds(
    PairedHotel,
    ROWS,
    st.just(10),
    SHARES,
    st.sets(st.sampled_from(["atlas", "coral", "delta"]), min_size=1).map(lambda names: tuple(sorted(names))),
    SHARES,
)


def sends_little_else(sender: PairedHotel) -> bool:
    return len(sender.partners) == 1 and sender.of_partners >= MOST_OF_IT


@given(SIDES, SIDES)
def test_what_a_reason_says_of_two_hotels_is_true(one, other):
    """Each reason is told only where all that its words say holds of the two."""
    both = set(one.partners) & set(other.partners)
    apart = kilometres(one.row, other.row)
    reason = likely_reason(one, other)
    assert reason == likely_reason(other, one)
    if reason is LikelyReason.SAME_HOTEL:
        is_near = apart is not None and apart <= NEAR_KM
        has_one_name = apart is None and all(
            mine and mine.lower() == theirs.lower()
            for mine, theirs in zip(
                (one.row.name, one.row.city, one.row.country),
                (other.row.name, other.row.city, other.row.country),
                strict=True,
            )
        )
        share = max(one.share, other.share)
        assert share >= MOST_OF_IT or (share >= LEAST_SHARE and (is_near or has_one_name))
    if reason is LikelyReason.PARTNER_MIX_UP:
        assert any(sends_little_else(sender) and set(sender.partners) <= both for sender in (one, other))
    if reason is LikelyReason.WRONG_HOTEL:
        assert any(sends_little_else(sender) and not both for sender in (one, other))


@given(ROWS, ROWS)
def test_kilometres_are_the_same_both_ways_and_at_most_half_around_the_globe(one, other):
    apart = kilometres(one, other)
    if apart is not None:
        assert 0 <= apart <= 20_020
        assert apart == pytest.approx(kilometres(other, one), abs=1e-6)


def test_every_reason_has_its_words():
    assert set(REASONS) == set(LikelyReason)


def test_kilometres_are_those_on_the_globe_and_unknown_where_a_place_is():
    assert kilometres(HERE, FAR) == pytest.approx(323, abs=2)
    assert kilometres(HERE, HERE) == 0
    assert kilometres(HERE, NOWHERE) is None
