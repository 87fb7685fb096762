"""The digest of settings: published hotels keep theirs, whatever table of labels a later program ships."""

from __future__ import annotations

import pytest

from image_release.label_digest import digested_labels
from image_release.settings import Settings


def digest(**labels: dict[str, float]) -> str:
    return Settings.model_validate({"prioritising": {"labels": labels}}).digest()


@pytest.mark.parametrize(
    ("labels", "of_version_0_2_0"),
    [
        pytest.param({}, "ee1eb61c84440f5e", id="nothing changed"),
        pytest.param({"pool": {"Swimming pool": 2}}, "a90a1205e5b17c4e", id="another strength"),
        pytest.param({"ski": {"Chalet": 3, "Piste": 2}}, "9e670096aacf9376", id="another kind"),
        pytest.param({"pool": {"swimming pool": 3}}, "f4af32e0e5670686", id="another spelling"),
        pytest.param({"general": {"Chalet": 0}}, "af20d4feb04112cb", id="no kind"),
    ],
)
def test_of_settings_of_version_0_2_0_stays(labels: dict[str, dict[str, float]], of_version_0_2_0: str) -> None:
    assert digest(**labels) == of_version_0_2_0


def test_goes_by_what_differs_from_the_shipped_table() -> None:
    """Saying what is shipped changes nothing; what version 0.2.0 shipped is a change now, like any other."""
    assert digest(food={"Food": -1.5}) == digest()
    assert len({digest(), digest(dining={"Food": -1}), digest(dining={"Food": -0.5})}) == 3


def test_does_not_see_words_that_a_later_table_adds() -> None:
    """With each table: its own entries changed to the same value have the same digest."""
    shipped = {"pool": {"Swimming pool": 3.0}}
    later = {"pool": {"Swimming pool": 2.5, "Plunge pool": 2.0}, "spa": {"Onsen": 1.0}}
    assert digested_labels(shipped, shipped) == digested_labels(later, later)
    mine = {"pool": {"Swimming pool": 1.0}}
    assert digested_labels(mine, shipped) == digested_labels({**later, **mine}, later)
