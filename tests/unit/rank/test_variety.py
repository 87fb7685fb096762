"""Variety: how much each picture of a kind costs the next one of that kind, and whom it does not concern."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from image_release.rank import PictureToRank, prioritise
from image_release.settings import PrioritisingSettings
from image_release.values import ImageFacts, Label

PENALTY = 1 / 8
POOL, VILLA, NO_KIND = (Label("Swimming pool", 0.9),), (Label("Villa", 0.9),), (Label("Sky", 0.9),)


def ordered(
    *pictures: tuple[str, float, tuple[Label, ...] | None], pins: Mapping[str, int] | None = None, places: int = 5
) -> str:
    """The names of pictures (name, score, labels) in their order. The score is that of the picture's partner."""
    settings = PrioritisingSettings(
        weights={"size": 0, "partner": 1, "category": 0},
        partner_scores={name: score for name, score, _ in pictures},
        variety_pictures=places,
        variety_penalty=PENALTY,
    )
    to_rank = [
        PictureToRank(name, ImageFacts(name, 1, 1, "JPEG", bytes=1), name, 1, labels) for name, _, labels in pictures
    ]
    return "".join(item.picture.sha256 for item in prioritise(to_rank, settings, pins or {}))


POOLS = tuple((name, 0.875, POOL) for name in "abcd")


@pytest.mark.parametrize(
    ("score", "expected"),
    [(0.8, "avbcd"), (0.7, "abvcd"), (0.6, "abcvd"), (0.45, "abcdv")],
)
def test_every_picture_of_a_kind_costs_the_next_one_more(score: float, expected: str) -> None:
    """The second pool loses one eighth, the third two, the fourth three."""
    assert ordered(*POOLS, ("v", score, VILLA)) == expected


def test_the_better_score_wins_where_both_are_equal_after_the_penalty() -> None:
    """The second pool and the villa have three quarters each."""
    assert ordered(*POOLS[:2], ("v", 0.75, VILLA)) == "abv"


@pytest.mark.parametrize(("places", "expected"), [(0, "abcdv"), (2, "abcdv"), (3, "abvcd")])
def test_counts_for_as_many_places_as_the_settings_say(places: int, expected: str) -> None:
    """The villa would be third, so it needs three places of variety."""
    assert ordered(*POOLS, ("v", 0.7, VILLA), places=places) == expected


@pytest.mark.parametrize("labels", [None, (), NO_KIND])
def test_pictures_of_no_known_kind_are_not_of_one_kind(labels: tuple[Label, ...] | None) -> None:
    """The second and third of them lose nothing, so a slightly worse pool does not pass them."""
    unknown = tuple((name, 0.875, labels) for name in "abc")
    assert ordered(*unknown, ("p", 0.8, POOL)) == "abcp"


def test_of_two_pictures_pinned_to_one_place_the_better_score_wins() -> None:
    """Variety put the villa before the second pool; the pins ask for the scores."""
    pictures = (*POOLS[:2], ("v", 0.8, VILLA))
    assert ordered(*pictures) == "avb"
    assert ordered(*pictures, pins={"b": 1, "v": 1}) == "bva"


def test_one_picture_of_a_kind_costs_the_next_one_exactly_the_penalty() -> None:
    """The second pool is left with three quarters: more than a villa of 0.74, less than one of 0.76."""
    assert ordered(*POOLS[:2], ("v", 0.74, VILLA)) == "abv"
    assert ordered(*POOLS[:2], ("v", 0.76, VILLA)) == "avb"
