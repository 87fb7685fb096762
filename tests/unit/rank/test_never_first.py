"""Kinds that never open a hotel: they come first only where the hotel has nothing else, or where a person says so."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.kinds import shipped_kinds
from image_release.rank import PictureToRank, ScoredPicture, prioritise
from image_release.rank.variety import never_opens
from image_release.settings import PrioritisingSettings
from image_release.values import Label
from tests.unit.rank.test_order import SETTINGS, names, picture, pictures_to_rank

LABELS = {"ski": {"Piste": -1, "Chairlift": -2}, "bathroom": {"Bathroom": 3, "Shower": 1}}
"""Bathrooms are good pictures here, so that their score would open the hotel."""


def order(*pictures: PictureToRank, pins: Mapping[str, int] | None = None, **changes: object) -> list[ScoredPicture]:
    settings = PrioritisingSettings.model_validate({"labels": LABELS, "variety_pictures": 0, **changes})
    return list(prioritise(pictures, settings, pins or {}))


BATH, SHOWER, PISTE, ODD = picture("b", "Bathroom"), picture("s", "Shower"), picture("p", "Piste"), picture("o")


def test_a_picture_of_such_a_kind_gives_way_to_the_next_one_and_says_so() -> None:
    """It comes second, as its score says. The picture that opens and those that score less have nothing to explain."""
    ranked = order(BATH, PISTE, SHOWER)
    assert names(tuple(ranked)) == "pbs"
    assert [item.held_back for item in ranked] == [
        None,
        "the kind bathroom never opens a hotel",
        "the kind bathroom never opens a hotel",
    ]
    assert ranked[0].score.total < ranked[2].score.total


def test_one_that_scores_less_than_the_first_picture_is_not_held_back() -> None:
    ranked = order(picture("q", "Swimming pool", "Resort"), SHOWER)
    assert [item.held_back for item in ranked] == [None, None]


def test_where_the_hotel_has_nothing_else_the_best_of_them_opens() -> None:
    ranked = order(SHOWER, BATH)
    assert names(tuple(ranked)) == "bs"
    assert [item.held_back for item in ranked] == [None, None]


def test_a_picture_whose_kind_is_not_known_may_open() -> None:
    """Whatever the labels do not tell may be a good picture."""
    assert names(tuple(order(BATH, ODD))) == "ob"
    assert names(tuple(order(BATH, picture("u", labels=None)))) == "ub"


def test_a_pin_wins() -> None:
    """A person who pins a bathroom to the first place means it; nothing is held back by a rule then."""
    ranked = order(BATH, PISTE, SHOWER, pins={"s": 1})
    assert names(tuple(ranked)) == "sbp"
    assert {item.held_back for item in ranked} == {None}


def test_a_pin_further_down_opens_no_hotel_with_such_a_kind() -> None:
    """The picture that would open is pinned to the third place: the next one that may open does."""
    assert names(tuple(order(BATH, PISTE, picture("c", "Chairlift"), pins={"p": 3}))) == "cbp"


def test_the_list_of_the_settings_replaces_the_shipped_one() -> None:
    assert names(tuple(order(BATH, PISTE, never_first=["ski"]))) == "bp"
    assert names(tuple(order(BATH, PISTE, never_first=[]))) == "bp"
    assert names(tuple(order(PISTE, ODD, never_first=["ski"], ordinary_points=-9))) == "op"


@given(data=st.data(), pictures=pictures_to_rank())
def test_no_hotel_opens_with_one_if_it_has_anything_else(data: st.DataObject, pictures: list[PictureToRank]) -> None:
    """Whatever the scores, and wherever pictures are pinned, but for the first place."""
    pins = {item.sha256: data.draw(st.integers(2, 9)) for item in pictures if data.draw(st.booleans())}
    ranked = prioritise(pictures, SETTINGS, pins)
    never = {name for name, kind in shipped_kinds().items() if kind.never_first}
    free = [item for item in ranked if not item.pinned]
    if free and not ranked[0].pinned and any(never_opens(item, never) is None for item in free):
        assert ranked[0].category not in never


def dim(bedroom: float, kitchen: float, detail: float) -> PictureToRank:
    """A picture of which a model is not sure."""
    return picture("d", labels=(Label("Bedroom", bedroom), Label("Kitchen", kitchen), Label("Close-up", detail)))


def test_a_picture_that_is_more_likely_of_such_kinds_than_of_others_gives_way() -> None:
    """Its likeliest kind may open, but two kinds that never do are likelier together."""
    ranked = order(dim(0.3, 0.2, 0.2), ODD, ordinary_points=-9)
    assert names(tuple(ranked)) == "od"
    assert ranked[1].category == "bedroom"
    assert ranked[1].held_back == "the kinds detail, kitchen never open a hotel"


def test_a_picture_that_is_less_likely_of_such_kinds_than_of_others_may_open() -> None:
    assert names(tuple(order(dim(0.45, 0.2, 0.2), ODD, ordinary_points=-9))) == "do"


@pytest.mark.parametrize("kind", sorted(name for name, kind in shipped_kinds().items() if kind.never_first))
def test_every_kind_that_the_list_of_kinds_marks_is_held_back(kind: str) -> None:
    """With a label of its own in its section, because not every kind has shipped labels."""
    ranked = order(picture("a", labels=(Label("Mine", 1.0),)), ODD, labels={kind: {"Mine": 5}})
    assert names(tuple(ranked)) == "oa"
    assert ranked[1].held_back == f"the kind {kind} never opens a hotel"
