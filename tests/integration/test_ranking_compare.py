"""`image-release ranking compare`: two orders of a published workspace, from stored state alone."""

from __future__ import annotations

import json
import re
import shutil
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest
from click.testing import CliRunner, Result

from image_release.cli.ranking import ranking
from image_release.ingest import append_override
from image_release.storage import FolderStore
from image_release.store_keys import overrides_key
from image_release.tag import RecordedTagger
from image_release.values import Override, sha256_hex
from tests.integration.world import World, jpeg, photo

SHIPPED = ""
SIZE_ALONE = "prioritising: {never_first: [], weights: {size: 1, partner: 0, category: 0}}"
PARTNER_ALONE = "prioritising: {never_first: [], weights: {size: 0, partner: 1, category: 0}}"
HOSTILE = "<script>alert(1)</script>"
PHOTOS = {
    "pool": (1, (400, 300), "Swimming pool"),
    "room": (2, (500, 340), "Bedroom"),
    "kitchen": (3, (640, 430), "Kitchen"),
}
"""Name -> seed, size and label; the larger a photo, the worse it is as an opener."""
STORES = ("inbox", "state", "published")


class Published:
    """A workspace with two published hotels of three pictures, in a folder; the partner's server is gone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workspace = folder / "workspace"
        self.sha256 = {}

    def publish(self) -> Published:
        """Hotel h1 has a copy by another partner; in h2, whose name is hostile, a person put the kitchen first."""
        world = World(**{name: self.store(name) for name in STORES})
        lines = []
        for name, (seed, size, label) in PHOTOS.items():
            data = jpeg(photo(seed, size))
            world.serve(f"/{name}.jpg", data)
            self.sha256[name] = sha256_hex(data)
            labels = [{"description": label, "score": 1.0}]
            lines.append(json.dumps({"sha256": self.sha256[name], "labels": labels}) + "\n")
        (self.folder / "labels.jsonl").write_text("".join(lines))
        world.tagger = RecordedTagger(self.folder / "labels.jsonl")
        urls = [{"url": f"{world.site.address}/{name}.jpg", "rank": rank} for rank, name in enumerate(PHOTOS, start=1)]
        world.catalogue("atlas", "2026-11-01", {"a1": urls, "a2": urls})
        world.catalogue("bedbank", "2026-11-01", {"b1": [{**urls[2], "rank": 1}]})
        world.release("2026-11-01", {"h1": [("atlas", "a1"), ("bedbank", "b1")], HOSTILE: [("atlas", "a2")]})
        self.decide("pin", "kitchen", hotel_id=HOSTILE)
        for hotel_id in ("h1", HOSTILE):
            world.process(hotel_id)
        world.close()
        return self

    def store(self, name: str) -> FolderStore:
        return FolderStore(self.workspace / name)

    def decide(self, action: str, name: str, hotel_id: str = "h1") -> None:
        append_override(self.store("inbox"), hotel_id, Override(action, (self.sha256.get(name, name),)))

    def compare(self, after: str, *options: str, before: str = SHIPPED) -> Result:
        files = []
        for name, text in (("a.yaml", before), ("b.yaml", after)):
            (self.folder / name).write_text(text)
            files.append(str(self.folder / name))
        place = ["--workspace", str(self.workspace)]
        return CliRunner().invoke(ranking, ["compare", *files, *place, *options])

    def told(self, after: str, *options: str, before: str = SHIPPED, status: int = 0) -> dict:
        result = self.compare(after, *options, "--json", before=before)
        assert result.exit_code == status, result.output
        return json.loads(result.stdout)

    def page(self, after: str) -> str:
        assert self.compare(after, "--report", str(self.folder / "report")).exit_code == 0
        return (self.folder / "report/index.html").read_text()

    def files(self) -> dict[str, int]:
        return {str(path): path.stat().st_mtime_ns for path in self.workspace.rglob("*")}


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Published:
    return Published(tmp_path_factory.mktemp("published")).publish()


@pytest.fixture
def published(made, tmp_path) -> Published:
    """A copy that a test may change."""
    shutil.copytree(made.workspace, tmp_path / "workspace")
    copy = Published(tmp_path)
    copy.sha256 = made.sha256
    return copy


def test_the_settings_in_force_give_the_published_order(made):
    """Ranks, senders, labels and pins are those that the hotels were published with."""
    document = made.told(SIZE_ALONE)
    assert (document["hotels"], document["published_first"]["before"]) == (2, 2)
    assert document["largest"][0]["first_before"]["sha256"] == made.sha256["pool"]


def test_equal_settings_change_nothing(made):
    """An empty file stands for the shipped settings."""
    document = made.told("prioritising: {weights: {size: 0.2, partner: 0.2, category: 0.6}}")
    assert (document["first_changed"], document["order_changed"], document["largest"]) == (0, 0, [])
    assert document["kendall_tau"] == {"mean": 1.0, "median": 1.0}


def test_the_changes_of_other_weights_are_counted(made):
    """By size alone h1 opens with the kitchen; its order is the opposite. A pin holds in both orders."""
    document = made.told(SIZE_ALONE)
    assert (document["first_changed"], document["order_changed"]) == (1, 2)
    assert document["largest"][0] | {"hotel_id": "h1", "kendall_tau": -1.0} == document["largest"][0]
    assert document["first_kinds"] == {"before": {"kitchen": 1, "pool": 1}, "after": {"kitchen": 2}}
    assert document["largest"][1]["first_after"] | {"is_pinned": True} == document["largest"][1]["first_before"] | {
        "score": document["largest"][1]["first_after"]["score"]
    }


def test_nothing_is_written_in_the_workspace(made):
    """No file of the workspace is new, changed or touched."""
    before = made.files()
    made.page(SIZE_ALONE)
    assert made.files() == before


def test_the_page_shows_both_orders_with_published_thumbnails(made):
    """Every picture is a file beside the page; the hotel that opens differently comes first."""
    page = made.page(SIZE_ALONE)
    images = re.findall(r'<img src="([^"]+)"', page)
    assert len(images) == 2 * 2 * 3
    assert all((made.folder / "report" / unquote(unescape(image))).is_file() for image in images)
    assert page.index("Hotel h1") < page.index(f"Hotel {HOSTILE}".replace("<", "&lt;").replace(">", "&gt;"))


def test_the_page_escapes_what_comes_from_outside(made):
    """The hostile name is text, and no script may run."""
    page = made.page(SIZE_ALONE)
    assert "<script" not in page
    assert "default-src 'none'" in page


def test_a_decision_made_since_counts(published):
    """A picture that a person hid is in no order; a hotel that a person withdrew is not compared."""
    published.decide("hide", "kitchen")
    append_override(published.store("inbox"), HOSTILE, Override("withdraw", ()))
    document = published.told(SIZE_ALONE)
    assert (document["hotels"], document["largest"][0]["first_after"]["sha256"]) == (1, published.sha256["room"])


def test_a_pin_holds_that_names_an_image_which_nobody_lists_any_more(published):
    """The manifest does not name it; the picture that is published at its place has it."""
    key = overrides_key(HOSTILE)
    inbox = published.store("inbox")
    inbox.put(key, inbox.get(key).data.replace(published.sha256["kitchen"].encode(), b"0" * 64))
    document = published.told(SIZE_ALONE, before=PARTNER_ALONE)
    assert document["first_kinds"]["before"]["kitchen"] == 2
    assert [hotel["first_before"]["is_pinned"] for hotel in document["largest"] if hotel["hotel_id"] == HOSTILE] == [
        True
    ]


def test_settings_that_change_more_than_the_order_are_named(made):
    """They are not compared; download settings change no result."""
    result = made.compare("{grouping: {clear_score: 4}, publishing: {max_pictures: 3}, download: {max_redirects: 2}}")
    assert result.exit_code == 0
    assert "only the order is compared; the settings also differ in grouping, publishing.max_pictures" in result.stderr


@pytest.mark.parametrize(
    "damage",
    [b"", b"[]", b'{"pictures": [{"best": {}}]}', b'{"name": 1}', b"\xff"],
    ids=["empty", "list", "best", "name", "bytes"],
)
def test_a_manifest_that_cannot_be_read_is_named(published, damage):
    """The status is 1, and the other hotel is compared."""
    published.store("published").put("hotels/h1/manifest.json", damage)
    document = published.told(SIZE_ALONE, status=1)
    assert (document["hotels"], len(document["problems"])) == (1, 1)
    assert "hotels/h1/manifest.json" in document["problems"][0]


@pytest.mark.parametrize(
    ("place", "value"),
    [("width", 10**400), ("height", 0), ("partner_id", ""), ("accommodation_id", ""), ("schema", 2)],
)
def test_a_manifest_with_a_value_that_cannot_be_meant_is_named(published, place, value):
    """A size that no image has, an id that is no key, and the schema of a newer version."""
    store = published.store("published")
    document = json.loads(store.get("hotels/h1/manifest.json").data)
    (document if place in document else document["pictures"][0]["best"])[place] = value
    store.put("hotels/h1/manifest.json", json.dumps(document).encode())
    (problem,) = published.told(SIZE_ALONE, status=1)["problems"]
    assert place in problem


@pytest.mark.parametrize(
    ("settings", "said"),
    [("prioritising: {weights: {size: -1}}", "prioritising.weights.size"), ("[1", "cannot be read")],
)
def test_wrong_settings_are_wrong_use(made, settings, said):
    """The file, the key and the rule are named."""
    result = made.compare(settings)
    assert (result.exit_code, said in result.stderr, "b.yaml" in result.stderr) == (2, True, True)


@pytest.mark.parametrize("folder", ["workspace/published", "workspace/state/report", "foreign"])
def test_a_page_replaces_nothing_else(published, folder):
    """The folder lies in a store, or holds a page of something else."""
    (published.folder / "foreign").mkdir()
    (published.folder / "foreign/index.html").write_text("my page")
    before = published.files()
    result = published.compare(SIZE_ALONE, "--report", str(published.folder / folder))
    assert (result.exit_code, "choose another folder" in result.stderr) == (2, True)
    assert published.files() == before


def test_a_workspace_without_a_release_has_no_hotels(tmp_path):
    """That is no error."""
    empty = Published(tmp_path)
    empty.workspace.mkdir()
    assert empty.told(SIZE_ALONE)["hotels"] == 0
    assert "no published hotel" in empty.compare(SIZE_ALONE).stdout
