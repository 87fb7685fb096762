"""Wrong input and wrong use: reported by file, line, value and rule; the rest is processed; nothing is lost."""

import gzip
import json

import pytest

HEADER = "hotel_id,name,country,city,latitude,longitude,accommodations"


@pytest.fixture(scope="module")
def published_once(module_machine):
    """h1 and h2 with one image each, both published."""
    machine = module_machine
    machine.catalogue("p", "v1", {"1": [machine.photo("/1.jpg", 1)], "2": [machine.photo("/2.jpg", 2)], "3": []})
    machine.release("r1", {"h1": [("p", "1")], "h2": [("p", "2")]})
    machine.run()
    return machine


@pytest.fixture
def two_hotels(published_once, tmp_path):
    with published_once.copied(tmp_path) as machine:
        yield machine


class TestBadLines:
    def test_of_a_release_are_reported_and_the_rest_is_processed(self, two_hotels):
        """One line has a bad coordinate, one repeats a hotel: the exit status is 1, and each line is reported with its
        rule. h1, whose line is bad, stays as it is; the good new line is published."""
        rows = [
            HEADER,
            "h1,Hotel h1,ES,Bilbao,north,-2.9,p:1",
            "h2,Hotel h2,ES,Bilbao,43.2,-2.9,p:2",
            "h2,Again,ES,Bilbao,43.2,-2.9,p:1",
            "h3,Hotel h3,ES,Bilbao,43.2,-2.9,p:3",
        ]
        two_hotels.hand_in("releases/r2.csv", "\n".join(rows) + "\n")
        told = two_hotels.run(status=1)
        places = [problem.split(" ")[0] for problem in told["problems"]]
        assert "releases/r2.csv:2:" in places
        assert "releases/r2.csv:4:" in places
        assert any("'north'" in problem for problem in told["problems"])
        assert two_hotels.pictures("h1") == ["/1.jpg"]
        assert two_hotels.pictures("h2") == ["/2.jpg"]
        assert two_hotels.manifest("h1")["withdrawn"] is False

    def test_of_a_catalogue_never_delete(self, two_hotels):
        """The line of accommodation 1 is cut off: the file adds images, but it deletes none of any accommodation."""
        images = [{"url": two_hotels.photo(path, seed)} for path, seed in (("/2.jpg", 2), ("/3.jpg", 3))]
        new = {"accommodation_id": "2", "images": images}
        two_hotels.hand_in("catalogues/p/v2.jsonl", '{"accommodation_id": "1", "ima\n' + json.dumps(new) + "\n")
        ended = two_hotels.call("run")
        assert ended.returncode == 1
        assert "error: catalogues/p/v2.jsonl:1: " in ended.stderr
        assert two_hotels.pictures("h1") == ["/1.jpg"]
        assert sorted(two_hotels.pictures("h2")) == ["/2.jpg", "/3.jpg"]

    def test_of_overrides_are_reported_and_the_others_are_applied(self, two_hotels):
        """A decision that cannot be read is reported with its line; the other decisions are applied."""
        sha256 = two_hotels.manifest("h1")["pictures"][0]["best"]["sha256"]
        hide = json.dumps({"action": "hide", "images": [sha256]})
        two_hotels.hand_in("overrides/h1.jsonl", f'{{"action": "burn", "images": ["{sha256}"]}}\n{hide}\n')
        told = two_hotels.run(status=1)
        assert told["images"]["hidden"] == 1
        assert any(problem.startswith("overrides/h1.jsonl:1: ") for problem in told["problems"])

    def test_never_move_a_terminals_cursor(self, two_hotels):
        """Control characters of a bad line are escaped in the report."""
        two_hotels.hand_in("releases/r2.csv", f"{HEADER}\n\x1b[2Jh1,\x1b[31mred,ES,Bilbao,\x1b]0;x\x07,-2.9,p:1\n")
        ended = two_hotels.call("run")
        assert ended.returncode == 1
        assert "\x1b" not in ended.stdout + ended.stderr
        assert two_hotels.pictures("h1") == ["/1.jpg"]


class TestFilesThatCannotBeRead:
    def test_change_nothing(self, two_hotels):
        """A release without its columns and a catalogue that is no gzip file: exit 1, both named, no hotel changed."""
        two_hotels.hand_in("releases/r2.csv", "id;name\nh1;x\n")
        two_hotels.hand_in("catalogues/p/v2.jsonl.gz", "this is no gzip")
        told = two_hotels.run(status=1)
        named = {problem.split(":")[0] for problem in told["problems"]}
        assert named == {"releases/r2.csv", "catalogues/p/v2.jsonl.gz"}
        assert told["hotels"] == {"processed": 0, "unchanged": 2, "failed": 0}

    @pytest.mark.parametrize(
        "damage", [lambda g: g[: len(g) // 2], lambda g: g[:10] + b"\xff" * 9 + g[19:], lambda g: g[:-8]]
    )
    @pytest.mark.parametrize("file", ["releases/r2.csv.gz", "catalogues/p/v2.jsonl.gz"])
    def test_because_their_gzip_is_damaged_change_nothing(self, two_hotels, file, damage):
        """Cut off, damaged at the start, or without checksum: status 1, the file is named, no hotel changed."""
        lines = [json.dumps({"accommodation_id": str(number), "images": []}) for number in range(500)]
        rows = [HEADER, *(f"n{number},N,ES,B,,," for number in range(500))]
        path = two_hotels.workspace / "inbox" / file
        path.write_bytes(damage(gzip.compress("\n".join(rows if "csv" in file else lines).encode())))
        told = two_hotels.run(status=1)
        assert [problem.split(":")[0] for problem in told["problems"]] == [file]
        assert "not a whole gzip file" in told["problems"][0]
        assert told["hotels"] == {"processed": 0, "unchanged": 2, "failed": 0}


class TestWrongUse:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("filter:\n  max_pixels: many\n", ["filter.max_pixels", "'many'", "integer"]),
            ("filtre: {}\n", ["filtre", "not permitted"]),
            ("- a list\n", ["must be a mapping"]),
            ("filter: [\n", ["cannot be read"]),
        ],
    )
    def test_of_settings_names_file_path_value_and_rule(self, machine, text, said):
        """With wrong settings the exit status is 2, and nothing is done."""
        file = machine.folder / "wrong.yaml"
        file.write_text(text, encoding="utf-8")
        ended = machine.call("run", "--settings", str(file))
        assert ended.returncode == 2
        assert [part for part in ("wrong.yaml", *said) if part not in ended.stderr] == []
        assert not machine.workspace.exists()

    def test_of_an_unknown_hotel_is_reported(self, two_hotels):
        """With a hotel that is neither in the release nor published the exit status is 2, and nothing is written."""
        ended = two_hotels.call("hotel", "h9", "h1")
        assert ended.returncode == 2
        assert "unknown hotel: h9" in ended.stderr
        assert not (two_hotels.workspace / "published/hotels/h9").exists()

    @pytest.mark.parametrize("words", [("hotel", "h1"), ("status",), ("sweep",), ("gallery",), ("estimate",)])
    def test_of_a_workspace_that_does_not_exist_is_reported(self, machine, words):
        """A mistyped workspace is not an empty one: the exit status is 2, and no folder is made."""
        ended = machine.call(*words)
        assert ended.returncode == 2
        assert "no such folder" in ended.stderr
        assert not machine.workspace.exists()

    def test_is_not_a_run_on_an_empty_workspace(self, machine):
        """Without any input there is nothing to do, and that is not a failure."""
        assert machine.run()["hotels"] == {"processed": 0, "unchanged": 0, "failed": 0}
