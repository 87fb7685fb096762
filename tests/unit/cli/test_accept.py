"""`accept` and `status`: what is held is told with a command that lets it through, and nothing else is accepted."""

import json
import shlex

import pytest
from click.testing import CliRunner

from image_release.cli import main
from image_release.ingest.catalogues import apply_catalogue
from image_release.ingest.releases.applying import apply_release
from image_release.settings import Settings
from image_release.storage import FolderStore
from tests.unit.ingest.test_release import HEADER, NOW, row


class Desk:
    """A workspace with a partner `bed bank` and three hotels, and the command line in this process."""

    def __init__(self, root) -> None:
        self.root = root
        self.inbox, self.state = FolderStore(root / "inbox"), FolderStore(root / "state")
        self.release("r1", "123")
        self.catalogue("1", {"a": ["u1"], "b": ["u2"]})

    def release(self, release_id, numbers):
        key = f"releases/{release_id}.csv"
        self.inbox.put(key, "".join(f"{line}\n" for line in [HEADER, *map(row, numbers)]).encode())
        return apply_release(self.inbox, self.state, key, Settings(), NOW)

    def catalogue(self, version, lists):
        key = f"catalogues/bed%20bank/{version}.jsonl"
        documents = ({"accommodation_id": a, "images": [{"url": url} for url in urls]} for a, urls in lists.items())
        self.inbox.put(key, "".join(f"{json.dumps(document)}\n" for document in documents).encode())
        return apply_catalogue(self.inbox, self.state, key, Settings())

    def call(self, *words):
        return CliRunner().invoke(main, [*words, "--workspace", str(self.root)])

    @property
    def held(self):
        return json.loads(self.call("status", "--json").stdout)["held"]


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path / "my work")


class TestWhatIsHeld:
    def test_is_told_with_a_command_that_lets_it_through(self, desk):
        desk.catalogue("2", {"c": ["u3"]})
        desk.release("r2", "9")
        for told in desk.held:
            assert (told["accepted"], told["reason"]) == (False, "everything would go")
            program, *words = shlex.split(told["accept"])
            assert (program, CliRunner().invoke(main, words).exit_code) == ("image-release", 0)
        assert [told["accepted"] for told in desk.held] == [True, True]
        assert "accepted  catalogue bed bank 2: 2 of 2 go with the next run" in desk.call("status").stdout
        desk.catalogue("2", {"c": ["u3"]})
        desk.release("r2", "9")
        assert desk.held == []

    def test_is_accepted_for_the_newest_catalogue(self, desk):
        """Of two that are held the newer one is told, whatever their order."""
        for version in "232":
            desk.catalogue(version, {"c": ["u3"]})
        assert [told["id"] for told in desk.held] == ["bed bank 3"]
        assert "held is bed bank 3" in desk.call("accept", "catalogue", "bed bank", "2").stderr

    def test_is_the_older_catalogue_once_the_newer_file_is_taken_away(self, desk):
        desk.catalogue("3", {"c": ["u3"]})
        desk.inbox.delete("catalogues/bed%20bank/3.jsonl")
        desk.catalogue("2", {"c": ["u3"]})
        assert [told["id"] for told in desk.held] == ["bed bank 2"]


class TestWhatIsNotHeld:
    @pytest.mark.parametrize(
        "words",
        [
            ("catalogue", "bed bank", "1"),
            ("catalogue", "bed bank", "9"),
            ("catalogue", "nobody", "1"),
            ("catalogue", "", "1"),
            ("catalogue", "../..", "1"),
            ("catalogue", "bed bank", "gone-2026-11-02"),
            ("catalogue", "bed bank", "gone-yesterday"),
            ("release", "r1"),
            ("release", "\x1b[2J"),
            ("release", "../r1"),
        ],
    )
    def test_cannot_be_accepted(self, desk, words):
        """The exit status is 2, and nothing is written: it must not let something through later."""
        ended = desk.call("accept", *words)
        assert (ended.exit_code, list(desk.inbox.list("accepts/"))) == (2, [])
        assert "\x1b" not in ended.output

    def test_any_more_because_an_earlier_version_held_it_has_to_run_first(self, desk):
        desk.state.put("releases/r2/held.json", b'{"identifier": "r2", "leaving": 1, "of": 9, "limit": 0.05}')
        ended = desk.call("accept", "release", "r2")
        assert (ended.exit_code, "image-release run" in ended.output) == (2, True)


def test_images_that_were_held_on_a_day_are_listed_and_accepted_by_that_day(desk):
    record = {"partner_id": "bed bank", "day": "2026-11-02", "leaving": 9, "of": 10, "limit": 0.3, "reason": "gone"}
    desk.state.put("gone/bed%20bank/held/2026-11-02", json.dumps(record).encode())
    assert "accept catalogue 'bed bank' gone-2026-11-02" in desk.call("status").output
    assert desk.call("accept", "catalogue", "bed bank", "gone-2026-11-02").exit_code == 0
    accepted = json.loads(desk.inbox.get("accepts/catalogues/bed%20bank/gone-2026-11-02").data)
    assert list(accepted) == ["at"]
    assert "accepted  catalogue bed bank gone-2026-11-02: 9 of 10 go" in desk.call("status").output
