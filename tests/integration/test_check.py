"""`check` tells what is lost or damaged in a workspace and mends it, also while the partner's server is down."""

import hashlib
import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from image_release.cache import LabelRecord, merge_labels
from image_release.hotel import process_hotel
from image_release.ingest.catalogues import apply_catalogue
from image_release.ingest.releases.applying import apply_release
from image_release.one_machine.check import check_workspace
from image_release.one_machine.workspace import Workspace
from image_release.settings import Settings
from image_release.values import Accommodation, Label, Nudge
from tests.integration.world import Site, jpeg, photo

HEADER = "hotel_id,name,country,city,latitude,longitude,accommodations\n"


@pytest.fixture(scope="module")
def site():
    site = Site()
    yield site
    site.close()


@pytest.fixture(scope="module")
def whole(site, tmp_path_factory) -> Path:
    """A workspace of two published hotels."""
    root = tmp_path_factory.mktemp("whole")
    workspace = opened(root)
    lines = []
    for hotel in ("h0", "h1"):
        for n in range(2):
            site.files[f"/{hotel}/{n}.jpg"] = jpeg(photo(len(site.files)))
        images = [{"url": f"{site.address}/{hotel}/{n}.jpg", "version": "1"} for n in range(2)]
        lines.append(json.dumps({"accommodation_id": hotel, "images": images}) + "\n")
    workspace.inbox.put("catalogues/p/1.jsonl", "".join(lines).encode())
    workspace.inbox.put("releases/r1.csv", f"{HEADER}h0,A,ES,X,,,p:h0\nh1,B,ES,X,,,p:h1\n".encode())
    apply_catalogue(workspace.inbox, workspace.state, "catalogues/p/1.jsonl", workspace.settings)
    apply_release(workspace.inbox, workspace.state, "releases/r1.csv", workspace.settings, datetime.now(UTC))
    for hotel in ("h0", "h1"):
        process_hotel(Nudge(hotel, "test"), workspace.ports())
    record = LabelRecord(datetime.now(UTC), (Label("Pool", 0.9),))
    merge_labels(workspace.state, Accommodation("p", "h0"), "local-x", {"0" * 64: record})
    return root


def opened(root: Path) -> Workspace:
    for name in ("inbox", "state", "published"):
        (root / name).mkdir(exist_ok=True)
    document = {
        "download": {"allowed_networks": ["127.0.0.0/8"], "max_attempts": 1, "back_off_s": 0},
        "renditions": [{"name": "gallery-640", "width": 640, "height": 427}, {"name": "t", "width": 60, "height": 40}],
    }
    return Workspace(root, Settings.model_validate(document))


@pytest.fixture
def workspace(whole, tmp_path) -> Workspace:
    """A copy of the whole one."""
    shutil.copytree(whole, tmp_path / "w")
    return opened(tmp_path / "w")


def contents(workspace: Workspace) -> dict[str, str]:
    """Digest of every file, by its path."""
    return {
        str(path.relative_to(workspace.root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(workspace.root.rglob("*"))
        if path.is_file()
    }


def check(workspace, *, repair=False):
    return check_workspace(workspace, lambda: None, repair=repair)


def shown(workspace) -> dict[str, list[str]]:
    """The pictures of each hotel; every rendition that is named is whole."""
    found = {}
    for hotel in ("h0", "h1"):
        manifest = json.loads(workspace.published.get(f"hotels/{hotel}/manifest.json").data)
        for picture in manifest["pictures"]:
            assert len(picture["renditions"]) == 2
            for rendition in picture["renditions"]:
                assert len(workspace.published.get(rendition["key"]).data) == rendition["bytes"]
        found[hotel] = [picture["best"]["sha256"] for picture in manifest["pictures"]]
    return found


DAMAGES = {
    "release in force": "state/releases/current.json",
    "rows": "state/releases/r1/rows/*",
    "index": "state/releases/r1/index.sqlite",
    "catalogue in force": "state/catalogues/p/state.json",
    "digests of the catalogue": "state/catalogues/p/listings-*",
    "claim": "state/catalogues/p/claim.json",
    "listing": "state/accommodations/p/h0/images.json",
    "cache": "state/accommodations/p/h0/state.json",
    "fingerprints": "state/accommodations/p/h0/prints-*",
    "labels": "state/accommodations/p/h0/labels-*",
    "original": "state/accommodations/p/h0/originals/*",
    "manifest": "published/hotels/h0/manifest.json",
    "rendition": "published/hotels/h0/renditions/*/*",
    "page": "published/hotels/h0/index.html",
}
LOST = ("rows", "index", "digests of the catalogue", "rendition", "page")
"""What is missed if it is not there at all. The others are made again, or are new, when they are absent."""


def damage(workspace: Workspace, name: str, how: str) -> None:
    path = min(workspace.root.glob(DAMAGES[name]))
    data = path.read_bytes()
    if how == "lost":
        path.unlink()
    else:
        path.write_bytes(b"" if how == "empty" else data[: len(data) // 2])


CASES = [(name, how) for name in DAMAGES for how in ("empty", "half", "lost") if how != "lost" or name in LOST]


@pytest.mark.parametrize("is_down", [False, True], ids=["well", "down"])
@pytest.mark.parametrize(("name", "how"), CASES)
def test_damage_is_told_and_mended(site, workspace, name, how, is_down, monkeypatch):
    before = shown(workspace)
    damage(workspace, name, how)
    damaged = contents(workspace)
    if is_down:
        monkeypatch.setattr(site, "files", dict.fromkeys(site.files, 503))
    told = check(workspace)
    assert [finding.mended for finding in told.findings] == [False] * len(told.left)
    assert told.left
    assert contents(workspace) == damaged, "without --repair nothing is written"
    report = check(workspace, repair=True)
    again = check(workspace)
    if name == "original" and is_down:
        assert [finding.key for finding in report.left] == [finding.key for finding in again.left]
        assert "originals" in again.left[0].key
    else:
        assert report.left == []
        assert again.findings == []
    assert shown(workspace) == before


def test_a_whole_workspace_has_nothing_to_mend_and_is_not_written(workspace):
    before = contents(workspace)
    report = check(workspace, repair=True)
    assert (report.findings, report.hotels, report.renditions, report.originals) == ([], 2, 8, 4)
    assert contents(workspace) == before


def test_an_original_that_the_partner_could_not_send_again_is_mended_later(site, workspace, monkeypatch):
    damage(workspace, "original", "half")
    with monkeypatch.context() as patch:
        patch.setattr(site, "files", dict.fromkeys(site.files, 503))
        assert check(workspace, repair=True).left
    assert check(workspace, repair=True).left == []


def test_everything_at_once_is_mended(workspace):
    before = shown(workspace)
    for name in ("index", "claim", "listing", "cache", "fingerprints", "original", "rendition", "page"):
        damage(workspace, name, "half")
    assert check(workspace, repair=True).left == []
    assert check(workspace).findings == []
    assert shown(workspace) == before


def test_renditions_that_nothing_names_are_counted_and_swept_when_they_are_old(workspace):
    stray = workspace.root / "published/hotels/h0/renditions/1/ffffffffffffffffffff-t.jpg"
    stray.write_bytes(b"stray")
    assert check(workspace, repair=True).orphans == 0
    os.utime(stray, (0, 0))
    assert check(workspace).orphans == 1
    report = check(workspace, repair=True)
    assert (report.orphans, report.swept, stray.exists()) == (1, 1, False)


def test_what_cannot_be_mended_is_told_and_left_as_it_is(workspace):
    """Rows and index of the release are both lost: the release has to be handed in again."""
    damage(workspace, "rows", "empty")
    damage(workspace, "index", "empty")
    report = check(workspace, repair=True)
    assert {finding.key for finding in report.left} == {"releases/r1/rows/0.jsonl.gz", "releases/r1/index.sqlite"}


def test_a_manifest_of_a_newer_version_is_told_and_not_replaced(workspace):
    path = workspace.root / "published/hotels/h0/manifest.json"
    newer = json.dumps({**json.loads(path.read_bytes()), "schema": 2, "pictures": {}}).encode()
    path.write_bytes(newer)
    [finding] = check(workspace, repair=True).left
    assert "newer version" in finding.what
    assert path.read_bytes() == newer


def test_a_hotel_whose_manifest_is_damaged_gets_numbers_that_were_never_used(workspace):
    """Keys of renditions are cached for ever, so none may get other bytes."""
    before = {path: data for path, data in contents(workspace).items() if "/renditions/" in path}
    damage(workspace, "manifest", "half")
    check(workspace, repair=True)
    assert json.loads(workspace.published.get("hotels/h0/manifest.json").data)["seq"] == 2
    assert before.items() <= contents(workspace).items()
