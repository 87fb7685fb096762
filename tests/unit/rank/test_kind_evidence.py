"""The kind of a picture: the most evidence, words that name a kind, hints, and buildings beside words of an inside."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.folding import letters
from image_release.kinds import shipped_kinds
from image_release.rank.kind_evidence import shipped_evidence
from image_release.rank.score_parts import CategoryScorer
from image_release.settings import PrioritisingSettings, shipped_labels
from image_release.values import Label

SCORER = CategoryScorer(PrioritisingSettings())
OWN_LABELS = [kind.label for kind in shipped_kinds().values()]
"""One label a kind: the local model's words."""
SECTION = {letters(name): kind for kind, entries in shipped_labels().items() for name in entries}


def kind(*labels: str | tuple[str, float], scorer: CategoryScorer = SCORER) -> str | None:
    shown = [(label, 0.8) if isinstance(label, str) else label for label in labels]
    return scorer.category(tuple(Label(name, score) for name, score in shown)).kind


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        pytest.param(("Home", "House", "Real estate", "Property", "Bedroom"), "bedroom", id="a room"),
        pytest.param(("home", "house", "estate", "room", "living room"), "lounge", id="a room of old labels"),
        pytest.param(("Apartment", "Mixed use", "Sink", "Refrigerator"), "kitchen", id="an appliance"),
        pytest.param(("Villa", "Mansion", "Ceiling", "Couch"), "lounge", id="a grand one"),
        pytest.param(("House", "Home", "Window", "Ceiling"), None, id="a room that no label names"),
        pytest.param(("House", "Home", "Roof", "Siding", "Window"), "exterior", id="a house"),
        pytest.param(("House", "Villa", "Table", "Chair", "Lamp"), "exterior", id="a house with a terrace's furniture"),
        pytest.param(("House", "Facade", "Cottage", "Ceiling"), "exterior", id="a facade stays one"),
    ],
)
def test_words_of_a_building_tell_no_kind_beside_words_of_an_inside(
    labels: tuple[str, ...], expected: str | None
) -> None:
    assert kind(*labels) == expected


@given(data=st.data(), inside=st.sampled_from(shipped_evidence().inside))
def test_no_words_of_a_building_make_an_exterior_beside_any_word_of_an_inside(data: st.DataObject, inside: str) -> None:
    buildings = data.draw(st.lists(st.sampled_from(shipped_evidence().building), unique=True))
    scores = st.floats(0.5, 1)
    assert kind(*((name, data.draw(scores)) for name in buildings), (inside, data.draw(scores))) != "exterior"


def test_a_pool_beside_a_house_is_a_pool() -> None:
    """A word that names the kind itself counts three times; labels of `general` tell no kind."""
    assert kind("Sky", "Building", "House", "Villa", "Swimming pool", "Azure") == "pool"
    assert kind("Property", "Sky") is None
    assert kind() is None


def test_hints_count_half() -> None:
    """Grass and flowers stand before houses too."""
    assert kind(("Grass", 0.9), ("Flower", 0.6), ("Siding", 0.8)) == "exterior"
    assert kind(("Grass", 0.9), ("Flower", 0.9), ("Siding", 0.8)) == "garden"


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        pytest.param({"Zero": 0.9, "Bad": 0.8}, "zero", id="strength 0 tells a kind as well"),
        pytest.param({"Bad": 0.9, "Good": 0.8}, "bad", id="a bad label is evidence, and no weak one"),
        pytest.param({"Bad": 0.9, "Good": 0.5, "Fine": 0.5}, "good", id="evidence of one kind adds up"),
        pytest.param({"Good": 0.7, "Bad": 0.7}, "bad", id="equal evidence: the first by name"),
    ],
)
def test_evidence_is_the_score_whatever_the_strength(labels: dict[str, float], expected: str) -> None:
    table = {"bad": {"Bad": -1.0}, "good": {"Good": 5.0, "Fine": 1.0}, "zero": {"Zero": 0.0}}
    scorer = CategoryScorer(PrioritisingSettings(labels=table))
    assert kind(*labels.items(), scorer=scorer) == expected


def test_every_kind_has_a_label_of_its_own() -> None:
    """It stands in the kind's section, and is no hint and no word that may be silent."""
    assert [SECTION[letters(name)] for name in OWN_LABELS] == list(shipped_kinds())
    assert not set(OWN_LABELS) & {*shipped_evidence().building, *shipped_evidence().hints}


@given(
    labels=st.lists(st.sampled_from(OWN_LABELS), unique=True, min_size=1, max_size=5),
    parts=st.lists(st.integers(1, 1_000), min_size=5, max_size=5),
)
def test_of_the_kinds_own_labels_the_most_probable_one_tells_the_kind(labels: list[str], parts: list[int]) -> None:
    """Whatever their strengths: `Bathroom` (-2) at .3 does not beat `Bedroom` (1.5) at .5."""
    scores = [round(part / sum(parts), 3) for part in parts[: len(labels)]]
    best = max(scores)
    expected = {SECTION[letters(name)] for name, score in zip(labels, scores, strict=True) if score == best}
    assert kind(*zip(labels, scores, strict=True)) in expected
