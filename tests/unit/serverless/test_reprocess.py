"""`reprocess`: the hotels of a request are fixed when it first comes, and its progress stays exact."""

import json
from collections import Counter
from dataclasses import replace

import pytest

from image_release.ingest import MissingInputError, RequestError, mark_done, parse_request, progress
from image_release.ingest.listings import write_listing
from image_release.serverless.fan_out import fan_out
from image_release.serverless.messages import ShareMessage
from image_release.serverless.reprocess import NoReleaseError, RequestTakenError, reprocess, reprocess_at, request_at
from image_release.serverless.shares import do_share
from image_release.serverless.steps import STEPS
from image_release.store_keys import request_key
from image_release.values import Accommodation, CatalogueImage, Listing
from tests.unit.ingest.interrupted import Interrupted
from tests.unit.serverless.killing import kills


def request(**fields):
    document = {"request_id": "q1", "cities": ["Bilbao"], **fields}
    return parse_request(json.dumps(document).encode(), "q1.json")


def test_a_request_nudges_its_hotels_urgently_and_under_its_id(world):
    fan_out(world.release("r1", {"h1": ["a"], "h2": ["b"]}), world.suite)
    assert reprocess(request(), world.suite).nudged == 2
    bodies = world.take(world.suite.urgent)
    assert sorted(body["hotel_id"] for body in bodies) == ["h1", "h2"]
    assert {body["request_id"] for body in bodies} == {"q1"}


def test_the_job_of_a_decision_for_every_hotel_tells_its_hotels_why_they_are_nudged(world):
    fan_out(world.release("r1", {"h1": ["a"], "h2": ["b"]}), world.suite)
    reprocess(request(cities=[], hotel_ids=["h2"], decision="0" * 64), world.suite)
    [body] = world.take(world.suite.urgent)
    assert (body["hotel_id"], body["reason"], body["request_id"]) == ("h2", "everywhere", "q1")


def test_a_request_without_a_decision_is_stored_as_older_programs_know_it(world):
    assert "decision" not in request().model_dump(mode="json")


def test_a_request_for_everything_is_bulk_work(world):
    fan_out(world.release("r1", {"h1": ["a"]}), world.suite)
    reprocess(request(cities=[], all=True), world.suite)
    assert (len(world.suite.urgent), len(world.suite.bulk)) == (0, 1)


def test_a_request_that_comes_twice_nudges_the_same_hotels_even_after_a_new_release(world):
    fan_out(world.release("r1", {"h1": ["a"], "h2": ["b"]}), world.suite)
    reprocess(request(), world.suite)
    world.take(world.suite.urgent)
    fan_out(world.release("r2", {"h2": ["b"], "h3": ["c"]}), world.suite)
    reprocess(request(), world.suite)
    assert sorted(body["hotel_id"] for body in world.take(world.suite.urgent)) == ["h1", "h2"]
    for hotel_id in ("h1", "h2", "h1"):
        mark_done(world.suite.state, "q1", hotel_id)
    found = progress(world.suite.state, "q1")
    assert (found.total, found.done) == (2, 2)


def test_a_request_that_comes_twice_at_once_nudges_what_the_first_one_selected(world):
    """Between the read and the write of one a new release comes into force, and the other one selects from that."""
    state = Interrupted()
    suite = replace(world.suite, state=state)

    def rival():
        fan_out(world.release("r2", {"h2": ["b"], "h3": ["c"]}), suite)
        reprocess(request(), suite)
        world.take(suite.urgent)

    fan_out(world.release("r1", {"h1": ["a"]}), suite)
    state.before[request_key("q1", "selected.json.gz")] = rival
    for _ in range(2):
        reprocess(request(), suite)
        assert sorted(body["hotel_id"] for body in world.take(suite.urgent)) == ["h2", "h3"]


def test_a_request_with_the_id_of_another_one_is_refused(world):
    fan_out(world.release("r1", {"h1": ["a"]}), world.suite)
    reprocess(request(), world.suite)
    with pytest.raises(RequestTakenError):
        reprocess(request(force="retag"), world.suite)


def test_a_dry_run_estimates_the_cost_and_nudges_no_hotel(world):
    fan_out(world.release("r1", {"h1": ["a"], "h2": ["b"]}), world.suite)
    requested = reprocess(request(dry_run=True), world.suite)
    assert (requested.hotels, requested.nudged, requested.estimate.hotels) == (2, 0, 2)
    assert len(world.suite.urgent) == 0
    assert progress(world.suite.state, "q1") is None
    assert reprocess(request(), world.suite).nudged == 2


def test_a_dry_run_says_what_the_tagger_of_the_stage_costs(world):
    fan_out(world.release("r1", {"h1": ["a"]}), world.suite)
    images = tuple(CatalogueImage(f"https://p.example/{number}") for number in range(60))
    write_listing(world.suite.state, Listing(Accommodation("atlas", "a"), "1", images))
    taggers = ("google", "google+local", "local", "none")
    found = [
        reprocess(request(dry_run=True, request_id=tagger[-5:]), replace(world.suite, tagger=tagger)).estimate
        for tagger in taggers
    ]
    assert [(told.tagger, told.vision_images_about, told.tagging_dollars_about) for told in found] == [
        ("google", 20, 0.03),
        ("google+local", 20, 0.03),
        ("local", 0, 0),
        ("none", 0, 0),
    ]


def test_a_request_before_the_first_release_raises_an_error(world):
    with pytest.raises(NoReleaseError):
        reprocess(request(), world.suite)


def test_an_object_that_is_no_request_is_reported(world):
    world.suite.inbox.put("requests/q1.json", b"{}")
    with pytest.raises(RequestError):
        request_at("requests/q1.json", world.suite)
    with pytest.raises(MissingInputError):
        request_at("requests/q2.json", world.suite)


class TestALargeRequest:
    """Its hotels are nudged in shares of two."""

    @pytest.fixture
    def suite(self, world):
        fan_out(world.release("r1", {f"h{number}": [f"a{number}"] for number in range(5)}), world.suite)
        world.take(world.suite.shards)
        return replace(world.suite, hotels_a_share=2)

    def work(self, world):
        """Do all shares that wait; return how often each hotel was nudged."""
        for body in world.take(world.suite.shards):
            do_share(ShareMessage.model_validate(body), world.suite, STEPS)
        return Counter(body["hotel_id"] for body in world.take(world.suite.urgent))

    def test_is_nudged_in_shares_and_its_progress_is_exact(self, world, suite):
        requested = reprocess(request(), suite)
        assert (requested.hotels, requested.nudged, requested.shares) == (5, 0, 3)
        assert self.work(world) == Counter(f"h{number}" for number in range(5))
        assert progress(suite.state, "q1").total == 5

    def test_that_a_retry_brings_again_repeats_nothing(self, world, suite):
        reprocess(request(), suite, occasion="one")
        self.work(world)
        assert reprocess(request(), suite, occasion="one").shares == 0
        assert self.work(world) == Counter()

    def test_that_a_person_makes_again_is_nudged_again(self, world, suite):
        suite.inbox.put("requests/q1.json", b'{"request_id": "q1", "cities": ["Bilbao"]}')
        assert reprocess_at("requests/q1.json", suite).shares == 3
        assert reprocess_at("requests/q1.json", suite).shares == 3  # nothing is done yet
        self.work(world)
        assert reprocess_at("requests/q1.json", suite).shares == 0
        world.wait(seconds=1)
        suite.inbox.put("requests/q1.json", b'{"request_id": "q1", "cities": ["Bilbao"]}')
        assert reprocess_at("requests/q1.json", suite).shares == 3
        assert self.work(world) == Counter(f"h{number}" for number in range(5))

    @pytest.mark.parametrize("after", [False, True])
    def test_that_is_killed_anywhere_comes_back_and_repeats_no_share_that_is_done(self, world, suite, after):
        found = Counter()
        for _ in kills(suite, lambda doomed: reprocess(request(), doomed), after=after):
            found += self.work(world)
        found += self.work(world)
        assert found == Counter(f"h{number}" for number in range(5))
        assert progress(suite.state, "q1").total == 5
