"""`run --dry-run` tells what a run would change, and writes nothing; `changes` tells what it changed then."""

import csv
import hashlib
import io
import json

import pytest
from click.testing import CliRunner

from image_release.cli import main
from tests.integration.world import jpeg, photo

SETTINGS = {"renditions": [{"name": "only", "width": 320, "height": 240}]}


class Folder:
    """Photos of two hotels, and a workspace in which they are published or not."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "settings.yaml").write_text(json.dumps(SETTINGS))
        for place, seed in (("h1/p/a", 1), ("h1/p/b", 2), ("h2/p/c", 3)):
            self.photo(place, seed)

    def photo(self, place, seed):
        path = self.folder / f"photos/{place}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jpeg(photo(seed, (480, 320))))

    def call(self, *words):
        named = ["--workspace", self.folder / "ws"]
        return CliRunner().invoke(main, [str(word) for word in (*words, *named)])

    def run(self, *words):
        photos = ["--photos", self.folder / "photos", "--settings", self.folder / "settings.yaml", "--tagger", "none"]
        ended = self.call("run", *photos, "--workers", "1", "--json", *words)
        assert ended.exit_code == 0, ended.output
        return json.loads(ended.stdout)

    def files(self):
        """Every file and folder: its bytes and when it was written."""
        return {
            path: (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).digest() if path.is_file() else b"")
            for path in self.folder.rglob("*")
        }


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """A dry run, a run, a change of the photos, a dry run and a run; and all files before and after each dry run."""
    folder = Folder(tmp_path_factory.mktemp("dry"))
    found = {"files": [folder.files()]}
    found["first dry"] = folder.run("--dry-run")
    found["files"].append(folder.files())
    folder.run()
    (folder.folder / "photos/h1/p/a.jpg").unlink()
    folder.photo("h1/p/d", 4)
    folder.photo("h3/p/e", 5)
    found["files"].append(folder.files())
    found["dry"] = folder.run("--dry-run")
    found["text"] = folder.call("run", "--photos", folder.folder / "photos", "--dry-run").output
    found["files"].append(folder.files())
    found["run"] = folder.run()
    found["folder"] = folder
    return found


class TestADryRun:
    def test_writes_nothing_not_even_a_new_workspace(self, ended):
        before, after, again, at_last = ended["files"]
        assert before == after
        assert again == at_last

    def test_of_a_new_workspace_tells_that_all_is_new(self, ended):
        told = ended["first dry"]
        assert told["hotels"] == {"new": 2, "changed": 0, "departed": 0, "due": 0, "unchanged": 0}
        assert told["urls"] == {"p": {"new": 3, "updated": 0, "deleted": 0}}
        assert (told["estimate"]["images"], told["estimate"]["tagger"]) == (3, "none")

    def test_tells_what_the_run_does_then(self, ended):
        told = ended["dry"]
        assert told["hotels"] == {"new": 1, "changed": 1, "departed": 0, "due": 0, "unchanged": 1}
        assert told["hotel_ids"] == {"new": ["h3"], "changed": ["h1"]}
        assert told["urls"] == {"p": {"new": 2, "updated": 0, "deleted": 1}}
        assert ended["run"]["hotels"] == {"processed": 2, "unchanged": 1, "failed": 0}

    def test_says_so_to_a_person(self, ended):
        assert "dry run: nothing was written" in ended["text"]
        assert "partner  p: 2 URLs new, 0 updated, 1 deleted" in ended["text"]


class TestChanges:
    def test_tell_what_the_last_run_changed(self, ended):
        told = json.loads(ended["folder"].call("changes", "--json").stdout)
        assert (told["kind"], told["finished"], told["totals"]["hotels"]) == ("run", True, 2)
        assert [(hotel["hotel_id"], hotel["what"]) for hotel in told["hotels"]] == [
            ("h1", "lost pictures"),
            ("h3", "new"),
        ]

    def test_are_a_csv_without_formulas(self, ended):
        told = ended["folder"].call("changes", "--csv").stdout
        rows = list(csv.DictReader(io.StringIO(told)))
        assert [(row["hotel_id"], row["gained"], row["lost"]) for row in rows] == [("h1", "1", "1"), ("h3", "1", "0")]

    def test_are_told_to_a_person_up_to_a_limit(self, ended):
        told = ended["folder"].call("changes", "--limit", "1").stdout
        assert "hotels   2 changed" in told
        assert "… and 1 more hotels" in told

    def test_of_an_unknown_name_tell_the_latest_ones(self, ended):
        told = ended["folder"].call("changes", "n\x1bope")
        assert told.exit_code == 2
        assert "n\\x1bope: no run, request or release" in told.stderr.replace("\n", "")
        assert "the latest: 2" in told.stderr
