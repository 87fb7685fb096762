"""A program with a new order version meets published hotels: it reads, computes, and writes a manifest each."""

import json

import pytest

from image_release.hotel import load
from image_release.storage import CountingStore, StoreCounter
from image_release.tag import NoTagger, RecordedTagger
from tests.integration.world import World, jpeg, photo

HOTELS = {"h1": (1, 2, 3), "h2": (4, 5, 6)}
"""Hotel -> seeds of its photographs."""
SIZES = {"atlas": (480, 320), "bedbank": (400, 267)}
"""Partner -> size of the copies that it sends."""


@pytest.fixture(params=["none", "recorded"])
def old(request, tmp_path, monkeypatch):
    """Two hotels of two partners that an older program published, without a tagger or with recorded labels."""
    monkeypatch.setattr(load, "PRIORITISING_VERSION", "prioritise-1")
    world = World()
    for partner, size in SIZES.items():
        urls = {
            hotel: [world.serve(f"/{partner}/{seed}.jpg", jpeg(photo(seed).resize(size))) for seed in seeds]
            for hotel, seeds in HOTELS.items()
        }
        world.catalogue(partner, "1", urls)
    world.release("r1", {hotel: [(partner, hotel) for partner in SIZES] for hotel in HOTELS})
    lines = [
        {"url": world.site.address + path, "labels": [{"description": "Bed", "score": 0.9}]}
        for path in world.site.files
    ]
    file = tmp_path / "labels.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    world.tagger = NoTagger() if request.param == "none" else RecordedTagger(file)
    for hotel in HOTELS:
        assert world.process(hotel).status == "processed"
    world.site.asked.clear()
    yield world
    world.close()


def processed(world):
    """The reports of all hotels, and how many objects were written."""
    counter = StoreCounter()
    stores = {name: CountingStore(getattr(world, name), counter) for name in ("inbox", "state", "published")}
    return [world.process(hotel, **stores) for hotel in HOTELS], counter.writes


def test_with_the_order_version_of_then_nothing_is_asked_and_nothing_written(old):
    reports, writes = processed(old)
    assert {report.status for report in reports} == {"unchanged"}
    assert (writes, old.site.asked) == (0, [])


def test_with_a_new_one_hotels_are_processed_without_downloads_decodes_tags_or_renditions(old, monkeypatch):
    """Nothing is newly best, so every rendition stands: a page, a manifest and the record of its change are written."""
    before = {hotel: old.process(hotel).manifest for hotel in HOTELS}
    monkeypatch.setattr(load, "PRIORITISING_VERSION", "prioritise-new")
    reports, writes = processed(old)
    assert {report.status for report in reports} == {"processed"}
    for report in reports:
        work = report.work
        assert (work.downloads, work.decodes, work.tagged, work.renditions_written) == (0, 0, 0, 0)
        assert report.manifest.named_keys() == before[report.manifest.hotel_id].named_keys()
    assert old.site.asked == []
    assert writes == 3 * len(HOTELS)


def test_only_what_is_newly_shown_is_rendered(old, monkeypatch):
    """A hotel that may show one picture more gets the renditions of that one, from one decode."""
    settings = old.settings
    fewer = settings.publishing.model_copy(update={"max_pictures": 2})
    old.settings = settings.model_copy(update={"publishing": fewer})
    processed(old)
    old.settings = settings
    monkeypatch.setattr(load, "PRIORITISING_VERSION", "prioritise-new")
    works = [report.work for report in processed(old)[0]]
    assert [(work.decodes, work.renditions_written) for work in works] == [(1, len(settings.renditions))] * 2
    assert [(work.downloads, work.tagged) for work in works] == [(0, 0)] * 2
