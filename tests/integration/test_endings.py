"""What a run could not do is counted, told and listed; nothing to do is said."""

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from image_release.cli import main
from image_release.problems import cell
from tests.integration.world import Site, jpeg, photo

HEAD = "hotel_id,name,country,city,latitude,longitude,accommodations\n"
SETTINGS = {
    "download": {"allowed_networks": ["127.0.0.0/8"], "max_attempts": 1, "back_off_s": 0},
    "renditions": [{"name": "only", "width": 320, "height": 240}],
}


class Machine:
    """A workspace, its partners' server, and the command line in this process."""

    def __init__(self, folder):
        self.folder, self.site = folder, Site()
        (folder / "settings.yaml").write_text(json.dumps(SETTINGS), encoding="utf-8")

    def hand_in(self, key, text):
        path = self.folder / "ws" / "inbox" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def catalogue(self, partner, version, **accommodations):
        lines = [
            {
                "accommodation_id": name,
                "images": [{"url": self.site.address + path, "version": version} for path in paths],
            }
            for name, paths in accommodations.items()
        ]
        self.hand_in(f"catalogues/{partner}/{version}.jsonl", "".join(json.dumps(line) + "\n" for line in lines))

    def call(self, *words):
        options = ["--workspace", self.folder / "ws", "--settings", self.folder / "settings.yaml"]
        workers = ["--workers", "1"] if words[0] in ("run", "hotel") else []
        return CliRunner().invoke(main, [str(word) for word in (*words, *workers, *options)])

    def run(self, *words):
        """Exit status and document of `run --json`, or of another command."""
        ended = self.call(*(words or ("run",)), "--json")
        return ended.exit_code, json.loads(ended.stdout)


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    """Partner p is well, q is down, r has an accommodation that no hotel claims; h3 names one that no catalogue has."""
    machine = Machine(tmp_path_factory.mktemp("endings"))
    for number in range(2):
        machine.site.files[f"/{number}.jpg"] = jpeg(photo(number, (480, 320)))
    machine.site.files["/=down.jpg"] = 503
    machine.site.files["/down2.jpg"] = 503
    machine.catalogue("p", "v1", a=["/0.jpg"], b=["/1.jpg"])
    machine.catalogue("q", "v1", a=["/=down.jpg", "/down2.jpg"])
    machine.catalogue("r", "v1", left=[])
    machine.hand_in("releases/r1.csv", f"{HEAD}h1,One,ES,B,,,p:a;q:a\nh2,Two,ES,B,,,p:b\nh3,Three,ES,B,,,q:none\n")
    machine.first = machine.run()
    yield machine
    machine.site.close()


def rows(told):
    return list(csv.DictReader(io.StringIO(Path(told["problems_csv"]).read_text(encoding="utf-8"))))


class TestTheFirstRun:
    def test_ends_with_1_for_images_that_did_not_come(self, machine):
        status, told = machine.first
        assert status == 1
        assert (told["images"]["unavailable"], told["partners_down"], told["nothing_to_do"]) == (2, ["q"], False)

    def test_counts_what_it_warns_of(self, machine):
        told = machine.first[1]
        assert told["missing_catalogues"] == 1
        assert told["unclaimed_accommodations"] == 1
        assert told["hotels_without_pictures"] == 1

    def test_lists_each_in_problems_csv(self, machine):
        listed = [tuple(row.values()) for row in rows(machine.first[1])]
        address = machine.site.address
        assert [row[:4] for row in sorted(listed)] == [
            ("", "", "h3", "no_pictures"),
            ("", "q", "", "partner_down"),
            ("", "q", "h3", "no_catalogue"),
            ("", "r", "", "no_hotel"),
            (f"{address}/=down.jpg", "q", "h1", "unavailable"),
            (f"{address}/down2.jpg", "q", "h1", "unavailable"),
        ]
        assert all(row[4] for row in listed)

    def test_tells_a_person_and_names_the_file(self, machine):
        """The next run finds nothing new: its list is the same file, and every hotel is up to date."""
        ended = machine.call("run")
        assert ended.exit_code == 1
        assert "error: 2 images could not be fetched or decoded" in ended.stderr
        assert "error: partner q is down: none of its 2 images came" in ended.stderr
        assert "warning: 1 accommodations of the release are in no catalogue" in ended.stderr
        assert "warning: 1 accommodations of catalogues belong to no hotel" in ended.stderr
        assert "warning: 1 hotels have no pictures" in ended.stderr
        assert "nothing to do: every hotel is up to date" in ended.stdout
        assert f"problems {machine.first[1]['problems_csv']}" in ended.stdout


class TestAForcedDownloadThatFails:
    def test_ends_with_1_though_the_last_good_copy_is_shown(self, machine):
        machine.site.files["/1.jpg"] = 503
        status, told = machine.run("hotel", "h2", "--force", "redownload")
        assert (status, told["images"], told["kept"]) == (1, {"total": 1, "published": 1}, 1)
        status, told = machine.run()
        (row,) = [row for row in rows(told) if row["hotel"] == "h2"]
        assert (status, row["outcome"]) == (1, "unavailable")
        assert row["reason"].startswith("the last good copy is shown; unavailable: ")


class TestWarningsAlone:
    def test_end_with_0(self, tmp_path):
        machine = Machine(tmp_path)
        machine.catalogue("r", "v1", left=[])
        machine.hand_in("releases/r1.csv", f"{HEAD}h3,Three,ES,B,,,q:none\n")
        status, told = machine.run()
        machine.site.close()
        assert (status, {row["outcome"] for row in rows(told)}) == (0, {"no_pictures", "no_catalogue", "no_hotel"})


class TestNothingToDo:
    def test_is_said_where_nothing_was_ever_handed_in(self, tmp_path):
        ended = CliRunner().invoke(main, ["run", "--workspace", str(tmp_path / "ws")])
        assert ended.exit_code == 0
        assert "nothing to do: no hotel is known; hand in a Data Release" in ended.stdout
        assert "problems" not in ended.stdout


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_is_no_formula(start):
    assert cell(f"{start}1+1").startswith("'")
    assert cell(f"1{start}") == f"1{start}".replace("\t", "\\t").replace("\r", "\\r")


def test_a_cell_moves_no_cursor_and_stays_one_cell():
    out = io.StringIO()
    csv.writer(out).writerow([cell('a\x1b[2J\n",b')])
    assert out.getvalue() == '"a\\x1b[2J\\n"",b"\r\n'
