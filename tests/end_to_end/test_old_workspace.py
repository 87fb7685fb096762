"""A workspace of version 0.1.0 goes on as it is: names inside the program moved, what is stored did not."""

import json
import subprocess
import zipfile
from pathlib import Path

import pytest

from image_release.hotel import HotelReport, load, process_hotel
from image_release.one_machine.workspace import Workspace
from image_release.settings_files import load_settings
from image_release.values import Nudge
from tests.end_to_end.machine import COMMAND, TIMEOUT_S

KEPT = Path(__file__).parent / "old_workspace"
"""Two hotels of made-up photographs and one pin, published by 0.1.0, without due-markers and run history."""


def bytes_below(folder: Path) -> dict[str, bytes]:
    """Every object of a workspace, without the folder store's own lock files."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and ".tmp" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.fixture
def old(tmp_path):
    """The old workspace, unpacked."""
    with zipfile.ZipFile(KEPT / "workspace-0.1.0.zip") as archive:
        archive.extractall(tmp_path / "workspace")
    return tmp_path / "workspace"


def command(old: Path, *words: str) -> dict:
    """Run a command on the old workspace with the settings that it was made with."""
    options = ("--workspace", old, "--settings", KEPT / "settings.yaml", "--json")
    done = subprocess.run([COMMAND, *words, *options], capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


HOTELS = ("seaview", "höhe 7")


def processed(old: Path) -> list[HotelReport]:
    """Process both hotels in this process, with the settings that the workspace was made with."""
    settings = load_settings(KEPT / "settings.yaml")
    ports = Workspace(old, settings).ports()
    return [process_hotel(Nudge(hotel, "release"), ports) for hotel in HOTELS]


def test_with_its_versions_every_hotel_is_unchanged_and_nothing_is_written(old, monkeypatch):
    """Same keys, formats and digests: the hotels are read, and every byte is left alone."""
    monkeypatch.setattr(load, "PRIORITISING_VERSION", "prioritise-1")
    monkeypatch.setattr(load, "GROUPING_VERSION", "5")
    monkeypatch.setattr(load, "BEST_VERSION", "cues-4")
    before = bytes_below(old)
    assert [report.status for report in processed(old)] == ["unchanged", "unchanged"]
    assert bytes_below(old) == before


def test_a_new_order_version_costs_a_manifest_and_a_page(old, monkeypatch):
    """Nothing is downloaded, tagged or rendered; only what an older decoder refused is looked at again, once."""
    monkeypatch.setattr(load, "PRIORITISING_VERSION", "prioritise-new")
    before = bytes_below(old / "published")
    refused = sum(
        image["sha256"] is not None
        for path in old.glob("published/hotels/*/manifest.json")
        for image in json.loads(path.read_bytes())["rejected"]
    )
    work = [report.work for report in processed(old)]
    assert sum(one.decodes for one in work) <= refused
    assert sum(one.downloads + one.tagged + one.renditions_written for one in work) == 0
    after = bytes_below(old / "published")
    changed = {name for name in after if after[name] != before.get(name)}
    assert {Path(name).name for name in changed} <= {"manifest.json", "index.html"}
    assert [report.status for report in processed(old)] == ["unchanged", "unchanged"]


def told_of(picture: dict) -> dict:
    """A picture of a manifest without what newer versions add, and without the scores of newer weights."""
    merged = [{**copy, "evidence": None} for copy in picture["merged"]]
    return {**picture, "renditions": [], "pinned": None, "margin": 0, "merged": merged}


def test_what_is_cached_is_read_and_gives_the_same_pictures(old):
    """Forced to render again, a hotel downloads nothing and decodes only what it renders: old fingerprints are read."""
    path = old / "published" / "hotels" / "seaview" / "manifest.json"
    before = json.loads(path.read_bytes())
    result = command(old, "hotel", "seaview", "--force", "rerender")
    assert result["work"]["downloads"] == 0
    refused = [image for image in before["rejected"] if image["sha256"]]  # by an older decoder: looked at again
    assert result["work"]["decodes"] == len(before["pictures"]) + len(refused)
    after = json.loads(path.read_bytes())
    newer = {"order": "", "grouping": "", "best": ""}
    assert {**after["versions"], **newer} == {**before["versions"], **newer}
    assert [told_of(picture) for picture in after["pictures"]] == [told_of(picture) for picture in before["pictures"]]


def publish_by_a_newer_version(old: Path, outcome: str) -> Path:
    """Put an unknown outcome and overdue work of an unknown kind into a manifest; returns its path."""
    path = old / "published" / "hotels" / "seaview" / "manifest.json"
    document = json.loads(path.read_bytes())
    image = {key: document["pictures"][0]["best"][key] for key in ("partner_id", "accommodation_id")}
    document["rejected"] += [{**image, "url": "u", "sha256": None, "outcome": outcome, "reason": "newer"}]
    document["pending"] += [{"kind": "translate", "not_before": "2026-01-01T00:00:00Z", "reason": None, "keys": []}]
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_a_manifest_of_a_newer_version_stops_no_command(old):
    """Roll back, and the newer version's words stay: commands show them, and a hotel that is processed loses them."""
    command(old, "run")
    path = publish_by_a_newer_version(old, "too_blurred")
    newer = path.read_bytes()
    assert command(old, "run")["hotels"] == {"processed": 0, "unchanged": 2, "failed": 0}
    assert command(old, "hotel", "seaview")["images"]["too_blurred"] == 1
    assert command(old, "gallery")["pages"] == 2
    page = path.with_name("index.html").read_text(encoding="utf-8")
    assert "too blurred" in page
    assert "translate again" in page
    assert path.read_bytes() == newer
    command(old, "status")
    assert "too_blurred" not in command(old, "hotel", "seaview", "--force", "rerender")["images"]
    written = json.loads(path.read_bytes())
    assert [entry for entry in written["pending"] if entry["kind"] == "translate"] == []


def test_an_unknown_outcome_cannot_control_a_terminal(old):
    """The word comes from a stored file, so it is escaped where a person reads it."""
    command(old, "run")
    publish_by_a_newer_version(old, "too\x1b[2Jblurred")
    words = (COMMAND, "hotel", "seaview", "--workspace", old, "--settings", KEPT / "settings.yaml")
    done = subprocess.run(words, capture_output=True, text=True, timeout=TIMEOUT_S, check=True)
    assert done.stdout.count("too\\x1b[2Jblurred") == 2  # for the image, and in the totals
    assert "\x1b" not in done.stdout
