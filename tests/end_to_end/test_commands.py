"""The other commands: hotel, reprocess, status, estimate, sweep, gallery."""

import json
from datetime import UTC, datetime

import pytest


@pytest.fixture(scope="module")
def published_once(module_machine):
    """h1 has two copies of a photo and a broken image, h2 has one photo; both are published."""
    machine = module_machine
    lobby, again = machine.photo("/lobby.jpg", 1), machine.photo("/again.jpg", 1, (400, 267))
    broken = machine.serve("/broken.jpg", b"\xff\xd8\xff\xe0 not much of a JPEG")
    machine.catalogue("p", "v1", {"1": [lobby, broken], "2": [machine.photo("/pool.jpg", 2)]})
    machine.catalogue("q", "v1", {"1": [again]})
    machine.release("r1", {"h1": [("p", "1"), ("q", "1")], "h2": [("p", "2")]})
    machine.run()
    return machine


@pytest.fixture
def published(published_once, tmp_path):
    with published_once.copied(tmp_path) as machine:
        yield machine


class TestHotel:
    def test_lists_one_outcome_for_each_image(self, published):
        """Every image of the hotel is listed once, with its outcome, the position of its picture and the reason."""
        told = published.told("hotel", "h1")
        [report] = told["reports"]
        assert (report["hotel_id"], report["status"]) == ("h1", "unchanged")
        outcomes = {published.path(image["url"]): image["outcome"] for image in report["images"]}
        assert len(report["images"]) == 3
        assert sorted(outcomes) == ["/again.jpg", "/broken.jpg", "/lobby.jpg"]
        assert sorted(outcomes.values()) == ["merged", "published", "truncated"]
        assert {image["position"] for image in report["images"]} == {1, None}
        assert told["images"]["total"] == 3

    def test_tells_why_each_picture_has_its_place(self, published):
        """Kind, score and parts, for pictures alone."""
        [report] = published.told("hotel", "h1")["reports"]
        [picture] = [image for image in report["images"] if image["outcome"] == "published"]
        assert picture["kind"] is None
        assert set(picture["score"]["parts"]) == {"size", "partner", "category"}
        assert [image for image in report["images"] if "score" in image] == [picture]

    def test_repeats_what_is_forced(self, published):
        """`rerender` downloads nothing and writes the renditions under new keys, which the manifest names."""
        before, asked = published.manifest("h2"), len(published.site.asked)
        told = published.told("hotel", "h2", "--force", "rerender")
        assert (told["hotels"]["processed"], told["work"]["downloads"]) == (1, 0)
        assert told["work"]["renditions_written"] == 2
        assert published.manifest("h2")["seq"] == before["seq"] + 1
        assert len(published.site.asked) == asked

    def test_tells_people_in_lines(self, published):
        """Without `--json` each image has a line."""
        ended = published.call("hotel", "h1", "h2")
        assert ended.returncode == 0
        assert ended.stdout.count("/broken.jpg") == 1
        assert "#1 published" in ended.stdout


class TestReprocess:
    def test_says_what_it_would_do_and_does_nothing(self, published):
        """`--dry-run` names the hotels, estimates the cost and touches no file."""
        before = published.files()
        told = published.told("reprocess", "--country", "es", "--city", "BILBAO", "--dry-run")
        assert (told["hotels"], told["hotel_ids"], told["estimate"]["images"]) == (2, ["h1", "h2"], 4)
        assert published.files() == before

    def test_has_exact_progress(self, published):
        """After the request, `status` shows with the id of the request that each of its hotels is done."""
        told = published.told("reprocess", "--partner", "p", "--force", "redownload")
        assert told["hotels"] == {"processed": 2, "unchanged": 0, "failed": 0}
        request_id = told["request_id"]
        assert published.told("status", request_id) == {
            "request_id": request_id,
            "total": 2,
            "done": 2,
            "waiting": 0,
            "failed": 0,
        }
        assert published.told("status")["requests"] == [
            {"request_id": request_id, "total": 2, "done": 2, "waiting": 0, "failed": 0}
        ]
        assert f"{request_id}: 2 of 2 done, 0 failed" in published.call("status", request_id).stdout

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ((), "selects nothing"),
            (("--bbox", "1,2,3"), "four numbers"),
            (("--bbox", "0,50,1,40"), "south must not be above north"),
            (("--country", "Spain"), "countries"),
            (("--bbox", "100,0,110,10"), "matches no hotel"),
            (("--all", "--force", "everything"), "everything"),
        ],
    )
    def test_refuses_what_selects_nothing(self, published, words, said):
        """A request that makes no sense is wrong use: the exit status is 2."""
        ended = published.call("reprocess", *words)
        assert (ended.returncode, said in ended.stderr) == (2, True), ended.stderr


class TestStatus:
    def test_tells_what_is_in_force_and_what_came_out(self, published):
        """The release with its number of hotels, and the outcomes of the run."""
        told = published.told("status")
        assert told["release"] == {"release_id": "r1", "hotels": 2}
        [run] = told["runs"]
        assert (run["hotels"]["processed"], run["images"]["published"]) == (2, 2)
        assert (told["held"], told["requests"]) == ([], [])

    def test_of_an_unknown_request_is_wrong_use(self, published):
        """A mistyped id is an error."""
        ended = published.call("status", "yesterday")
        assert (ended.returncode, "no such request" in ended.stderr) == (2, True)


class TestEstimate:
    def test_counts_before_anything_runs(self, published):
        """Hotels and images are exact, and nothing is written."""
        before = published.files()
        told = published.told("estimate", "--hotel", "h1")
        assert (told["hotels"], told["images"], told["downloads"]) == (1, 3, 3)
        assert published.told("estimate")["images"] == 4
        assert published.files() == before


class TestSweep:
    def test_does_what_is_due_and_only_that(self, published):
        """The hotel of today's marker is processed and the marker deleted; a marker for a later day stays."""
        due = published.workspace / "state/due"
        today = datetime.now(UTC).date().isoformat()
        for day, hotel_id in ((today, "h1"), ("2999-01-01", "h2")):
            (due / day / "sweep").mkdir(parents=True)
            (due / day / "sweep" / hotel_id).write_bytes(b"")
        assert published.told("sweep", "--dry-run") == {"due": 1}
        assert published.told("sweep")["hotels"] == {"processed": 0, "unchanged": 1, "failed": 0}
        assert published.told("sweep", "--dry-run") == {"due": 0}
        assert (due / "2999-01-01/sweep/h2").is_file()


class TestGallery:
    def test_is_written_again_from_what_is_published(self, published):
        """Deleted pages are written again with the same bytes."""
        root = published.workspace / "published"
        pages = {path: path.read_bytes() for path in root.rglob("*.html")}
        assert len(pages) == 3
        for path in pages:
            path.unlink()
        assert published.told("gallery")["pages"] == 2
        assert {path: path.read_bytes() for path in root.rglob("*.html")} == pages


class TestJson:
    @pytest.mark.parametrize("words", [("status",), ("estimate",), ("gallery",), ("sweep",), ("hotel", "h1")])
    def test_is_one_document_and_nothing_else(self, published, words):
        """stdout is one line of JSON; stderr is empty."""
        ended = published.call(*words, "--json")
        assert (ended.returncode, ended.stderr, ended.stdout.count("\n")) == (0, "", 1)
        json.loads(ended.stdout)
