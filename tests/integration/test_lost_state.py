"""Losing or damaging state takes no picture off, though the partner is down (architecture, Invariants)."""

import json

import pytest

from image_release.child_process import ChildCrashedError
from image_release.outcomes import Outcome
from image_release.publish import read_before
from tests.integration.world import World, jpeg, photo

STATE, PRINTS, ORIGINALS, LISTINGS = "/state.json", "/prints-", "/originals/", "/images.json"
CACHES = {
    "state": (STATE,),
    "fingerprints": (PRINTS,),
    "originals": (ORIGINALS,),
    "state and fingerprints": (STATE, PRINTS),
    "fingerprints and originals": (PRINTS, ORIGINALS),
    "everything": (STATE, PRINTS, ORIGINALS),
}
DAMAGES = {"gone": None, "empty": lambda data: b"", "half": lambda data: data[: len(data) // 2]}
DOWN = {"503": 503, "404": 404, "a page": b"<html>back soon</html>"}


@pytest.fixture
def world():
    world = World()
    yield world
    world.close()


def hotel(world):
    """Three pictures; the first has a smaller copy from another partner."""
    urls = [world.serve(f"/{n}.jpg", jpeg(photo(n))) for n in range(3)]
    small = world.serve("/small.jpg", jpeg(photo(0).resize((500, 333)), 70))
    world.catalogue("atlas", "1", {"a1": urls})
    world.catalogue("bedbank", "1", {"b1": [small]})
    world.release("r1", {"h1": [("atlas", "a1"), ("bedbank", "b1")]})
    return world.process().manifest


def damage(world, parts: tuple[str, ...], how) -> None:
    for item in list(world.state.list("accommodations/")):
        if any(part in item.key for part in parts):
            if how is None:
                world.state.delete(item.key)
            else:
                world.state.put(item.key, how(world.state.get(item.key).data))


def server(world, answer) -> None:
    world.good = getattr(world, "good", None) or dict(world.site.files)
    world.site.files = dict.fromkeys(world.good, answer) if answer else dict(world.good)


def renditions(world) -> dict[str, bytes]:
    """The renditions that the manifest names, each whole, by the SHA-256 of their picture and their name."""
    manifest = read_before(world.published, "h1").manifest
    found = {}
    for picture in manifest.pictures:
        for rendition in picture.renditions:
            data = world.published.get(rendition.key).data
            assert len(data) == rendition.bytes
            found[picture.best.sha256, rendition.name] = data
    return found


def changed(world) -> None:
    """Something about the hotel changes, so that it is processed again."""
    world.inbox.put("overrides/h1.jsonl", json.dumps({"action": "hide", "images": ["f" * 64]}).encode())


@pytest.mark.parametrize("parts", CACHES.values(), ids=CACHES.keys())
@pytest.mark.parametrize("how", DAMAGES.values(), ids=DAMAGES.keys())
@pytest.mark.parametrize("answer", DOWN.values(), ids=DOWN.keys())
def test_a_lost_cache_takes_no_picture_off_while_the_server_is_down(world, parts, how, answer):
    first = hotel(world)
    shown = renditions(world)
    damage(world, parts, how)
    server(world, answer)
    changed(world)
    report = world.process()
    assert [p.best.sha256 for p in report.manifest.pictures] == [p.best.sha256 for p in first.pictures]
    assert renditions(world) == shown
    assert sum(report.outcomes.values()) == 4
    world.wait(hours=20)
    world.process()
    assert renditions(world) == shown
    server(world, None)
    world.wait(days=2)
    world.process()
    world.wait(days=2)
    whole = world.process().manifest
    assert [entry for entry in whole.pending if entry.kind == "download"] == []
    assert [(p.best.sha256, len(p.merged), p.best.reason) for p in whole.pictures] == [
        (p.best.sha256, len(p.merged), None) for p in first.pictures
    ]
    assert renditions(world) == shown


@pytest.mark.parametrize("how", DAMAGES.values(), ids=DAMAGES.keys())
def test_originals_that_are_lost_when_sizes_change_keep_the_earlier_renditions_until_the_server_is_well(world, how):
    hotel(world)
    shown = renditions(world)
    damage(world, (ORIGINALS,), how)
    server(world, 503)
    recipes = world.settings.renditions
    small = recipes[1].model_copy(update={"quality": 40})
    new = recipes[1].model_copy(update={"name": "thumb-60", "width": 60, "height": 40})
    world.settings = world.settings.model_copy(update={"renditions": (recipes[0], small, new)})
    report = world.process()
    assert renditions(world) == shown
    assert all("earlier renditions are shown: its original is lost" in p.best.reason for p in report.manifest.pictures)
    assert "download" in [entry.kind for entry in report.manifest.pending]
    changed(world)
    world.process()
    assert renditions(world) == shown, "they do not count as made by the new settings"
    server(world, None)
    world.wait(days=2)
    report = world.process()
    assert "older_renditions" not in report.manifest.versions
    assert all(p.best.reason is None for p in report.manifest.pictures)
    after = renditions(world)
    assert len(after) == 3 * 3
    assert all(after[key] == data for key, data in shown.items() if key[1] == recipes[0].name)
    assert all(after[key] != data for key, data in shown.items() if key[1] == small.name)


def test_a_damaged_original_is_replaced_when_it_is_downloaded_again(world):
    hotel(world)
    damage(world, (ORIGINALS,), lambda data: data[:-1] + b"?")
    small = world.settings.renditions[1].model_copy(update={"quality": 40})
    world.settings = world.settings.model_copy(update={"renditions": (world.settings.renditions[0], small)})
    report = world.process()
    assert report.work.downloads == 3, "those whose renditions are made"
    assert report.outcomes == {Outcome.PUBLISHED: 3, Outcome.MERGED: 1}
    world.settings = world.settings.model_copy(update={"renditions": (small,)})
    assert world.process().work.downloads == 0


def test_a_lost_cache_costs_no_download_where_the_originals_are_kept(world):
    hotel(world)
    damage(world, (STATE, PRINTS), None)
    asked = len(world.site.asked)
    world.wait(days=1)
    pending = read_before(world.published, "h1").manifest.pending
    assert pending == () or pending[0].kind != "download"
    report = world.process(settings=world.settings, reason="test")
    assert report.status == "unchanged"
    changed(world)
    server(world, 503)
    report = world.process()
    assert (report.work.downloads, len(report.manifest.pictures)) == (0, 3)
    assert len(world.site.asked) - asked == 4, "each is asked for once, because its version is not known any more"


def test_a_picture_whose_partner_no_longer_lists_it_goes_though_its_state_is_lost(world):
    hotel(world)
    damage(world, CACHES["everything"], None)
    server(world, 503)
    world.catalogue("atlas", "2", {"a1": [world.site.address + "/0.jpg"]})
    report = world.process()
    assert [p.best.url.rpartition("/")[2] for p in report.manifest.pictures] == ["0.jpg"]


def test_a_person_can_hide_a_picture_whose_state_is_lost(world):
    first = hotel(world)
    damage(world, CACHES["everything"], None)
    server(world, 503)
    line = {"action": "hide", "images": [first.pictures[0].best.sha256]}
    world.inbox.put("overrides/h1.jsonl", json.dumps(line).encode())
    report = world.process()
    assert [p.best.sha256 for p in report.manifest.pictures] == [p.best.sha256 for p in first.pictures[1:]]


def test_a_picture_with_one_copy_left_is_shown_by_that_copy(world):
    hotel(world)
    damage(world, CACHES["everything"], None)
    server(world, 503)
    world.serve("/small.jpg", jpeg(photo(0).resize((500, 333)), 70))
    changed(world)
    report = world.process()
    assert len(report.manifest.pictures) == 3
    assert any(p.best.url.endswith("small.jpg") for p in report.manifest.pictures)


def test_what_a_smaller_budget_would_refuse_stays_although_its_fingerprints_are_lost(world):
    """The budget is for bytes that were never examined: what is published stays, and the reason says why."""
    first = hotel(world)
    damage(world, (PRINTS,), None)
    changed(world)
    tight = world.settings.filter.model_copy(update={"max_decode_mb": 1})
    report = world.process(settings=world.settings.model_copy(update={"filter": tight}))
    assert [p.best.sha256 for p in report.manifest.pictures] == [p.best.sha256 for p in first.pictures]
    assert all("too_many_pixels" in p.best.reason for p in report.manifest.pictures)
    assert report.work.downloads == 0


def test_what_kills_the_process_when_it_is_examined_again_stays_and_is_tried_again_a_day_later(world):
    first = hotel(world)
    damage(world, (PRINTS,), None)
    changed(world)
    world.wait(minutes=1)

    def killed(*_, **__):
        raise ChildCrashedError("out of memory")

    report = world.process(call=killed)
    assert [p.best.sha256 for p in report.manifest.pictures] == [p.best.sha256 for p in first.pictures]
    assert [entry.kind for entry in report.manifest.pending] == ["download"]
    world.wait(hours=23)
    assert world.process().status == "unchanged"
    world.wait(hours=1)
    after = world.process()
    assert all(p.best.reason is None for p in after.manifest.pictures)
    assert [entry for entry in after.manifest.pending if entry.kind == "download"] == []
