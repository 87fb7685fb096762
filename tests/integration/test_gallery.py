"""The gallery of processed hotels: pages with places, decisions and copies, made again byte for byte."""

import json

import pytest

from image_release.gallery import write_index, write_pages
from image_release.storage import Stores
from image_release.store_keys import GALLERY_INDEX, page_key
from tests.integration.world import World, jpeg, photo


@pytest.fixture(scope="module")
def world():
    """A hotel of two pictures, one of them with a copy and pinned to the front, and an image that is too small."""
    world = World()
    files = {
        "a.jpg": photo(1),
        "b.jpg": photo(2),
        "copy.jpg": photo(2).resize((600, 400)),
        "tiny.jpg": photo(3, (99, 80)),
    }
    world.catalogue("atlas", "1", {"a1": [world.serve(f"/{name}", jpeg(image)) for name, image in files.items()]})
    world.release("r1", {"h1": [("atlas", "a1")]})
    last = world.process().manifest.pictures[-1]
    pin = {"action": "pin", "images": [last.best.sha256], "position": 1, "by": "Ana", "why": "new", "at": "2026-11-24"}
    world.inbox.put("overrides/h1.jsonl", json.dumps(pin).encode() + b"\n")
    world.pinned = last.best.sha256
    world.report = world.process()
    yield world
    world.close()


def page(world, key=None):
    return world.published.get(key or page_key("h1")).data.decode()


def test_the_manifest_names_who_pinned_a_picture_and_only_there(world):
    """Bytes of manifests without a pin stay as they were."""
    first, second = world.report.manifest.pictures
    assert (first.best.sha256, first.pinned.model_dump()) == (
        world.pinned,
        {"by": "Ana", "why": "new", "at": "2026-11-24"},
    )
    document = json.loads(world.report.manifest.to_bytes())
    assert ["pinned" in picture for picture in document["pictures"]] == [True, False]
    assert second.pinned is None


def test_a_page_shows_the_place_the_pin_and_the_copies(world):
    """The copy has no rendition, so its thumbnail is part of the page; the file that is too small was never decoded."""
    text = page(world)
    assert "Bilbao, ES" in text
    assert "pinned here by Ana, 2026-11-24: new" in text
    assert text.count("data:image/jpeg;base64,") == 1


def test_the_pages_are_made_again_byte_for_byte(world):
    """From stored state alone: `image-release gallery` writes what the worker wrote."""
    before = page(world)
    world.published.delete(page_key("h1"))
    assert write_pages(Stores(world.inbox, world.state, world.published)) == 1
    assert page(world) == before


def test_the_index_names_places_and_hotels_that_need_a_look(world):
    """If rows cannot be read, the index is written without places."""
    stores = Stores(world.inbox, world.state, world.published)
    write_index(stores)
    assert "h1 · Bilbao, ES" in page(world, GALLERY_INDEX)
    assert "fewer than 5 pictures" in page(world, GALLERY_INDEX)
    [shard] = [item.key for item in world.state.list("releases/") if "/rows/" in item.key]
    kept = world.state.get(shard).data
    world.state.put(shard, b"damaged")
    write_index(stores)
    world.state.put(shard, kept)
    assert "Bilbao, ES" not in page(world, GALLERY_INDEX)
    assert "fewer than 5 pictures" in page(world, GALLERY_INDEX)
