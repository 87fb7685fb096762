"""Every request to a store is counted as a read or as a write."""

import threading

import pytest

from image_release.storage import ConditionFailedError, CountingStore, MemoryStore, StoreCounter


@pytest.fixture
def counter():
    return StoreCounter()


@pytest.fixture
def store(counter):
    return CountingStore(MemoryStore(), counter)


def test_each_read_counts_once(store, counter, tmp_path):
    """A missing object counts too; a list counts when it is requested, even if it is not iterated."""
    for read in (
        lambda: store.get("a"),
        lambda: store.open("a"),
        lambda: store.head("a"),
        lambda: store.fetch_file("a", tmp_path / "a"),
        lambda: store.list(""),
    ):
        before = counter.reads
        read()
        assert counter.reads == before + 1
    assert counter.writes == 0


def test_each_write_counts_once(store, counter, tmp_path):
    """A put whose condition fails counts too."""
    (tmp_path / "file").write_bytes(b"x")
    store.put("a", b"x")
    store.put_file("b", tmp_path / "file")
    store.delete("b")
    with pytest.raises(ConditionFailedError):
        store.put("a", b"y", if_absent=True)
    assert (counter.writes, counter.reads) == (4, 0)


def test_answers_are_those_of_the_store_behind(store, tmp_path):
    """Counting does not change the answers."""
    store.put("a", b"one")
    store.put("a", b"two", if_match=store.get("a").etag)
    assert store.get("a").data == store.open("a").read() == b"two"
    assert store.head("a") == next(store.list(""))
    assert store.fetch_file("a", tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"two"
    store.delete("a")
    assert store.get("a") is None


def test_several_stores_and_threads_share_a_counter(counter):
    """No count is lost."""
    stores = [CountingStore(MemoryStore(), counter) for _ in range(3)]
    threads = [
        threading.Thread(target=lambda store=store: [store.get("a") for _ in range(500)])
        for store in stores
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter.reads == 3000
