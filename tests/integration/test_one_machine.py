"""What `run` does on one machine beside processing hotels: due-markers, and a clock that was set back."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from image_release.one_machine.intake import Intake, apply_inbox, hand_in
from image_release.one_machine.run import update_workspace
from image_release.one_machine.workspace import Workspace
from image_release.settings import Settings
from image_release.state import leave_marker
from image_release.store_keys import DUE
from tests.integration.world import jpeg, photo

SMALL = {"renditions": [{"name": "only", "width": 320, "height": 240}]}


@pytest.fixture
def workspace(tmp_path):
    """An empty workspace, and a folder for photos that it may read."""
    (tmp_path / "photos").mkdir()
    return Workspace(tmp_path / "workspace", Settings.model_validate(SMALL), photos=(tmp_path / "photos",))


def put_photo(workspace, place, seed):
    path = workspace.photos[0] / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(jpeg(photo(seed, (480, 320))))


def listed_urls(workspace, hotel):
    path = workspace.root / "state/accommodations/p" / hotel / "images.json"
    return [image["url"].rpartition("/")[2] for image in json.loads(path.read_text())["images"]]


class TestSweepMarkers:
    def test_are_listed_once_and_forgotten_one_by_one(self, workspace):
        """Requests to the store grow with the number of markers, not with its square. A hotel is swept once."""
        for number in range(40):
            leave_marker(workspace.state, date(2026, 1, 1), "sweep", f"h{number}")
            leave_marker(workspace.state, date(2026, 1, 2), "sweep", f"h{number}")
        swept = []
        update_workspace(workspace, 1, Intake(), lambda result: swept.append(result.nudge.hotel_id), sweep_only=True)
        assert sorted(swept) == sorted(f"h{number}" for number in range(40))
        assert list(workspace.state.list(DUE)) == []
        assert workspace.counter.reads < 10
        assert workspace.counter.writes == 160  # eighty were left, and eighty deleted


class TestPhotosAfterTheClockWasSetBack:
    @pytest.mark.parametrize("lies_in", ["inbox", "state"])
    def test_replace_the_older_ones(self, workspace, lies_in):
        """The catalogue in force has a time in the future: the next one still sorts after it, by name and by time."""
        put_photo(workspace, "h1/p/a.jpg", 1)
        hand_in(workspace, workspace.photos[0], None, None)
        (now,) = (workspace.root / "inbox/catalogues/p").iterdir()
        later = (datetime.now(UTC) + timedelta(days=3000)).strftime("photos-%Y-%m-%dT%H%M%S.%fZ.jsonl")
        future = now.rename(now.with_name(later))
        apply_inbox(workspace)
        if lies_in == "state":
            future.unlink()
        put_photo(workspace, "h1/p/b.jpg", 2)
        hand_in(workspace, workspace.photos[0], None, None)
        intake = apply_inbox(workspace)
        assert (intake.problems, intake.warnings, len(intake.applied)) == ([], [], 1)
        assert listed_urls(workspace, "h1") == ["a.jpg", "b.jpg"]
