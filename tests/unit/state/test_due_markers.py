"""Due-markers: what is listed until a day, and that a marker written anew is not taken for served."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.state import SERVED, leave_marker, marker_etag, markers_of, markers_until, remove_marker
from image_release.storage import MemoryStore
from image_release.storage.naming import key_fault
from image_release.store_keys import due_key

TODAY, TOMORROW = date(2026, 11, 29), date(2026, 11, 30)
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.fixture
def state():
    return MemoryStore(clock=lambda: NOW)


def test_markers_are_listed_by_day_up_to_one(state):
    for day in (TOMORROW, TODAY, date(2026, 1, 1)):
        leave_marker(state, day, "tag", "h/1")
    state.put("due/whatever", b"")
    for stray in ("due/2026-11-32/tag/h", "due/20261101/tag/h", "due/2026-11-01/tag/%FF", "due/2026-11-01/tag/h/x"):
        state.put(stray, b"")
    found = list(markers_until(state, TODAY))
    assert [(marker.day, marker.kind, marker.hotel_id, marker.is_served) for marker in found] == [
        (date(2026, 1, 1), "tag", "h/1", False),
        (TODAY, "tag", "h/1", False),
    ]
    assert list(markers_of(state, "tag", TODAY)) == found
    assert [state.get(marker.key).data for marker in found] == [b"", b""]
    assert {marker.modified for marker in found} == {NOW}


def test_a_served_marker_is_gone(state):
    leave_marker(state, TODAY, "tag", "h", b"{}")
    assert remove_marker(state, TODAY, "tag", "h", marker_etag(state, TODAY, "tag", "h"))
    assert list(markers_until(state, TODAY)) == []


def test_one_that_an_earlier_version_served_is_told_by_its_listing(state):
    leave_marker(state, TODAY, "tag", "h", SERVED)
    assert [marker.is_served for marker in markers_until(state, TODAY)] == [True]


@given(
    days=st.lists(st.dates(date(2026, 11, 1), date(2026, 12, 3)), max_size=5),
    strays=st.lists(st.text("due/2016-1z0", min_size=1, max_size=14).map("due/".__add__), max_size=5),
    after=st.sampled_from(["", "due/2026-11-25/tag/b", "due/2026-11-25/zzz", "due/", "due/2026-11-250", "due/z"]),
)
def test_markers_of_a_kind_are_those_of_all_markers(days, strays, after):
    """Whatever lies beside them, and wherever the listing begins."""
    state = MemoryStore(clock=lambda: NOW)
    for day in days:
        for kind, hotel in (("tag", "a"), ("tag", "c"), ("sweep", "b"), ("translate", "b")):
            leave_marker(state, day, kind, hotel)
    for key in strays:
        if not key_fault(key):
            state.put(key, b"")
    for kind in ("tag", "sweep"):
        found = [marker.key for marker in markers_of(state, kind, TODAY, after=after)]
        expected = [m.key for m in markers_until(state, TODAY) if m.kind == kind and m.key > after]
        assert found == expected


def test_a_marker_that_was_written_anew_stays_due(state):
    leave_marker(state, TODAY, "tag", "h", b"of manifest 1")
    etag = marker_etag(state, TODAY, "tag", "h")
    leave_marker(state, TODAY, "tag", "h", b"of manifest 2")
    assert not remove_marker(state, TODAY, "tag", "h", etag)
    assert [marker.is_served for marker in markers_until(state, TODAY)] == [False]


def test_no_marker_has_no_etag(state):
    assert marker_etag(state, TODAY, "tag", "h") is None


def test_a_marker_that_was_deleted_cannot_be_served(state):
    leave_marker(state, TODAY, "tag", "h")
    etag = marker_etag(state, TODAY, "tag", "h")
    state.delete(due_key(TODAY, "tag", "h"))
    assert not remove_marker(state, TODAY, "tag", "h", etag)
    assert list(markers_until(state, TODAY)) == []
