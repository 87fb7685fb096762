"""A newer version published a hotel, and this version processes it: nothing stops, and no unknown word is written."""

import json
from datetime import timedelta

import pytest

from image_release.outcomes import Outcome
from image_release.store_keys import cached_images_key, manifest_key
from image_release.values import Accommodation
from tests.integration.world import World, jpeg, photo

NEWER = ("too_blurred", "translate", "weather")
"""An outcome, a kind of pending work and a key that only a newer version knows."""


@pytest.fixture
def world():
    """A published hotel of two photographs and a tiny image."""
    world = World()
    urls = [world.serve(f"/{n}.jpg", jpeg(photo(n))) for n in range(2)]
    tiny = world.serve("/tiny.jpg", jpeg(photo(9, (120, 80))))
    world.catalogue("atlas", "1", {"a1": [*urls, tiny]})
    world.release("r1", {"h1": [("atlas", "a1")]})
    world.process()
    yield world
    world.close()


def published(world) -> bytes:
    return world.published.get(manifest_key("h1")).data


def publish_by_a_newer_version(world):
    """Put words that we do not know into the manifest; the unknown work was due yesterday."""
    document = json.loads(published(world))
    document["weather"] = "fine"
    document["pictures"][0]["best"]["weather"] = "fine"
    document["rejected"][0] |= {"outcome": "too_blurred", "weather": "fine"}
    due = (world.now - timedelta(days=1)).isoformat()
    document["pending"] += [{"kind": "translate", "not_before": due, "reason": None, "keys": ["k"], "weather": "fine"}]
    world.published.put(manifest_key("h1"), json.dumps(document).encode())


def change_catalogue(world, version: str, *paths: str):
    world.catalogue("atlas", version, {"a1": [world.site.address + path for path in paths]})


def test_an_unchanged_hotel_keeps_its_manifest_and_reports_the_unknown_outcome(world):
    """Pending work of an unknown kind is not due for us, whatever its date."""
    publish_by_a_newer_version(world)
    before = published(world)
    report = world.process()
    assert report.status == "unchanged"
    assert report.outcomes == {Outcome.PUBLISHED: 2, "too_blurred": 1}
    assert published(world) == before


def test_a_changed_hotel_is_processed_and_what_the_newer_version_said_is_not_written_again(world):
    publish_by_a_newer_version(world)
    world.serve("/new.jpg", jpeg(photo(50)))
    change_catalogue(world, "2", "/0.jpg", "/1.jpg", "/tiny.jpg", "/new.jpg")
    report = world.process()
    assert report.outcomes == {Outcome.PUBLISHED: 3, Outcome.TOO_SMALL: 1}
    assert report.work.downloads == 1
    assert [word for word in NEWER if word in published(world).decode()] == []


def test_an_override_of_a_newer_version_is_left_out_and_the_others_count(world):
    best = json.loads(published(world))["pictures"][0]["best"]["sha256"]
    newer = {"action": "crop", "images": [best], "box": [0, 0, 1, 1]}
    hide = {"action": "hide", "images": [best]}
    world.inbox.put("overrides/h1.jsonl", "\n".join(map(json.dumps, (newer, hide))).encode())
    assert world.process().outcomes == {Outcome.PUBLISHED: 1, Outcome.HIDDEN: 1, Outcome.TOO_SMALL: 1}


def test_a_cached_failure_of_an_unknown_outcome_is_tried_again(world):
    """The file of the cache stays readable: the good images are not downloaded again."""
    world.serve("/new.jpg", 503)
    change_catalogue(world, "2", "/0.jpg", "/1.jpg", "/new.jpg")
    assert world.process().outcomes == {Outcome.PUBLISHED: 2, Outcome.UNAVAILABLE: 1}
    key = cached_images_key(Accommodation("atlas", "a1"))
    world.state.put(key, world.state.get(key).data.replace(b'"unavailable"', b'"too_blurred"'))
    world.serve("/new.jpg", jpeg(photo(50)))
    change_catalogue(world, "3", "/0.jpg", "/new.jpg")
    report = world.process()
    assert report.outcomes == {Outcome.PUBLISHED: 2}
    assert report.work.downloads == 1
    assert b"too_blurred" not in world.state.get(key).data
