"""Due-markers: what is listed until a day, and that a marker written anew is not taken for served."""

from datetime import UTC, date, datetime

import pytest

from image_release.state import leave_marker, mark_served, marker_etag, markers_until
from image_release.storage import MemoryStore
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
    assert [state.get(marker.key).data for marker in found] == [b"", b""]
    assert {marker.modified for marker in found} == {NOW}


def test_a_served_marker_is_told_by_its_listing(state):
    leave_marker(state, TODAY, "tag", "h", b"{}")
    assert mark_served(state, TODAY, "tag", "h", marker_etag(state, TODAY, "tag", "h"))
    assert [marker.is_served for marker in markers_until(state, TODAY)] == [True]


def test_a_marker_that_was_written_anew_stays_due(state):
    leave_marker(state, TODAY, "tag", "h", b"of manifest 1")
    etag = marker_etag(state, TODAY, "tag", "h")
    leave_marker(state, TODAY, "tag", "h", b"of manifest 2")
    assert not mark_served(state, TODAY, "tag", "h", etag)
    assert [marker.is_served for marker in markers_until(state, TODAY)] == [False]


def test_no_marker_has_no_etag(state):
    assert marker_etag(state, TODAY, "tag", "h") is None


def test_a_marker_that_was_deleted_cannot_be_served(state):
    leave_marker(state, TODAY, "tag", "h")
    etag = marker_etag(state, TODAY, "tag", "h")
    state.delete(due_key(TODAY, "tag", "h"))
    assert not mark_served(state, TODAY, "tag", "h", etag)
    assert list(markers_until(state, TODAY)) == []
