"""Hotels under `grouping.method: hashes`: what is published, and what choosing another hash costs."""

import json

import pytest

from image_release.cache import read_fingerprints
from image_release.gallery import needs_a_look
from image_release.settings import Settings
from image_release.values import Accommodation
from tests.integration.world import World, jpeg, photo

ATLAS = Accommodation("atlas", "a1")


@pytest.fixture
def world():
    """Two photographs, of each a copy that is smaller."""
    world = World()
    urls = [world.serve(f"/{seed}.jpg", jpeg(photo(seed))) for seed in (1, 2)]
    urls += [world.serve(f"/{seed}-small.jpg", jpeg(photo(seed).resize((480, 320)), 70)) for seed in (1, 2)]
    world.catalogue("atlas", "1", {"a1": urls})
    world.release("r1", {"h1": [("atlas", "a1")]})
    yield world
    world.close()


def under(world: World, kind: str, method: str = "hashes") -> None:
    """Let the settings name a hash and a method."""
    changed = {"fingerprint": {"hash": kind}, "grouping": {"method": method}}
    world.settings = Settings.model_validate({**world.settings.model_dump(mode="json"), **changed})


def kinds(world: World) -> set[str]:
    return {item.hash_kind for item in read_fingerprints(world.state, ATLAS).values()}


def test_the_manifest_names_the_method_and_the_bits(world):
    """No score is known, so no copy counts as unsure for its score."""
    under(world, "phash")
    manifest = world.process("h1").manifest
    evidence = [copy.evidence for picture in manifest.pictures for copy in picture.merged]
    assert len(manifest.pictures) == len(evidence) == 2
    assert {item.method for item in evidence} == {"hashes"}
    assert all(0 <= item.distance <= 8 and item.distance.is_integer() for item in evidence)
    assert not any("another photograph" in why for why in needs_a_look(manifest))


def test_another_method_asks_nobody_and_decodes_no_candidate(world):
    """The hashes were always computed: only the grouping is done again."""
    world.process("h1")
    world.site.asked.clear()
    under(world, "phash")
    report = world.process("h1")
    assert report.status == "processed"
    assert (report.work.downloads, report.work.decodes, report.work.renditions_written) == (0, 0, 0)
    assert world.site.asked == []


def test_another_hash_is_made_of_kept_originals_once_where_hashes_decide(world):
    """With registration nothing is decoded for it; with hashes each original is, and nobody is asked."""
    world.process("h1")
    under(world, "dhash", "registered")
    assert world.process("h1").work.decodes == 0
    assert kinds(world) == {"phash"}
    world.site.asked.clear()
    under(world, "dhash")
    work = world.process("h1").work
    assert (work.downloads, work.decodes, kinds(world)) == (0, 4, {"dhash"})
    assert world.site.asked == []
    settings = world.settings
    world.settings = settings.model_copy(update={"grouping": settings.grouping.model_copy(update={"max_bits": 7})})
    assert world.process("h1").work.decodes == 0


def test_a_decision_about_an_image_that_nobody_lists_any_more_holds_under_another_hash(world):
    """The witness gets hashes of the other kind, too: so the partner's new file is known to show the same."""
    first = world.process("h1").manifest
    hidden = first.pictures[0]
    seed = int(hidden.best.url.rsplit("/", 1)[1][0])
    line = {"action": "hide", "images": [hidden.best.sha256], "by": "ann", "at": "2026-11-24T10:00:00Z"}
    world.inbox.put("overrides/h1.jsonl", json.dumps(line).encode() + b"\n")
    urls = [world.serve(f"/{seed}-new.jpg", jpeg(photo(seed).resize((640, 426)), 60))]
    urls.append(world.serve(f"/{3 - seed}.jpg", jpeg(photo(3 - seed))))
    world.catalogue("atlas", "2", {"a1": urls})
    under(world, "dhash")
    manifest = world.process("h1").manifest
    assert [picture.best.url for picture in manifest.pictures] == [urls[1]]
    assert read_fingerprints(world.state, ATLAS)[hidden.best.sha256].hash_kind == "dhash"


def test_an_original_that_is_lost_is_downloaded_again_for_its_hashes(world):
    world.process("h1")
    for key in [entry.key for entry in world.state.list("") if "/originals/" in entry.key]:
        world.state.delete(key)
    under(world, "dhash")
    assert world.process("h1").work.downloads == 4
    assert kinds(world) == {"dhash"}
