"""The table of Vision labels: it makes sense, is readable, and can be changed entry by entry."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files

import pytest
import yaml
from pydantic import ValidationError

from image_release.folding import letters
from image_release.kinds import shipped_kinds
from image_release.rank import PRIORITISING_VERSION, PictureToRank, prioritise
from image_release.rank.kind_evidence import shipped_evidence
from image_release.settings import GENERAL_KIND, PrioritisingSettings, Settings, shipped_labels
from image_release.values import ImageFacts, Label

SCENES = {
    "pool": ("Water", "Sky", "Property", "Swimming pool", "Azure", "Building", "Resort"),
    "villa": ("Sky", "Plant", "Building", "House", "Real estate", "Villa", "Tree"),
    "city hotel": ("Building", "Sky", "Facade", "Hotel", "Tower block", "Cloud"),
    "beach": ("Water", "Sky", "Beach", "Coastal and oceanic landforms", "Palm tree", "Horizon"),
    "suite": ("Furniture", "Bedroom", "Suite", "Bed frame", "Comfort", "Interior design"),
    "bedroom": ("Furniture", "Property", "Bedroom", "Bed frame", "Comfort", "Interior design"),
    "lobby": ("Furniture", "Interior design", "Lobby", "Couch", "Chandelier", "Flooring"),
    "restaurant": ("Furniture", "Table", "Chair", "Restaurant", "Interior design"),
    "dormitory": ("Furniture", "Bunk bed", "Bedroom", "Wood", "Bed frame"),
    "kitchen": ("Cabinetry", "Countertop", "Kitchen", "Kitchen appliance", "Interior design", "Sink"),
    "breakfast": ("Food", "Tableware", "Dish", "Ingredient", "Cuisine"),
    "bathroom": ("Sink", "Tap", "Mirror", "Bathroom", "Plumbing fixture", "Property", "Interior design"),
    "toilet": ("Toilet", "Toilet seat", "Plumbing fixture", "Bathroom", "Tile", "Purple"),
    "corridor": ("Door", "Hall", "Flooring", "Ceiling", "Wall"),
    "car park": ("Car", "Vehicle", "Parking lot", "Asphalt", "Tire"),
    "floor plan": ("Font", "Rectangle", "Floor plan", "Schematic", "Parallel"),
    "sign": ("Signage", "Font", "Logo", "Brand"),
    "selfie": ("Forehead", "Face", "Chin", "Smile", "Selfie"),
}


def score(scene: str) -> float:
    labels = tuple(Label(name, 0.8) for name in SCENES[scene])
    facts = ImageFacts("a", 1024, 683, "JPEG", bytes=1)
    return prioritise([PictureToRank("a", facts, "p", None, labels)], PrioritisingSettings(), {})[0].score.total


class TestShippedTable:
    def test_has_a_real_vocabulary(self) -> None:
        """It has more than 1,000 labels: good, ignored and bad ones."""
        strengths = [strength for entries in shipped_labels().values() for strength in entries.values()]
        assert len(strengths) > 1_000
        assert sum(strength > 0 for strength in strengths) > 60
        assert sum(strength < 0 for strength in strengths) > 60
        assert sum(strength == 0 for strength in strengths) > 20

    def test_has_every_label_once(self) -> None:
        """No label is there twice, in whatever spelling; YAML would silently take the last one."""
        text = files("image_release").joinpath("rank/labels.yaml").read_text(encoding="utf-8")
        sections = yaml.compose(text).value
        kinds = [kind.value for kind, _ in sections]
        labels = [letters(label.value) for _, entries in sections for label, _ in entries.value]
        assert sorted(kinds) == sorted(set(kinds))
        assert sorted(labels) == sorted(set(labels))

    def test_strengths_are_readable(self) -> None:
        """Strengths are multiples of 0.5 between -3 and 3."""
        strengths = {strength for entries in shipped_labels().values() for strength in entries.values()}
        assert strengths <= {half / 2 for half in range(-6, 7)}

    def test_has_a_section_for_each_kind_and_one_for_labels_without(self) -> None:
        """Every section is a kind of kinds.yaml, and every kind has one."""
        assert set(shipped_labels()) == {*shipped_kinds(), GENERAL_KIND}

    def test_gives_every_word_of_evidence_a_place(self) -> None:
        """The lists of evidence.yaml name labels of the table, each once, and each weighs a label one way only."""
        lists = shipped_evidence()
        known = {letters(name) for entries in shipped_labels().values() for name in entries}
        for words in (lists.names, lists.hints, lists.building, lists.inside):
            assert len(set(map(letters, words))) == len(words)
            assert set(map(letters, words)) <= known
        assert not set(lists.names) & set(lists.hints)
        assert not set(lists.building) & set(lists.inside)

    def test_is_of_this_version_of_the_order(self) -> None:
        """Who changes labels.yaml or evidence.yaml gives another order: PRIORITISING_VERSION changes with them."""
        lists = (shipped_labels(), shipped_evidence().model_dump())
        digest = hashlib.sha256(json.dumps(lists, sort_keys=True).encode()).hexdigest()
        assert {PRIORITISING_VERSION: digest[:16]} == {"prioritise-3": "a3cfa4438b15f339"}

    @pytest.mark.parametrize("opener", ["pool", "villa", "city hotel", "beach", "suite", "bedroom", "lobby"])
    def test_what_travellers_want_comes_before_what_they_do_not(self, opener: str) -> None:
        """Façades, pools and rooms before kitchens, bathrooms, corridors, car parks, documents and faces."""
        behind = ("kitchen", "breakfast", "bathroom", "toilet", "corridor", "car park", "floor plan", "sign", "selfie")
        assert score(opener) > max(score(scene) for scene in (*behind, "dormitory"))

    def test_the_worst_are_toilets_documents_and_people(self) -> None:
        """They come after every other scene."""
        worst = ("toilet", "floor plan", "sign", "selfie")
        assert max(map(score, worst)) < min(score(scene) for scene in SCENES if scene not in worst)


class TestSettings:
    def test_change_one_entry_and_keep_the_rest(self) -> None:
        """`labels: {pool: {Swimming pool: 1}}` changes this entry only."""
        table = PrioritisingSettings.model_validate({"labels": {"pool": {"swimming pool": 1}}}).labels
        assert table["pool"]["swimming pool"] == 1
        assert "Swimming pool" not in table["pool"]
        assert table["bathroom"] == shipped_labels()["bathroom"]

    @pytest.mark.parametrize("spelling", ["four poster", "FOUR-POSTER", "fourposter"])
    def test_change_an_entry_in_whatever_spelling(self, spelling: str) -> None:
        """`four poster` is the shipped `Four-poster`; the entry has the spelling that was given."""
        table = PrioritisingSettings.model_validate({"labels": {"bedroom": {spelling: 1}}}).labels
        assert [name for name in table["bedroom"] if letters(name) == "fourposter"] == [spelling]

    def test_a_label_moves_to_the_kind_that_is_named(self) -> None:
        """A label has one kind; a new kind is a new section."""
        table = PrioritisingSettings.model_validate({"labels": {"ski": {"Chalet": 3, "Piste": 2}}}).labels
        assert table["ski"] == {"Chalet": 3, "Piste": 2}
        assert "Chalet" not in table["exterior"]
        assert "Chalet" in shipped_labels()["exterior"]

    @pytest.mark.parametrize(
        "bad",
        [
            {"labels": {"pool": {"Swimming pool": 5.1}}},
            {"labels": {"pool": {"Swimming pool": float("nan")}}},
            {"labels": {"pool": {"Swimming pool": "good"}}},
            {"labels": {"pool": {"": 1}}},
            {"labels": {"A kind": {"Swimming pool": 1}}},
            {"labels": {"pool": ["Swimming pool"]}},
            {"labels": {"pool": {"Sky": 1}, "view": {"sky": 2}}},
            {"labels": {"bedroom": {"Four-poster": 1, "four poster": 2}}},
            {"weights": {"size": 0.5, "partner": 0.5, "category": 0.5}},
            {"weights": {"size": -0.2, "partner": 0.6, "category": 0.6}},
            {"weights": {"size": float("nan"), "partner": 0.5, "category": 0.5}},
            {"weights": {"size": 0.2, "partner": 0.2, "category": 0.6, "luck": 0}},
            {"partner_scores": {"p": 1.5}},
            {"half_rank": 0},
            {"half_points": float("inf")},
            {"good_size_pixels": 0},
        ],
    )
    def test_impossible_values_are_refused(self, bad: dict[str, object]) -> None:
        """Weights that do not sum to 1 are an error and not scaled; a label with two strengths is an error, too."""
        with pytest.raises(ValidationError):
            PrioritisingSettings.model_validate(bad)

    def test_the_table_shapes_the_result(self) -> None:
        """Another strength gives another digest, so that hotels are ordered again; the same table does not."""
        changed = Settings.model_validate({"prioritising": {"labels": {"pool": {"Swimming pool": 1}}}})
        same = Settings.model_validate({"prioritising": {"labels": {"pool": {"Swimming pool": 3}}}})
        assert changed.digest() != Settings().digest() == same.digest()

    def test_written_out_and_read_again_they_are_the_same(self) -> None:
        """A dump of all settings is a valid settings file."""
        settings = Settings.model_validate({"prioritising": {"labels": {GENERAL_KIND: {"Chalet": 0}}}})
        assert Settings.model_validate(settings.model_dump(mode="json")) == settings
