"""`image-release run`: publishes the hotels of catalogues and a Data Release; a second run has nothing to do."""

import json
import os
import pty
import re
import subprocess
from contextlib import suppress
from datetime import datetime

import pytest

from image_release.edition import PROGRAM
from tests.end_to_end.machine import assert_whole
from tests.integration.world import jpeg, photo


@pytest.fixture
def two_hotels(machine):
    hand_in_two_hotels(machine)
    return machine


@pytest.fixture(scope="module")
def first_run(module_machine):
    """A machine after the first run of both hotels, and what that run told. Tests change neither."""
    hand_in_two_hotels(module_machine)
    return module_machine, module_machine.run()


@pytest.fixture
def published(first_run, tmp_path):
    """Both hotels after their first run."""
    with first_run[0].copied(tmp_path) as machine:
        yield machine


def hand_in_two_hotels(machine):
    """h1 has two partners that share a photo, h2 has one partner. One image is too small, and one file is no image."""
    shared = machine.photo("/a/lobby.jpg", 1)
    again = machine.photo("/b/lobby.jpg", 1, (360, 240))
    pool = machine.photo("/a/pool.jpg", 2)
    tiny = machine.photo("/b/tiny.jpg", 3, (90, 60))
    page = machine.serve("/b/page.jpg", b"<html>no image here</html>")
    bar = machine.photo("/b/bar.jpg", 4)
    machine.catalogue("a", "2026-11-01", {"1": [shared, pool]})
    machine.catalogue("b", "2026-11-01", {"$abc": [again, tiny, page], "x/y": [bar]})
    machine.release("2026-11-01", {"h1": [("a", "1"), ("b", "$abc")], "h2": [("b", "x/y")]})


class TestFirstRun:
    def test_publishes_every_hotel(self, first_run):
        """Every hotel of the release gets its distinct pictures, a page and an entry in the index."""
        machine, told = first_run
        assert told["hotels"] == {"processed": 2, "unchanged": 0, "failed": 0}
        assert sorted(machine.pictures("h1")) == ["/a/lobby.jpg", "/a/pool.jpg"]
        assert machine.pictures("h2") == ["/b/bar.jpg"]
        assert assert_whole(machine.workspace) == 2
        index = (machine.workspace / "published/index.html").read_text(encoding="utf-8")
        assert "Hotel h1" in index
        assert told["gallery"] == str(machine.workspace / "published/index.html")

    def test_gives_every_image_one_outcome(self, first_run):
        """The counts of the outcomes add up to the number of images in the catalogues."""
        images = first_run[1]["images"]
        assert images == {"total": 6, "published": 3, "merged": 1, "too_small": 1, "not_an_image": 1}

    def test_counts_the_work_that_was_done(self, first_run):
        """Each URL is downloaded once; two renditions of three pictures are written."""
        work = first_run[1]["work"]
        assert (work["downloads"], work["renditions_written"], work["tagged"]) == (6, 6, 0)
        assert len(first_run[0].site.asked) == 6

    def test_tells_a_person_the_same(self, two_hotels):
        """Without `--json` the run prints a summary for people; stderr only tells which settings it stores."""
        ended = two_hotels.call("run")
        assert (ended.returncode, ended.stderr.count("\n")) == (0, 1)
        assert ended.stderr.startswith("settings: stored for this workspace")
        assert "hotels   2 processed, 0 unchanged, 0 failed" in ended.stdout
        assert "index.html" in ended.stdout

    def test_shows_progress_on_a_terminal_and_nowhere_else(self, two_hotels):
        """stderr shows hotels, images, a rate and the time left; stdout is the same as without a terminal."""
        master, terminal = pty.openpty()
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
        process = subprocess.Popen(
            two_hotels.arguments("run"), stdout=subprocess.PIPE, stderr=terminal, text=True, env=environment
        )
        os.close(terminal)
        shown = b""
        with (
            suppress(OSError),
            os.fdopen(master, "rb", buffering=0) as screen,
        ):  # reading ends with an OSError when the process has closed the terminal
            while chunk := screen.read(4096):
                shown += chunk
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        assert "\x1b" not in out
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
        last = [line for line in re.split(r"[\r\n]+", text) if "hotels" in line][-1]
        images, rate = re.search(r"2/2 (\d+) images · ([\d.]+) images/s", last).groups()
        assert int(images) == sum(told for told in two_hotels.run()["images"].values()) // 2
        assert float(rate) > 0


class TestSecondRun:
    def test_finds_every_hotel_unchanged_and_writes_nothing(self, published):
        """Nothing is downloaded, decoded, tagged or written: no file of the workspace is touched."""
        before, asked = published.files(), len(published.site.asked)
        told = published.run()
        assert told["hotels"] == {"processed": 0, "unchanged": 2, "failed": 0}
        work = told["work"]
        assert [work[name] for name in ("downloads", "decodes", "tagged", "renditions_written", "store_writes")] == (
            [0] * 5
        )
        assert published.files() == before
        assert len(published.site.asked) == asked

    def test_counts_images_as_the_first_did(self, first_run, published):
        """The outcomes of an unchanged hotel are counted as well."""
        assert published.run()["images"] == first_run[1]["images"]


class TestSameInputs:
    def test_give_the_same_bytes(self, published, tmp_path):
        """Two workspaces with the same inputs publish the same manifests, except for `published_at`."""
        first = [published.manifest(name) for name in ("h1", "h2")]
        inbox, published.workspace = published.workspace / "inbox", tmp_path / "other"
        published.workspace.mkdir()
        inbox.rename(published.workspace / "inbox")
        published.run("--workers", "1")
        second = [published.manifest(name) for name in ("h1", "h2")]
        for manifest in first + second:
            del manifest["published_at"]
            for entry in manifest["pending"]:
                del entry["not_before"]  # it counts from the moment of the run
        assert json.dumps(second) == json.dumps(first)


class TestTheEdition:
    """Which program made a manifest, and since when its settings are stored."""

    def test_is_in_the_manifest(self, published):
        """The run that stores the settings says so, too."""
        manifest = published.manifest("h1")
        stored = (published.workspace / "inbox" / "settings.yaml").stat().st_mtime
        assert datetime.fromisoformat(manifest["settings"]["stored_at"]).timestamp() == pytest.approx(stored, abs=1e-5)
        assert (manifest["program"], "epoch" in manifest) == (PROGRAM, False)

    def test_alone_changes_no_manifest(self, published):
        """The same settings, stored later: no hotel is processed."""
        before = published.files()
        os.utime(published.workspace / "inbox" / "settings.yaml")
        assert published.run()["hotels"] == {"processed": 0, "unchanged": 2, "failed": 0}
        manifests = [name for name in before if name.endswith("manifest.json")]
        assert manifests
        assert {name: published.files()[name] for name in manifests} == {name: before[name] for name in manifests}

    def test_of_a_file_of_the_command_line_has_no_time(self, published):
        """It holds for that command and is not stored. A run puts the stored settings in force again."""
        other = published.settings.with_name("other.yaml")
        document = json.loads(published.settings.read_text(encoding="utf-8"))
        other.write_text(json.dumps({**document, "publishing": {"max_pictures": 1}}), encoding="utf-8")
        stored, published.settings = published.settings, other
        published.told("hotel", "h1")
        assert published.manifest("h1")["settings"]["stored_at"] is None
        assert len(published.pictures("h1")) == 1
        published.settings = stored
        assert published.run()["hotels"]["processed"] == 1
        assert published.manifest("h1")["settings"]["stored_at"] is not None


class TestFilesNamedOnTheCommandLine:
    def test_are_handed_in(self, machine, tmp_path):
        """`--release` and `--catalogues` copy files into the inbox; the same bytes are copied only once."""
        url = machine.photo("/1.jpg", 1)
        outside = tmp_path / "handed"
        (outside / "cats/a").mkdir(parents=True)
        line = json.dumps({"accommodation_id": "1", "images": [{"url": url}]})
        (outside / "cats/a/v1.jsonl").write_text(line, encoding="utf-8")
        (outside / "r1.csv").write_text(
            "accommodations,hotel_id,name,country,city,latitude,longitude,stars\na:1,h1,Hotel,ES,Bilbao,,,4\n",
            encoding="utf-8",
        )
        words = ("--release", str(outside / "r1.csv"), "--catalogues", str(outside / "cats"))
        first = machine.run(*words)
        assert machine.pictures("h1") == ["/1.jpg"]
        assert len(first["warnings"]) == 1
        assert "stars" in first["warnings"][0]
        second = machine.run(*words)
        assert (second["hotels"]["unchanged"], second["work"]["store_writes"]) == (1, 0)

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("--release", "notes.txt"), "named <release_id>.csv"),
            (("--catalogues", "empty"), "no catalogues found"),
            (("--photos", "nowhere"), "nowhere"),
            (("--tagger", "magic"), "must be none, local, google, google+local or recorded"),
            (("--tagger", "recorded:nothing.jsonl"), "nothing.jsonl"),
        ],
    )
    def test_must_be_what_they_should_be(self, machine, words, said):
        """A file or a tagger that cannot be used is wrong use: the exit status is 2, and stderr names it."""
        (machine.folder / "notes.txt").write_text("hello", encoding="utf-8")
        (machine.folder / "empty").mkdir()
        ended = machine.call("run", *words)
        assert ended.returncode == 2
        assert said in ended.stderr


class TestPhotosFolder:
    def test_becomes_hotels(self, machine, tmp_path):
        """FOLDER/<hotel>/<partner>/<file> is published, whatever the names of the folders; a second run is idle."""
        photos = tmp_path / "photos"
        files = (("h 1", "a&b", "é.jpg", 1), ("h 1", "c", "x.jpg", 1), ("<b>", "c", "1.jpg", 2))
        for hotel, partner, name, seed in files:
            (photos / hotel / partner).mkdir(parents=True, exist_ok=True)
            (photos / hotel / partner / name).write_bytes(jpeg(photo(seed).resize((480, 320))))
        told = machine.run("--photos", str(photos))
        assert told["images"] == {"total": 3, "published": 2, "merged": 1}
        assert len(machine.manifest("h 1")["pictures"]) == 1
        assert len(machine.manifest("<b>")["pictures"]) == 1
        before = machine.files()
        assert machine.run("--photos", str(photos))["hotels"]["unchanged"] == 2
        assert machine.files() == before

    def test_is_the_only_folder_that_file_urls_can_reach(self, machine, tmp_path):
        """A `file:` URL in a catalogue cannot reach a file outside the photos folder."""
        secret = tmp_path / "secret.jpg"
        secret.write_bytes(jpeg(photo(1).resize((480, 320))))
        machine.catalogue("a", "v1", {"1": [secret.as_uri()]})
        machine.release("r1", {"h1": [("a", "1")]})
        told = machine.run()
        assert told["images"].get("published", 0) == 0
        assert set(told["images"]) - {"total"} <= {"forbidden_address", "bad_url"}


class TestTaggerThatFails:
    def test_leaves_the_hotel_published_and_says_so(self, machine, monkeypatch):
        """With Google and without credentials every picture is shown. The run, the manifest and the page tell why there
        are no labels. A later run with a tagger adds the labels without a download."""
        monkeypatch.setenv("HOME", str(machine.folder))
        monkeypatch.setenv("NO_GCE_CHECK", "true")  # else Google's client searches for a server of its cloud, and waits
        monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
        url = machine.photo("/lobby.jpg", 1)
        machine.catalogue("a", "v1", {"1": [url]})
        machine.release("r1", {"h1": [("a", "1")]})
        ended = machine.call("run", "--tagger", "google")
        assert ended.returncode == 0
        *_, warning = ended.stderr.splitlines()  # after what is said of the tagger that is stored
        assert warning.startswith("warning: 1 hotels are published without labels for now: ")
        assert "credentials" in warning
        assert machine.pictures("h1") == ["/lobby.jpg"]
        [pending] = [entry for entry in machine.manifest("h1")["pending"] if entry["kind"] == "tag"]
        assert "credentials" in pending["reason"]
        assert "credentials" in (machine.workspace / "published/hotels/h1/index.html").read_text(encoding="utf-8")
        told = machine.run("--tagger", "google")
        assert told["untagged"] == [{"reason": pending["reason"], "hotels": 1}]
        labels = machine.folder / "labels.jsonl"
        labels.write_text(
            json.dumps({"url": url, "labels": [{"description": "Lobby", "score": 0.9}]}), encoding="utf-8"
        )
        told = machine.run("--tagger", f"recorded:{labels}")
        assert (told["untagged"], told["work"]["tagged"], told["work"]["downloads"]) == ([], 1, 0)


class TestRecordedLabels:
    def test_order_the_pictures(self, machine):
        """With recorded labels a façade comes before a bathroom, whatever the order of the partner."""
        bath, facade = machine.photo("/bath.jpg", 1), machine.photo("/facade.jpg", 2)
        machine.catalogue("a", "v1", {"1": [bath, facade]})
        machine.release("r1", {"h1": [("a", "1")]})
        said = {bath: ("Bathroom", "Toilet"), facade: ("Building", "Hotel")}
        lines = [{"url": url, "labels": [{"description": d, "score": 0.9} for d in said[url]]} for url in said]
        (machine.folder / "labels.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
        told = machine.run("--tagger", f"recorded:{machine.folder / 'labels.jsonl'}")
        assert (told["work"]["tagged"], list(told["tagged_by"].values())) == (2, [2])
        assert machine.pictures("h1") == ["/facade.jpg", "/bath.jpg"]
