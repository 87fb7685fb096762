"""The same view: two pictures of one view are not both among the first five, nor side by side, if there are others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from image_release.kinds import shipped_kinds
from image_release.rank import PictureToRank, ScoredPicture, prioritise
from image_release.rank.variety import VIEWS_APART, never_opens
from image_release.settings import PrioritisingSettings
from image_release.values import ImageFacts, Label

BATHROOM = (Label(shipped_kinds()["bathroom"].label, 1.0),)
NAMES = "abcdefghijklmnop"


def hotel(count: int, *views: str, labels: Mapping[str, tuple[Label, ...]] | None = None) -> list[PictureToRank]:
    """So many pictures, the best first. Each of `views` names pictures of one view: `"acd"`."""
    same = {name: frozenset(other for view in views if name in view for other in view) - {name} for name in NAMES}
    return [
        PictureToRank(
            name,
            ImageFacts(name, 1_000 - number, 1_000, "JPEG", bytes=1),
            "p",
            None,
            (labels or {}).get(name),
            same_view=same[name] & set(NAMES[:count]),
        )
        for number, name in enumerate(NAMES[:count])
    ]


def ordered(pictures: Sequence[PictureToRank], pins: Mapping[str, int] | None = None) -> list[ScoredPicture]:
    return list(prioritise(pictures, PrioritisingSettings(), pins or {}))


def names(ranked: Sequence[ScoredPicture]) -> str:
    return "".join(item.picture.sha256 for item in ranked)


def test_the_second_of_a_view_comes_after_the_first_five() -> None:
    assert names(ordered(hotel(8, "ab"))) == "acdefbgh"


def test_it_says_which_picture_holds_it_back() -> None:
    held_back = {item.picture.sha256: item.held_back for item in ordered(hotel(8, "bc"))}
    assert held_back == {**dict.fromkeys("abdefgh"), "c": "it shows the same view as picture 2"}


def test_a_hotel_that_has_nothing_else_shows_them() -> None:
    """Three of one view and one other: the other one comes as early as it can."""
    ranked = ordered(hotel(4, "abc"))
    assert names(ranked) == "adbc"
    assert [item.held_back for item in ranked if item.picture.sha256 in "bc"] == [
        "it shows the same view as picture 1"
    ] * 2


def test_after_the_first_five_they_do_not_stand_side_by_side() -> None:
    assert names(ordered(hotel(10, "ghi"))) == "abcdefgjhi"


def test_no_two_of_a_view_meet_where_the_first_five_end() -> None:
    assert names(ordered(hotel(8, "ef"))) == "abcdegfh"


def test_views_do_not_chain() -> None:
    """The first and the third picture are different views, although the second one is like both."""
    assert names(ordered(hotel(7, "ab", "bc"))) == "acdefbg"


def test_a_pinned_picture_stays_and_the_other_of_its_view_goes() -> None:
    """The pin may be further on: the better picture of its view does not open the hotel."""
    assert names(ordered(hotel(7, "ac"), {"c": 3})) == "bdcefag"
    assert names(ordered(hotel(7, "fg"), {"g": 7})) == "abcdefg"  # nothing else is left for the sixth place


def test_two_that_people_pinned_stand_side_by_side() -> None:
    assert names(ordered(hotel(7, "ab"), {"a": 1, "b": 2}))[:2] == "ab"


def test_a_kind_that_never_opens_does_not_open_for_the_sake_of_a_view() -> None:
    """Only the first picture may open, and it is the view of the second one, which a person pinned."""
    labels = dict.fromkeys("bcdefg", BATHROOM)
    assert names(ordered(hotel(7, "ab", labels=labels), {"b": 2}))[:2] == "ab"


@st.composite
def hotels(draw: st.DrawFn) -> tuple[list[PictureToRank], dict[str, int]]:
    """Pictures of which some show the same view, some never open, and some are pinned."""
    count = draw(st.integers(1, len(NAMES)))
    named = NAMES[:count]
    views = draw(st.lists(st.sets(st.sampled_from(named), min_size=1, max_size=4), max_size=6))
    labels = dict.fromkeys(draw(st.sets(st.sampled_from(named))), BATHROOM)
    pins = draw(st.dictionaries(st.sampled_from(named), st.integers(1, count + 1), max_size=3))
    return hotel(count, *("".join(sorted(view)) for view in views), labels=labels), pins


@given(hotels())
def test_no_view_is_repeated_among_the_first_five_while_there_are_others(drawn) -> None:
    """Where one is, all pictures that came later would have repeated one as well, or may not open the hotel."""
    ranked = ordered(*drawn)
    for place, item in enumerate(ranked[:VIEWS_APART]):
        beside = [other for at, other in enumerate(ranked[:VIEWS_APART]) if at < place or (at > place and other.pinned)]
        repeated = frozenset(sha256 for other in beside for sha256 in other.picture.same_view)
        if item.pinned or item.picture.sha256 not in repeated:
            continue
        later = [other for other in ranked[place + 1 :] if not other.pinned]
        if place == 0 and never_opens(item, PrioritisingSettings().never_first) is None:
            later = [other for other in later if never_opens(other, PrioritisingSettings().never_first) is None]
        assert all(other.picture.sha256 in repeated for other in later)


@given(hotels())
def test_every_picture_has_one_place_and_pins_have_theirs(drawn) -> None:
    pictures, pins = drawn
    ranked = ordered(pictures, pins)
    assert sorted(names(ranked)) == sorted(picture.sha256 for picture in pictures)
    without = prioritise(
        [PictureToRank(p.sha256, p.facts, "p", None, p.labels) for p in pictures], PrioritisingSettings(), pins
    )
    places = [{item.picture.sha256: at for at, item in enumerate(each) if item.pinned} for each in (ranked, without)]
    assert places[0] == places[1]


@given(hotels())
def test_where_no_view_would_be_repeated_nothing_changes(drawn) -> None:
    """The order without views stands if it has no two of one view among the first five, and none side by side."""
    pictures, pins = drawn
    without = ordered([replace(picture, same_view=frozenset()) for picture in pictures], pins)
    views = {picture.sha256: picture.same_view for picture in pictures}
    shown = names(without)
    near = [*combinations(shown[:VIEWS_APART], 2), *pairwise(shown)]
    if not any(other in views[one] for one, other in near):
        assert names(ordered(pictures, pins)) == shown


@given(st.data())
def test_the_order_of_the_input_does_not_matter(data: st.DataObject) -> None:
    pictures, pins = data.draw(hotels())
    shuffled = data.draw(st.permutations(pictures))
    assert ordered(pictures, pins) == ordered(shuffled, pins)


@given(hotels())
def test_only_what_shows_a_view_again_is_held_back_for_it(drawn) -> None:
    pictures, pins = drawn
    for item in ordered(pictures, pins):
        if item.held_back and "same view" in item.held_back:
            assert item.picture.same_view
            assert not item.pinned


@given(st.integers(6, len(NAMES)))
def test_side_by_side_only_at_the_end(count: int) -> None:
    """All from the sixth on show one view: nothing can stand between them, and nothing is lost."""
    ranked = ordered(hotel(count, NAMES[5:count]))
    assert names(ranked) == NAMES[:count]
    assert all(one.picture.sha256 != other.picture.sha256 for one, other in pairwise(ranked))
