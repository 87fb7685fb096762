"""Decisions applied in a folder workspace: at once, with what is stored, and listed for the feed."""

import json
from datetime import UTC, datetime

import pytest
import yaml

from image_release.feed import Cause
from image_release.one_machine.applying import CLOSED, FolderApplier
from image_release.one_machine.choices import choices_of
from image_release.one_machine.workspace import Workspace
from image_release.settings import Settings
from image_release.storage import FolderStore
from image_release.store_keys import GALLERY_INDEX, SETTINGS, STALE_GALLERY, TAGGER, manifest_key, overrides_key
from tests.integration.world import World, jpeg, photo

SIZES = [{"name": "gallery-640", "width": 640, "height": 427}]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A workspace of one hotel with two pictures."""
    root = tmp_path_factory.mktemp("applying")
    world = World(**{name: FolderStore(root / name) for name in ("inbox", "state", "published")})
    world.now = datetime.now(UTC)
    world.inbox.put(SETTINGS, yaml.safe_dump({"renditions": SIZES}).encode())
    images = [world.serve(f"/{at}.jpg", jpeg(photo(at, (480, 320)))) for at in range(2)]
    world.catalogue("p", "1", {"h": images})
    world.release("r", {"h": [("p", "h")]})
    world.process("h")
    world.close()
    return root


@pytest.fixture(scope="module")
def seen():
    return []


@pytest.fixture(scope="module")
def applier(folder, seen):
    workspace = Workspace(folder, Settings())
    workspace = Workspace(folder, choices_of(workspace, None, None).settings)
    made = FolderApplier(workspace, Cause.of("desk", datetime.now(UTC)), observe=seen.append)
    yield made
    made.close()


def manifest(folder):
    return json.loads((folder / "published" / manifest_key("h")).read_bytes())


def decide(folder, action, sha256):
    path = folder / "inbox" / overrides_key("h")
    path.parent.mkdir(exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"action": action, "images": [sha256]}) + "\n")


def test_a_decision_is_in_the_manifest_when_it_is_applied_and_the_index_is_marked_and_written_later(
    folder, applier, seen
):
    first = manifest(folder)
    decide(folder, "hide", first["pictures"][0]["best"]["sha256"])
    applied = applier.apply("h")
    assert applied.status == "published", applied.error
    assert applied.seq == manifest(folder)["seq"] > first["seq"]
    assert len(manifest(folder)["pictures"]) == 1
    assert seen[-1].seqs == (applied.seq,)
    assert (folder / "state" / STALE_GALLERY).exists()
    applier._index.write()
    assert not (folder / "state" / STALE_GALLERY).exists()
    assert (folder / "published" / GALLERY_INDEX).exists()


def test_settings_that_were_stored_meanwhile_count(folder, applier):
    sizes = [*SIZES, {"name": "thumb-120", "width": 120, "height": 80}]
    (folder / "inbox" / SETTINGS).write_bytes(yaml.safe_dump({"renditions": sizes}).encode())
    assert applier.apply("h").status == "published"
    assert {item["name"] for item in manifest(folder)["pictures"][0]["renditions"]} == {"gallery-640", "thumb-120"}
    assert applier.apply("h").status == "unchanged"


@pytest.mark.parametrize(("key", "data"), [(SETTINGS, b"filter: 3\n"), (TAGGER, b"nonsense\n")])
def test_what_is_stored_and_cannot_be_used_is_told_in_a_sentence(folder, applier, key, data):
    path = folder / "inbox" / key
    good = path.read_bytes() if path.exists() else None
    path.write_bytes(data)
    try:
        applied = applier.apply("h")
    finally:
        path.write_bytes(good) if good else path.unlink()
    assert applied.status == "failed"
    assert key in applied.error


def test_a_worker_that_dies_is_replaced(folder, applier):
    applier.apply("h")
    for process in applier._pool._processes.values():
        process.kill()
        process.join()
    assert applier.apply("h").status == "unchanged"


def test_a_closed_desk_says_that_the_decision_is_recorded(folder):
    workspace = Workspace(folder, Settings())
    applier = FolderApplier(workspace, Cause.of("desk", datetime.now(UTC)))
    applier.close()
    assert (applier.apply("h").status, applier.apply("h").error) == ("failed", CLOSED)
