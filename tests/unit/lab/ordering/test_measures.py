"""The measures of an order, compared with values computed by hand."""

from __future__ import annotations

from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.lab.ordering import Grade, measure


def hotel(hotel_id: str, *grades: tuple[str, str, int]) -> list[Grade]:
    return [Grade(f"{hotel_id}/{label}", hotel_id, category, grade) for label, category, grade in grades]


POOL_HOTEL = hotel("h", ("pool", "pool", 3), ("room", "bedroom", 2), ("hall", "corridor", 1), ("bath", "bathroom", 0))


def shown(hotel_id: str, *labels: str) -> dict[str, list[str]]:
    return {hotel_id: [f"{hotel_id}/{label}" for label in labels]}


def test_the_ideal_order_has_ideal_measures() -> None:
    """The best picture comes first and the worst one last."""
    result = measure(POOL_HOTEL, shown("h", "pool", "room", "hall", "bath"))
    assert (result.hotels, result.first_ok, result.first_never) == (1, 1, 0)
    assert (result.ndcg5, result.ndcg10, result.same_kind3, result.wrong) == (1, 1, 0, ())


def test_gain_is_discounted_by_place() -> None:
    """A picture gains (2^grade - 1) / log2(place + 1); the sum is divided by that of the ideal order."""
    result = measure(POOL_HOTEL, shown("h", "bath", "hall", "room", "pool"))
    assert result.ndcg5 == pytest.approx((1 / log2(3) + 3 / 2 + 7 / log2(5)) / (7 + 3 / log2(3) + 1 / 2))
    assert (result.first_ok, result.first_never) == (0, 1)
    assert result.wrong == ("h: first is h/bath (bathroom, 0)",)


def test_a_picture_that_is_not_shown_gains_nothing() -> None:
    """Without the pool its gain is missing, and a hotel without pictures has a wrong first picture."""
    assert measure(POOL_HOTEL, shown("h", "room", "hall", "bath")).ndcg5 == pytest.approx(
        (3 + 1 / log2(3)) / (7 + 3 / log2(3) + 1 / 2)
    )
    nothing = measure(POOL_HOTEL, {})
    assert (nothing.first_ok, nothing.first_never, nothing.ndcg5, nothing.same_kind3) == (0, 1, 0, None)
    assert nothing.wrong == ("h: no picture",)


def test_only_the_first_five_and_ten_count() -> None:
    """The excellent picture comes after eleven poor ones, too late to count."""
    grades = hotel("h", *[(f"p{number:02}", "view", 1) for number in range(11)], ("pool", "pool", 3))
    order = shown("h", *[f"p{number:02}" for number in range(11)], "pool")
    ideal = [7, *[1] * 9]
    result = measure(grades, order)
    for value, first in ((result.ndcg5, 5), (result.ndcg10, 10)):
        got = sum(1 / log2(place + 2) for place in range(first))
        assert value == pytest.approx(got / sum(gain / log2(place + 2) for place, gain in enumerate(ideal[:first])))


def test_a_repeated_or_ungraded_picture_is_passed_over() -> None:
    """Placeholders and copies of a picture have no grade of their own."""
    order = {"h": ["h/placeholder", "h/pool", "h/pool", "h/room", "h/hall", "h/bath"]}
    assert measure(POOL_HOTEL, order).ndcg5 == 1


def test_hotels_that_have_no_good_picture_do_not_count_as_wrong() -> None:
    """A hotel without an acceptable picture is not in first_ok; one with grade 0 only is in no measure."""
    poor = hotel("poor", ("hall", "corridor", 1), ("bath", "bathroom", 0))
    hopeless = hotel("none", ("bath", "bathroom", 0))
    result = measure([*poor, *hopeless], shown("poor", "bath", "hall") | shown("none", "bath"))
    assert (result.hotels, result.first_ok, result.first_never, result.wrong) == (1, None, 1, ())


def test_same_kind_counts_hotels_that_have_a_choice() -> None:
    """It counts hotels with at least three categories whose first three pictures are of one category."""
    rich = hotel("r", ("a", "bed", 2), ("b", "bed", 2), ("c", "bed", 2), ("d", "pool", 2), ("e", "view", 2))
    plain = hotel("p", ("a", "bed", 2), ("b", "bed", 2), ("c", "bed", 2), ("d", "pool", 2))
    assert measure(rich, shown("r", "a", "b", "c", "d", "e")).same_kind3 == 1
    assert measure(rich, shown("r", "a", "d", "b", "c", "e")).same_kind3 == 0
    assert measure(plain, shown("p", "a", "b", "c", "d")).same_kind3 is None


@given(
    grades=st.lists(st.integers(0, 3), min_size=1, max_size=12).filter(any),
    data=st.data(),
)
def test_every_order_is_between_nothing_and_the_ideal(grades: list[int], data: st.DataObject) -> None:
    """The gain is between 0 and 1, and 1 for the order of the grades."""
    graded = hotel("h", *[(str(number), "view", grade) for number, grade in enumerate(grades)])
    order = [grade.label for grade in data.draw(st.permutations(graded))]
    best = [grade.label for grade in sorted(graded, key=lambda grade: -grade.grade)]
    got, ideal = measure(graded, {"h": order}), measure(graded, {"h": best})
    assert got.ndcg5 is not None
    assert got.ndcg10 is not None
    assert 0 <= got.ndcg5 <= 1
    assert 0 <= got.ndcg10 <= 1
    assert (ideal.ndcg5, ideal.ndcg10) == (1, 1)
