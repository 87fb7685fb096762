"""A request to process hotels again: what it may contain, and progress that is exact when a nudge comes twice."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.ingest import (
    HotelRequest,
    Progress,
    RequestError,
    asked_of,
    mark_done,
    mark_failed,
    mark_waiting,
    parse_request,
    progress,
    request_ids,
    store_request,
)
from image_release.storage import MemoryStore
from image_release.values import Nudge


def request(**fields: object):
    return parse_request(json.dumps({"request_id": "r1", "hotel_ids": ["h1"], **fields}).encode(), "r1.json")


class TestDocument:
    def test_with_every_key_is_read(self):
        """A document may have every key at once; an empty box counts as none."""
        document = {
            "request_id": "r-1", "countries": ["ES"], "cities": [], "bbox": [], "hotel_ids": [], "partners": ["a"],
            "all": False, "force": "rerender", "dry_run": False,
        }  # fmt: skip
        found = parse_request(json.dumps(document).encode(), "r-1.json")
        assert (found.countries, found.bbox, found.partners, found.force) == (("ES",), None, ("a",), "rerender")

    @pytest.mark.parametrize(
        ("fields", "rule"),
        [
            ({"hotel_ids": []}, "selects nothing"),
            ({"countries": ["es"]}, "countries.0"),
            ({"bbox": [0, 0, 1]}, "bbox"),
            ({"bbox": [-180.1, 0, 1, 1]}, "bbox.0"),
            ({"bbox": [0, -90.1, 1, 1]}, "bbox.1"),
            ({"bbox": [0, 0, 180.1, 1]}, "bbox.2"),
            ({"bbox": [0, 0, 1, 90.1]}, "bbox.3"),
            ({"bbox": [0, 10, 1, 5]}, "south must not be above north"),
            ({"force": "everything"}, "force"),
            ({"request_id": ""}, "request_id"),
            ({"request_id": "../r"}, "request_id"),
            ({"request_id": ".."}, "request_id"),
            ({"hotels": ["h"]}, "hotels"),
        ],
    )
    def test_that_breaks_a_rule_is_refused_with_file_and_rule(self, fields, rule):
        """A mistyped request must not select every hotel."""
        with pytest.raises(RequestError, match=rule) as refused:
            request(**fields)
        assert str(refused.value).startswith("r1.json:")

    def test_may_have_the_whole_world_as_its_box(self):
        assert request(bbox=[-180, -90, 180, 90]).bbox == (-180, -90, 180, 90)

    def test_that_is_no_json_is_refused(self):
        """The error says that the document is not JSON."""
        with pytest.raises(RequestError, match="Invalid JSON"):
            parse_request(b"{", "r.json")


class TestProgress:
    @given(st.lists(st.tuples(st.sampled_from(["done", "failed", "waiting"]), st.sampled_from(["h1", "h/2", "h3"]))))
    def test_counts_each_hotel_once(self, events):
        """Nudges may come in any order and several times; a hotel that was done once counts as done."""
        state = MemoryStore()
        store_request(state, request(), 3)
        for kind, hotel_id in events:
            if kind == "failed":
                mark_failed(state, "r1", hotel_id, "a reason")
            else:
                (mark_done if kind == "done" else mark_waiting)(state, "r1", hotel_id)
        done = {hotel_id for kind, hotel_id in events if kind == "done"}
        waiting = {hotel_id for kind, hotel_id in events if kind == "waiting"} - done
        failed = {hotel_id for _, hotel_id in events} - done - waiting
        assert progress(state, "r1") == Progress("r1", 3, len(done), len(failed), len(waiting))

    def test_of_an_unknown_request_is_none(self):
        """A request that was never stored has no progress."""
        assert progress(MemoryStore(), "r1") is None

    def test_requests_are_listed(self):
        """Ids are sorted, and each is listed once, however many objects its request has."""
        state = MemoryStore()
        for name in ("b", "a"):
            store_request(state, request(request_id=name), 2)
            mark_done(state, name, "request.json")
            mark_done(state, name, "h1")
        assert list(request_ids(state)) == ["a", "b"]


class TestForce:
    def test_is_served_once_for_each_hotel(self):
        """A nudge that is delivered twice does not download twice."""
        state = MemoryStore()
        store_request(state, request(force="redownload"), 2)
        nudges = [Nudge(hotel_id, "request", "r1") for hotel_id in ("h1", "h2")]
        mark_done(state, "r1", "h1")
        assert [asked_of(state, nudge).force for nudge in nudges] == ["none", "redownload"]

    def test_names_the_settings_that_the_request_was_made_under(self):
        """Also once the hotel is done: older settings have nothing to add."""
        state, moment = MemoryStore(), datetime(2026, 11, 30, 4, tzinfo=UTC)
        store_request(state, request(), 1, moment)
        mark_done(state, "r1", "h1")
        assert asked_of(state, Nudge("h1", "request", "r1")) == HotelRequest("none", moment)

    def test_of_no_request_is_none(self):
        """A nudge without a request forces nothing, and neither does one whose request is unknown."""
        assert asked_of(MemoryStore(), Nudge("h1", "catalogue")) == HotelRequest()
        assert asked_of(MemoryStore(), Nudge("h1", "request", "r9")) == HotelRequest()


def test_an_error_says_the_rule_without_the_address_of_a_library():
    with pytest.raises(RequestError) as refused:
        request(countries=["es"])
    assert "http" not in str(refused.value)
    assert "'es'" in str(refused.value)
