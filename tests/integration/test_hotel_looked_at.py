"""A hotel whose pictures a local model looked at: the appeal decides; manifest, page and command say by how much."""

from __future__ import annotations

import pytest

from image_release.cli.hotel import _tell_why
from image_release.settings import Settings
from image_release.store_keys import page_key
from image_release.tag import Tagged
from image_release.values import Label, Look
from tests.integration.world import World, jpeg, photo

SEEN = {1: ("Bathroom", 0.95), 2: ("Swimming pool", 0.8), 3: ("Bedroom", 0.3)}
"""Seed of a photo -> what the model says of it. The bathroom is the most appealing one."""


class Model:
    """A tagger that looks: it knows each photo by the number in its URL."""

    identity = "local-test"
    wants_views = True

    def tag(self, requests, *, deadline_s=None):
        answers = {}
        for request in requests:
            label, appeal = SEEN[int(request.url.rpartition("/")[2].removesuffix(".jpg"))]
            answers[request.sha256] = Tagged((Label(label, 0.9),), Look(self.identity, appeal, (1.0, 0.0)))
        return answers


@pytest.fixture(scope="module")
def seen():
    world = World()
    urls = [world.serve(f"/{seed}.jpg", jpeg(photo(seed))) for seed in SEEN]
    world.catalogue("p", "v1", {"1": urls})
    world.release("r1", {"h1": [("p", "1")]})
    world.tagger = Model()
    world.settings = world.settings.resolved_for("looks")
    yield world, world.process("h1")
    world.site.close()


def test_opens_with_the_most_appealing_picture_of_a_kind_that_may_open(seen):
    """The bathroom comes second although it scores most; the manifest says why, and by which model."""
    _, report = seen
    pictures = report.manifest.pictures
    assert [picture.category for picture in pictures] == ["pool", "bathroom", "bedroom"]
    assert [picture.held_back for picture in pictures] == [None, "the kind bathroom never opens a hotel", None]
    part = pictures[0].score.parts["appeal"]
    assert (part.value, part.model) == (0.8, "local-test")
    assert part.weight == Settings().resolved_for("looks").prioritising.weights.appeal


def test_has_all_of_it_on_its_page(seen):
    world, _ = seen
    page = world.published.get(page_key("h1")).data.decode()
    assert "by local-test" in page
    assert "but the kind bathroom never opens a hotel" in page


def test_is_told_with_its_parts(seen, capsys):
    """As the command `hotel` prints it."""
    _, report = seen
    (bathroom,) = [image.picture for image in report.images if image.position == 2]
    _tell_why(bathroom)
    told = capsys.readouterr().out
    assert "bathroom, score 0." in told
    assert "appeal 0.95 × 0.65 by local-test" in told
    assert told.endswith("; the kind bathroom never opens a hotel\n")


def test_a_new_weight_needs_no_download_no_decode_and_no_tag(seen):
    """Only the manifest is written anew, and the order is another one. (The last test: it publishes again.)"""
    world, _ = seen
    weights = {"size": 0, "partner": 0, "category": 0, "appeal": 1}
    changed = {**world.settings.prioritising.model_dump(), "weights": weights, "never_first": ["pool"]}
    settings = Settings.model_validate({**world.settings.model_dump(), "prioritising": changed})
    report = world.process("h1", settings=settings)
    assert [picture.category for picture in report.manifest.pictures] == ["bathroom", "pool", "bedroom"]
    work = report.work
    assert (report.status, work.downloads, work.decodes, work.tagged, work.renditions_written) == (
        "processed",
        0,
        0,
        0,
        0,
    )
