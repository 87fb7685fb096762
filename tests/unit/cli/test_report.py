"""`image-release report`: text, JSON, CSV and a page say the same, from an index that lies in the workspace."""

import csv
import io
import json

import pytest
from click.testing import CliRunner

from image_release.cli import main
from image_release.outcomes import Outcome
from image_release.storage import FolderStore
from image_release.store_keys import manifest_key
from tests.unit.desk.made_manifests import manifest, picture, rejected


@pytest.fixture
def workspace(tmp_path):
    """Two hotels: one with a shared picture, one without any."""
    root = tmp_path / "workspace"
    shown = picture("a", "atlas", copies=[("bedbank", 5.0, None)])
    published = FolderStore(root / "published")
    for made in (manifest("h1", [shown], refused=[rejected(Outcome.GONE)]), manifest("h2", name="\x1b[31mred")):
        published.put(manifest_key(made.hotel_id), made.to_bytes())
    return root


def typed(workspace, *words):
    return CliRunner().invoke(main, ["report", *words, "--workspace", str(workspace)])


def test_partners_as_json_and_csv_are_the_same(workspace):
    """One document, and a line for each partner."""
    document = json.loads(typed(workspace, "partners", "--json").stdout)
    rows = list(csv.DictReader(io.StringIO(typed(workspace, "partners", "--csv").stdout)))
    assert [line["partner_id"] for line in document["partners"]] == [row["partner_id"] for row in rows]
    assert [(row["partner_id"], row["images"], row["best_copies"]) for row in rows] == [
        ("atlas", "2", "1"),
        ("bedbank", "1", "0"),
    ]
    assert (document["hotels"], document["images"], document["outcomes"]["gone"]) == (2, 3, 1)


def test_hotels_as_json_and_csv_are_the_same(workspace):
    """The hotels with few good pictures; JSON has the places, too."""
    document = json.loads(typed(workspace, "hotels", "--json").stdout)
    rows = list(csv.DictReader(io.StringIO(typed(workspace, "hotels", "--csv").stdout)))
    assert [hotel["hotel_id"] for hotel in document["few"]] == [row["hotel_id"] for row in rows] == ["h2", "h1"]
    assert (document["hotels"], document["hotels_with_few"], document["fewer_than"]) == (2, 2, 5)
    only = json.loads(typed(workspace, "hotels", "--fewer-than", "1", "--json").stdout)
    assert [hotel["hotel_id"] for hotel in only["few"]] == ["h2"]


@pytest.mark.parametrize("kind", ["partners", "hotels"])
def test_a_page_is_written_beside_the_answer(workspace, tmp_path, kind):
    """Into a new folder, too; stdout has the answer and nothing else."""
    page = tmp_path / "new" / "page.html"
    ended = typed(workspace, kind, "--page", str(page), "--json")
    assert ended.exit_code == 0
    json.loads(ended.stdout)
    assert "page written" in ended.stderr
    assert page.read_text(encoding="utf-8").count("<h1>") == 1


@pytest.mark.parametrize("kind", ["partners", "hotels"])
def test_text_shows_no_control_characters(workspace, kind):
    """Whatever a partner or a hotel is called."""
    ended = typed(workspace, kind)
    assert ended.exit_code == 0
    assert "2" in ended.stdout
    assert "\x1b" not in ended.stdout


def test_the_index_is_built_once_and_says_so(workspace):
    """It lies in the workspace; the second report follows what changed."""
    assert "the index of hotels was built (2 hotels)" in typed(workspace, "partners").stderr
    assert (workspace / "desk" / "index.sqlite").exists()
    assert typed(workspace, "hotels").stderr == ""


def test_csv_and_json_at_once_are_refused(workspace):
    """There is one stdout."""
    ended = typed(workspace, "partners", "--csv", "--json")
    assert (ended.exit_code, "choose one" in ended.stderr) == (2, True)


def test_an_index_that_cannot_be_written_is_a_sentence(workspace):
    """A file stands where its folder should be."""
    (workspace / "desk").write_text("")
    ended = typed(workspace, "partners")
    assert (ended.exit_code, "the index cannot be written" in ended.stderr) == (1, True)


def test_a_page_that_cannot_be_written_is_a_sentence(workspace, tmp_path):
    """Its folder is a file."""
    (tmp_path / "file").write_text("")
    ended = typed(workspace, "partners", "--page", str(tmp_path / "file" / "page.html"))
    assert (ended.exit_code, "file" in ended.stderr, "Traceback" in ended.stderr) == (1, True, False)
