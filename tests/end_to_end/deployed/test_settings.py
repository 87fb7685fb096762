"""New settings take effect in a running suite within a minute, without a deployment; and unreadable ones do not."""

import json

import pytest

from samples.partners import sample_hotels
from tests.end_to_end.deployed.conftest import RENDITIONS

pytestmark = [pytest.mark.deployed, pytest.mark.timeout(1800)]

FIRST = sample_hotels()[0].hotel_id
SQUARE = {"name": "square-100", "width": 100, "height": 100}


@pytest.fixture
def stored(suite):
    """The settings as they are stored, which are stored again afterwards."""
    before = suite.read("inbox", "settings.yaml")
    yield json.loads(before)
    suite.put("inbox", "settings.yaml", before)
    suite.wait("the settings of before", lambda: sizes(suite) == {one["name"] for one in RENDITIONS})


def sizes(suite):
    """Process a hotel, and return the names of its renditions."""
    suite.call("process_hotel", {"hotel_id": FIRST})
    pictures = suite.manifest(FIRST)["pictures"]
    return {rendition["name"] for picture in pictures for rendition in picture["renditions"]}


def is_told(suite):
    """Whether the log says that stored settings cannot be used."""
    return any("stored settings cannot be used" in line for line in suite.log_lines("process_hotel"))


def test_another_size_is_rendered_without_a_deployment(suite, stored):
    """The functions are warm and have read the old settings; the manifest names the time of the new ones."""
    assert SQUARE["name"] not in sizes(suite)
    before = suite.manifest(FIRST)
    suite.put("inbox", "settings.yaml", json.dumps({**stored, "renditions": [*RENDITIONS, SQUARE]}))
    suite.wait("the new size", lambda: SQUARE["name"] in sizes(suite))
    after = suite.manifest(FIRST)
    assert after["settings"]["stored_at"] > before["settings"]["stored_at"]
    assert after["settings"]["digest"] != before["settings"]["digest"]


def test_settings_that_cannot_be_read_leave_the_last_ones_in_force(suite, stored):
    """It is told in the log, and hotels are processed as before."""
    before = sizes(suite)
    suite.put("inbox", "settings.yaml", "renditions: [nonsense")
    suite.wait("a word in the log", lambda: sizes(suite) and is_told(suite))
    assert sizes(suite) == before
    assert stored
