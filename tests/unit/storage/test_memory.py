"""The store of tests and simulations: times come from the clock it was given."""

from datetime import UTC, datetime, timedelta

from image_release.storage import MemoryStore


def test_times_come_from_the_clock_that_was_given():
    """A simulation can let days pass; a new put has a new time."""
    now = datetime(2026, 11, 24, tzinfo=UTC)
    store = MemoryStore(clock=lambda: now)
    store.put("a", b"x")
    now += timedelta(days=8)
    store.put("b", b"x")
    assert [listed.modified.day for listed in store.list("")] == [24, 2]
    store.put("a", b"x")
    assert store.head("a").modified == now


def test_what_was_put_cannot_be_changed_from_outside():
    """The store keeps a copy."""
    data = bytearray(b"old")
    store = MemoryStore()
    store.put("a", data)
    data[:] = b"new"
    assert store.get("a").data == b"old"
