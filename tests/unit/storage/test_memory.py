"""The store of tests and simulations: it takes its times from a clock."""

from datetime import UTC, datetime, timedelta

from image_release.storage import MemoryStore


def test_times_come_from_the_given_clock():
    """A simulation can move the clock by days; every put sets a new time."""
    now = datetime(2026, 11, 24, tzinfo=UTC)
    store = MemoryStore(clock=lambda: now)
    store.put("a", b"x")
    now += timedelta(days=8)
    store.put("b", b"x")
    assert [listed.modified.day for listed in store.list("")] == [24, 2]
    store.put("a", b"x")
    assert store.head("a").modified == now


def test_stored_bytes_cannot_be_changed_from_outside():
    """The store keeps a copy."""
    data = bytearray(b"old")
    store = MemoryStore()
    store.put("a", data)
    data[:] = b"new"
    assert store.get("a").data == b"old"
