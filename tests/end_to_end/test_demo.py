"""`make demo`: the samples are served over HTTP and published; a second run has nothing to do."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from image_release.cli import main
from samples.partners import sent_files
from tests.conftest import ROOT
from tests.end_to_end.chromium import chromium
from tests.end_to_end.desk_tour import PERSON, Tour, all_steps, mistake
from tests.end_to_end.desk_world import open_world
from tests.end_to_end.machine import assert_whole

SCHEMA = json.loads((ROOT / "docs/manifest.schema.json").read_text(encoding="utf-8"))
TIMEOUT_S = 240
NO_WORK = ("downloads", "decodes", "tagged", "renditions_written", "store_writes")


def demo(folder: Path) -> dict:
    """The JSON document that the demo prints."""
    command = [sys.executable, str(ROOT / "samples/demo.py"), "--dir", str(folder), "--json"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=True)
    return json.loads(ended.stdout)


@pytest.fixture(scope="module")
def twice(tmp_path_factory):
    """The folder of the demo after two runs, and the document of each run."""
    folder = tmp_path_factory.mktemp("demo")
    first = demo(folder)
    return folder, first, demo(folder)


@pytest.fixture(scope="module")
def manifests(twice):
    paths = sorted((twice[0] / "workspace/published/hotels").glob("*/manifest.json"))
    return [json.loads(path.read_bytes()) for path in paths]


def test_the_first_run_publishes_every_hotel(twice):
    """Three hotels, one outcome for each file that a partner lists, and every kind of bad file is found."""
    folder, told, _ = twice
    assert told["hotels"] == {"processed": 3, "unchanged": 0, "failed": 0}
    images = dict(told["images"])
    assert images.pop("total") == sum(images.values()) == sum(1 for _ in sent_files())
    wrong = {"gone", "no_content", "not_an_image", "placeholder", "too_small", "truncated"}
    assert set(images) == {"published", "merged", *wrong}
    assert assert_whole(folder / "workspace") == 3


def test_the_second_run_does_nothing(twice):
    """Every hotel is unchanged; nothing is downloaded, decoded, tagged or written, though the server has a new port."""
    _, first, second = twice
    assert second["hotels"] == {"processed": 0, "unchanged": 3, "failed": 0}
    assert {name: second["work"][name] for name in NO_WORK} == dict.fromkeys(NO_WORK, 0)
    assert second["images"] == first["images"]


def test_every_hotel_opens_with_a_picture_that_invites(twice, manifests):
    """The local model looks at the pictures: a façade, a pool, a room or a view comes first."""
    assert {manifest["pictures"][0]["category"] for manifest in manifests} <= {
        "exterior",
        "pool",
        "bedroom",
        "lounge",
        "view",
    }
    (tagger,) = twice[1]["tagged_by"]
    assert (tagger.startswith("local-"), twice[1]["tagged_by"][tagger]) == (True, 30)


def test_every_photograph_is_shown_once(manifests):
    """Each hotel has the ten pictures that were rendered. Three views of one room stay three; copies are merged."""
    assert [len(manifest["pictures"]) for manifest in manifests] == [10, 10, 10]
    for manifest in manifests:
        shown = [re.sub(r"^\d+-|\.jpg$", "", Path(p["best"]["url"]).name) for p in manifest["pictures"]]
        assert sorted(shown) == sorted(set(shown))
        for picture in manifest["pictures"]:
            names = {re.sub(r"^\d+-|\.jpg$", "", Path(image["url"]).name) for image in picture["merged"]}
            assert names <= {re.sub(r"^\d+-|\.jpg$", "", Path(picture["best"]["url"]).name)}


def test_what_is_published_follows_the_published_schema(manifests):
    """Every manifest is valid by docs/manifest.schema.json."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    validator = jsonschema.Draft202012Validator(SCHEMA)
    assert [error.message for manifest in manifests for error in validator.iter_errors(manifest)] == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda manifest: manifest.pop("pictures"),
        lambda manifest: manifest["pictures"][0].update(position=0),
        lambda manifest: manifest["pictures"][0]["best"].update(sha256="abc"),
        lambda manifest: manifest["rejected"][0].update(outcome="ugly"),
        lambda manifest: manifest["pictures"][0]["renditions"][0].pop("key"),
    ],
)
def test_the_published_schema_refuses_what_is_no_manifest(manifests, damage):
    """A damaged manifest is not valid."""
    manifest = json.loads(json.dumps(manifests[0]))
    damage(manifest)
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(manifest)


def test_the_gallery_shows_every_picture_and_asks_for_nothing_else(twice, manifests):
    """Each page refers only to files of its hotel, which exist, and to no other host: it needs no server.

    Copies and what is not shown have no file: they are small pictures in the page. A link to another picture leads to
    a place of the page.
    """
    published = twice[0] / "workspace/published"
    for manifest in manifests:
        folder = published / "hotels" / manifest["hotel_id"]
        page = (folder / "index.html").read_text(encoding="utf-8")
        sources = re.findall(r'(?:src|href)="([^"]+)"', page)
        small = [name for name in sources if name.startswith("data:image/jpeg;base64,")]
        places = {name for name in sources if name.startswith("#")}
        assert [name for name in places if f'id="{name[1:]}"' not in page] == []
        sources = [name for name in sources if name not in small and name not in places]
        assert [name for name in sources if re.match(r"\w+:|//", name)] == []
        assert [name for name in sources if not (folder / name).resolve().is_file()] == []
        assert page.count("<img") == len(manifest["pictures"]) + len(small)
        assert len(small) >= sum(len(picture["merged"]) for picture in manifest["pictures"])
    index = (published / "index.html").read_text(encoding="utf-8")
    assert all(manifest["name"] in index for manifest in manifests)


def test_the_five_minutes_at_the_desk(twice, tmp_path):
    """docs/desk.md: find a hotel that opens with a bathroom, correct it, see it corrected, undo, see what changed."""
    folder = tmp_path / "workspace"
    shutil.copytree(twice[0] / "workspace", folder)
    assert len(mistake()) == 3
    for arguments in mistake():
        ended = CliRunner().invoke(main, [*arguments, "--workspace", str(folder)])
        assert ended.exit_code == 0, ended.output
    with chromium() as browser, open_world(folder, PERSON) as world:
        all_steps(Tour(browser, world))
        assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []
