"""Variety: each of the first places goes to the picture that adds most to what is shown already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from image_release.kinds import shipped_kinds
from image_release.rank import PictureToRank, prioritise
from image_release.rank.variety import LOOK_SHARE, SAME_GROUP
from image_release.settings import PrioritisingSettings
from image_release.values import ImageFacts, Label, Look

WEIGHT = 1 / 8
POOL, VILLA, GARDEN, NO_KIND = ((Label(name, 0.9),) for name in ("Swimming pool", "Villa", "Garden", "Sky"))
Drawn = tuple[str, float, tuple[Label, ...] | None]


def to_rank(drawn: Drawn, look: Look | None = None) -> PictureToRank:
    name, _, labels = drawn
    return PictureToRank(name, ImageFacts(name, 1, 1, "JPEG", bytes=1), name, 1, labels, look)


def ordered(
    *pictures: Drawn, pins: Mapping[str, int] | None = None, places: int = 5, looks: Mapping[str, Look] | None = None
) -> str:
    """The names of pictures (name, score, labels) in their order. The score is that of the picture's partner."""
    settings = PrioritisingSettings(
        weights={"size": 0, "partner": 1, "category": 0},
        partner_scores={name: score for name, score, _ in pictures},
        variety_pictures=places,
        variety_weight=WEIGHT,
    )
    ranked = prioritise([to_rank(drawn, (looks or {}).get(drawn[0])) for drawn in pictures], settings, pins or {})
    return "".join(item.picture.sha256 for item in ranked)


POOLS = tuple((name, 0.875, POOL) for name in "abcd")


@pytest.mark.parametrize(("score", "expected"), [(0.8, "avbcd"), (0.7, "abcdv")])
def test_every_further_picture_of_a_kind_loses_the_same(score: float, expected: str) -> None:
    """The second pool loses one eighth, and so do the third and the fourth: what counts is the nearest picture."""
    assert ordered(*POOLS, ("v", score, VILLA)) == expected


def test_the_nearest_picture_counts_wherever_it_stands() -> None:
    """The third place: a garden is alike to the villa, a pool to the pool before it."""
    assert ordered(*POOLS[:2], ("v", 0.86, VILLA), ("w", 0.76, NO_KIND)) == "avwb"


def test_the_better_score_wins_where_the_gains_are_equal() -> None:
    """The second pool and the villa have three quarters each."""
    assert ordered(*POOLS[:2], ("v", 0.75, VILLA)) == "abv"


@pytest.mark.parametrize(("places", "expected"), [(0, "abcdv"), (1, "abcdv"), (2, "avbcd")])
def test_counts_for_as_many_places_as_the_settings_say(places: int, expected: str) -> None:
    """The villa would be second, so it needs two places of variety."""
    assert ordered(*POOLS, ("v", 0.8, VILLA), places=places) == expected


def test_after_the_first_places_the_scores_decide_alone() -> None:
    """A second villa would be third with three places of variety; with two it is last, as its score is."""
    pictures = (*POOLS[:3], ("v", 0.86, VILLA), ("w", 0.8, NO_KIND))
    assert ordered(*pictures, places=3) == "avwbc"
    assert ordered(*pictures, places=2) == "avbcw"


@pytest.mark.parametrize("labels", [None, (), NO_KIND])
def test_pictures_of_no_known_kind_are_not_of_one_kind(labels: tuple[Label, ...] | None) -> None:
    """The second and third of them lose nothing, so a slightly worse pool does not pass them."""
    unknown = tuple((name, 0.875, labels) for name in "abc")
    assert ordered(*unknown, ("p", 0.8, POOL)) == "abcp"


def test_one_picture_of_a_kind_costs_the_next_one_exactly_the_weight() -> None:
    """The second pool is left with three quarters: more than a villa of 0.74, less than one of 0.76."""
    assert ordered(*POOLS[:2], ("v", 0.74, VILLA)) == "abv"
    assert ordered(*POOLS[:2], ("v", 0.76, VILLA)) == "avb"


class TestGroups:
    """A garden and a façade are two kinds of one group: both are the house from outside."""

    def test_the_example_is_one_group(self) -> None:
        assert shipped_kinds()["garden"].group == shipped_kinds()["exterior"].group

    @pytest.mark.parametrize(("difference", "expected"), [(-0.01, "agv"), (0.01, "avg")])
    def test_a_kind_of_the_same_group_costs_less_than_the_same_kind(self, difference: float, expected: str) -> None:
        """The garden loses the share of its group; the pool, which is slightly worse, loses nothing."""
        pool = ("v", 0.8 - WEIGHT * SAME_GROUP + difference, POOL)
        assert 0 < SAME_GROUP < 1
        assert ordered(("a", 0.875, VILLA), ("g", 0.8, GARDEN), pool) == expected


def look(*embedding: float, model: str = "local-test") -> Look:
    return Look(model, 0.5, embedding)


class TestLooks:
    HERE, THERE = look(1.0, 0.0), look(0.0, 1.0)
    PLAIN: Sequence[Drawn] = (("a", 0.875, NO_KIND), ("b", 0.874, NO_KIND), ("c", 0.85, NO_KIND))

    def test_that_are_near_do_not_follow_each_other(self) -> None:
        """Two photographs of one view, and a third picture that scores slightly less."""
        assert ordered(*self.PLAIN) == "abc"
        assert ordered(*self.PLAIN, looks={"a": self.HERE, "b": self.HERE, "c": self.THERE}) == "acb"

    def test_that_are_opposite_cost_as_little_as_those_that_have_nothing_in_common(self) -> None:
        """A negative product is no reason to come earlier."""
        opposite = {"a": self.HERE, "b": self.THERE, "c": look(-1.0, 0.0)}
        assert ordered(*self.PLAIN, looks=opposite) == "abc"

    def test_that_are_as_alike_as_can_be_cost_their_share_of_the_weight(self) -> None:
        """Rounded numbers may give a product above 1; it counts as 1."""
        alike = {"a": look(0.8, 0.61), "b": look(0.8, 0.61), "c": self.THERE}
        far = 0.61 * LOOK_SHARE * WEIGHT
        lost = LOOK_SHARE * WEIGHT - far
        for difference, expected in ((-0.001, "abc"), (0.001, "acb")):
            third = ("c", 0.874 - lost + difference, NO_KIND)
            assert ordered(*self.PLAIN[:2], third, looks=alike) == expected

    @pytest.mark.parametrize("other", [look(1.0, 0.0, model="local-other"), look(1.0, 0.0, 0.0)])
    def test_of_two_models_or_two_lengths_say_nothing(self, other: Look) -> None:
        """Numbers of two models have nothing to do with each other; nor do damaged ones."""
        assert ordered(*self.PLAIN, looks={"a": self.HERE, "b": other, "c": self.THERE}) == "abc"

    def test_count_beside_the_kind_and_not_on_top_of_it(self) -> None:
        """The same kind and the same look cost the weight, not more."""
        for score, expected in ((0.74, "abv"), (0.76, "avb")):
            pools = (*POOLS[:2], ("v", score, VILLA))
            assert ordered(*pools, looks={"a": self.HERE, "b": self.HERE, "v": self.THERE}) == expected


class TestPins:
    def test_of_two_pictures_pinned_to_one_place_the_better_score_wins(self) -> None:
        """Variety put the villa before the second pool; the pins ask for the scores."""
        pictures = (*POOLS[:2], ("v", 0.8, VILLA))
        assert ordered(*pictures) == "avb"
        assert ordered(*pictures, pins={"b": 1, "v": 1}) == "bva"

    def test_a_pinned_picture_counts_as_shown(self) -> None:
        """A person opens with a pool: the next one is no pool."""
        assert ordered(*POOLS[:2], ("v", 0.8, VILLA), pins={"b": 1}) == "bva"

    def test_a_picture_pinned_further_down_does_not_count_before_its_place(self) -> None:
        """The villa is pinned to the third place: another villa comes second, and costs nothing there."""
        assert ordered(*POOLS[:3], ("v", 0.8, VILLA), ("w", 0.77, VILLA), pins={"v": 3}) == "awvbc"


def test_the_time_grows_with_the_pictures_and_not_with_their_square() -> None:
    """Likeness is computed for the first places only: five pictures against all others."""
    count = 0

    class Counted(tuple):  # type: ignore[type-arg]
        __slots__ = ()

        def __iter__(self):  # type: ignore[no-untyped-def]
            nonlocal count
            count += 1
            return super().__iter__()

    pictures = [(f"{n:04d}", 0.5, NO_KIND) for n in range(300)]
    looks = {name: Look("m", 0.5, Counted((1.0, 0.0))) for name, _, _ in pictures}
    ordered(*pictures, looks=looks)
    assert 0 < count <= 2 * 4 * 300
