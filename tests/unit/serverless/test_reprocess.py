"""`reprocess`: what a request selects is fixed when it is first seen; progress stays exact."""

import json

import pytest

from image_release.ingest import MissingInputError, RequestError, mark_done, parse_request, progress
from image_release.serverless.fan_out import fan_out
from image_release.serverless.reprocess import NoReleaseError, RequestTakenError, reprocess, request_at


def request(**fields):
    document = {"request_id": "q1", "cities": ["Bilbao"], **fields}
    return parse_request(json.dumps(document).encode(), "q1.json")


def test_selects_urgently_in_the_group_of_the_request(hand):
    fan_out(hand.release("r1", {"h1": ["a"], "h2": ["b"]}), hand.suite)
    assert reprocess(request(), hand.suite).nudged == 2
    bodies = hand.take(hand.suite.urgent)
    assert sorted(body["hotel_id"] for body in bodies) == ["h1", "h2"]
    assert {body["request_id"] for body in bodies} == {"q1"}


def test_for_everything_is_bulk_work(hand):
    fan_out(hand.release("r1", {"h1": ["a"]}), hand.suite)
    reprocess(request(cities=[], all=True), hand.suite)
    assert (len(hand.suite.urgent), len(hand.suite.bulk)) == (0, 1)


def test_that_comes_twice_nudges_the_same_hotels_whatever_release_came_meanwhile(hand):
    fan_out(hand.release("r1", {"h1": ["a"], "h2": ["b"]}), hand.suite)
    reprocess(request(), hand.suite)
    hand.take(hand.suite.urgent)
    fan_out(hand.release("r2", {"h2": ["b"], "h3": ["c"]}), hand.suite)
    reprocess(request(), hand.suite)
    assert sorted(body["hotel_id"] for body in hand.take(hand.suite.urgent)) == ["h1", "h2"]
    for hotel_id in ("h1", "h2", "h1"):
        mark_done(hand.suite.state, "q1", hotel_id)
    found = progress(hand.suite.state, "q1")
    assert (found.total, found.done) == (2, 2)


def test_with_an_id_that_another_has_is_refused(hand):
    fan_out(hand.release("r1", {"h1": ["a"]}), hand.suite)
    reprocess(request(), hand.suite)
    with pytest.raises(RequestTakenError):
        reprocess(request(force="retag"), hand.suite)


def test_a_dry_run_says_what_it_would_cost_and_nudges_nobody(hand):
    fan_out(hand.release("r1", {"h1": ["a"], "h2": ["b"]}), hand.suite)
    requested = reprocess(request(dry_run=True), hand.suite)
    assert (requested.hotels, requested.nudged, requested.estimate.hotels) == (2, 0, 2)
    assert len(hand.suite.urgent) == 0
    assert progress(hand.suite.state, "q1") is None
    assert reprocess(request(), hand.suite).nudged == 2


def test_before_any_release_waits_for_one(hand):
    with pytest.raises(NoReleaseError):
        reprocess(request(), hand.suite)


def test_an_object_that_is_none_is_told(hand):
    hand.suite.inbox.put("requests/q1.json", b"{}")
    with pytest.raises(RequestError):
        request_at("requests/q1.json", hand.suite)
    with pytest.raises(MissingInputError):
        request_at("requests/q2.json", hand.suite)
