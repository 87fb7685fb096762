"""What a server sends decides, not that it answered 200: good pictures stay, through real HTTP (invariant 5)."""

import io

import pytest
from PIL import Image

from image_release.outcomes import Outcome
from image_release.store_keys import original_key
from image_release.values import Accommodation, sha256_hex
from tests.integration.world import World, jpeg, photo

GOOD = jpeg(photo(0))
TINY = jpeg(photo(3).resize((10, 10)))


def flat_png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (400, 300), "white").save(out, "PNG")
    return out.getvalue()


NOT_WHOLE = {
    "a page": b"<html>We will be back soon</html>",
    "nothing": b"",
    "half a picture": GOOD[: len(GOOD) // 2],
    "a picture without its last bytes": GOOD[:-300],
    "a header alone": GOOD[:600],
    "JSON": b'{"error": "try again"}',
    "an SVG": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "zeros": bytes(5000),
}
REFUSED = {"a tiny picture": TINY, "a white picture": flat_png()}


@pytest.fixture
def world():
    world = World()
    yield world
    world.close()


def hotel(world, files: dict[str, bytes], version: str = "1", **more):
    images = [{"url": world.serve(f"/{name}", data), "version": version} for name, data in files.items()]
    world.catalogue("atlas", version, {"a1": images})
    world.release("r1", {"h1": [("atlas", "a1")]})
    return world.process(**more)


def copies(world) -> set[str]:
    return {item.key.rpartition("/")[2] for item in world.state.list("accommodations/") if "/originals/" in item.key}


@pytest.mark.parametrize("sent", NOT_WHOLE.values(), ids=NOT_WHOLE.keys())
def test_bytes_that_are_no_whole_image_leave_the_good_copy_until_the_server_is_well(world, sent):
    first = hotel(world, {"0.jpg": GOOD}).manifest
    for n, version in enumerate("234"):
        report = hotel(world, {"0.jpg": sent}, version)
        assert report.outcomes == {Outcome.PUBLISHED: 1}
        assert "unavailable: the server sent no whole image" in report.images[0].reason
        assert report.manifest.named_keys() == first.named_keys()
        assert [entry.kind for entry in report.manifest.pending] == ["download"]
        assert copies(world) == {sha256_hex(GOOD)}, "refused bytes are not kept"
        world.wait(days=n + 2)
    world.serve("/0.jpg", GOOD)
    report = world.process()
    assert report.manifest.pending == ()
    assert report.manifest.pictures[0].best.reason is None


def test_a_new_good_picture_is_found_although_its_version_was_already_known(world):
    hotel(world, {"0.jpg": GOOD})
    hotel(world, {"0.jpg": b"<html>"}, "2")
    world.serve("/0.jpg", jpeg(photo(7)))
    assert world.process().status == "unchanged", "the wait is an hour"
    world.wait(hours=1)
    assert world.process().manifest.pictures[0].best.sha256 == sha256_hex(jpeg(photo(7)))


def test_a_304_confirms_the_copy_that_we_hold_and_not_the_bytes_that_came_last(world):
    hotel(world, {"0.jpg": GOOD})
    hotel(world, {"0.jpg": b"<html>"}, "2")
    world.wait(hours=1)
    world.serve("/0.jpg", GOOD)
    report = world.process()
    assert report.work.downloads == 0, "the server answered 304 to the good copy's ETag"
    assert report.manifest.pending == ()


@pytest.mark.parametrize("sent", REFUSED.values(), ids=REFUSED.keys())
def test_a_whole_image_that_is_refused_takes_the_good_ones_place_after_a_day(world, sent):
    hotel(world, {"0.jpg": GOOD, "1.jpg": jpeg(photo(1))})
    report = hotel(world, {"0.jpg": sent, "1.jpg": jpeg(photo(1))}, "2")
    assert report.outcomes == {Outcome.PUBLISHED: 2}
    assert sha256_hex(sent) not in copies(world)
    world.wait(days=1)
    report = world.process()
    assert report.outcomes[Outcome.PUBLISHED] == 1
    assert sum(report.outcomes.values()) == 2
    world.wait(days=1)
    assert not [entry for entry in world.process().manifest.pending if entry.kind == "download"]


def test_refused_images_count_for_the_brake(world):
    brakes = world.settings.brakes.model_copy(update={"max_gone_share": 0.3})
    world.settings = world.settings.model_copy(update={"brakes": brakes})
    hotel(world, {f"{n}.jpg": jpeg(photo(n)) for n in range(3)})
    hotel(world, {f"{n}.jpg": jpeg(photo(n).resize((20 + n, 10))) for n in range(3)}, "2")
    world.wait(days=1, hours=1)
    held = world.process()
    assert held.outcomes == {Outcome.PUBLISHED: 3}
    assert all("held: too many images of atlas go" in image.reason for image in held.images)
    world.inbox.put(f"accepts/catalogues/atlas/gone-{world.now.date()}", b"")
    world.wait(days=1)
    assert world.process().outcomes == {Outcome.TOO_SMALL: 3}


def test_other_settings_judge_the_good_copy_at_once(world):
    hotel(world, {"0.jpg": GOOD})
    strict = world.settings.filter.model_copy(update={"min_short_side_px": 5000})
    report = world.process(settings=world.settings.model_copy(update={"filter": strict}))
    assert report.outcomes == {Outcome.TOO_SMALL: 1}
    assert report.work.downloads == 0


@pytest.mark.parametrize(
    ("sent", "outcome"),
    [(b"<html>", Outcome.NOT_AN_IMAGE), (GOOD[:9000], Outcome.TRUNCATED), (TINY, Outcome.TOO_SMALL)],
)
def test_an_image_that_we_never_had_is_refused_as_what_it_is(world, sent, outcome):
    assert hotel(world, {"0.jpg": sent}).outcomes == {outcome: 1}
    assert world.state.head(original_key(Accommodation("atlas", "a1"), sha256_hex(sent)))


def test_an_image_that_we_never_had_comes_when_the_server_is_well(world):
    hotel(world, {"0.jpg": b"<html>"})
    world.serve("/0.jpg", GOOD)
    world.wait(hours=1)
    assert world.process().outcomes == {Outcome.PUBLISHED: 1}


def test_one_page_for_every_url_is_examined_once(world):
    hotel(world, {f"{n}.jpg": jpeg(photo(n)) for n in range(4)})
    report = hotel(world, {f"{n}.jpg": b"<html>" for n in range(4)}, "2")
    assert (report.outcomes, report.work.decodes) == ({Outcome.PUBLISHED: 4}, 1)
