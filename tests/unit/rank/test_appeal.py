"""Appeal: what a local model says of a picture as an opener is a part of the score, where it has a weight."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from image_release.rank import PictureToRank, prioritise
from image_release.settings import PrioritisingSettings, ScoreWeights
from image_release.values import Look
from tests.unit.rank.test_order import APPEAL, SETTINGS, names, ordered, picture, pictures_to_rank


def seen(name: str, appeal: float, *descriptions: str) -> PictureToRank:
    return replace(picture(name, *descriptions), look=Look("local-test", appeal, ()))


def test_decides_between_pictures_that_differ_in_nothing_else() -> None:
    """Names and input say the opposite."""
    pictures = [seen("a", 0.2), seen("b", 0.9), seen("c", 0.5)]
    assert names(prioritise(pictures, APPEAL, {})) == "bca"


def test_says_which_model_gave_it() -> None:
    (item,) = prioritise([seen("a", 0.7)], APPEAL, {})
    part = item.score.parts["appeal"]
    assert (part.value, part.weight, part.model) == (0.7, 0.65, "local-test")
    assert {item.score.parts[name].model for name in ("size", "partner", "category")} == {None}


def test_that_is_unknown_counts_one_half_and_names_no_model() -> None:
    """A picture that no model looked at has neither an advantage nor a disadvantage."""
    pictures = [seen("a", 0.49), picture("b"), seen("c", 0.51)]
    ranked = prioritise(pictures, APPEAL, {})
    assert names(ranked) == "cba"
    assert (ranked[1].score.parts["appeal"].value, ranked[1].score.parts["appeal"].model) == (0.5, None)


def test_has_no_part_in_the_score_where_its_weight_is_0() -> None:
    """Weights that people gave before there was an appeal mean what they meant."""
    given_before = {"size": 0.2, "partner": 0.2, "category": 0.6}
    assert ordered(seen("a", 0.0), seen("b", 1.0), weights=given_before) == "ab"
    (item,) = prioritise([seen("a", 1.0)], SETTINGS, {})
    assert "appeal" not in item.score.parts


@given(data=st.data(), pictures=pictures_to_rank())
def test_that_is_larger_never_moves_a_picture_down(data: st.DataObject, pictures: list[PictureToRank]) -> None:
    """For all weights, and beside whatever other pictures. Its own kind and look stay what they are."""
    if not pictures:
        return
    share = data.draw(st.integers(0, 10)) / 10
    settings = PrioritisingSettings(weights={"size": 0, "partner": 0, "category": round(1 - share, 1), "appeal": share})
    at = data.draw(st.integers(0, len(pictures) - 1))
    low, high = sorted(data.draw(st.tuples(st.floats(0, 1), st.floats(0, 1))))

    def place(appeal: float) -> int:
        changed = [*pictures[:at], replace(pictures[at], look=Look("m", appeal, (0.6, 0.8))), *pictures[at + 1 :]]
        ranked = prioritise(changed, settings, {})
        return [item.picture.sha256 for item in ranked].index(pictures[at].sha256)

    assert place(high) <= place(low)


@given(pictures=pictures_to_rank())
def test_weights_for_looks_change_no_hotel_of_which_nothing_is_known(pictures: list[PictureToRank]) -> None:
    """Where neither labels nor looks are known, size and partner decide as they did before there were looks."""
    unknown = [replace(item, labels=None, look=None) for item in pictures]
    before = ScoreWeights(size=0.2, partner=0.2, category=0.6)
    assert names(prioritise(unknown, APPEAL, {})) == names(
        prioritise(unknown, PrioritisingSettings(weights=before), {})
    )
