"""A store over another one: readers see both, and the one below stays as it is."""

import pytest

from image_release.storage import ConditionFailedError, MemoryStore, OverlayStore


@pytest.fixture
def below():
    store = MemoryStore()
    for key in ("a", "b", "c"):
        store.put(key, key.encode())
    return store


@pytest.fixture
def store(below):
    return OverlayStore(below, MemoryStore())


def seen(store):
    return {listed.key: store.get(listed.key).data for listed in store.list("")}


def test_what_is_written_is_seen_and_what_lies_below_stays(store, below):
    before = dict(below._objects)
    store.put("a", b"new")
    store.put("aa", b"more")
    store.delete("b")
    assert seen(store) == {"a": b"new", "aa": b"more", "c": b"c"}
    assert (store.get("b"), store.head("b"), store.open("b")) == (None, None, None)
    assert below._objects == before


def test_what_was_deleted_may_be_written_again(store):
    store.delete("b")
    store.put("b", b"again", if_absent=True)
    assert seen(store)["b"] == b"again"
    store.delete("b")
    assert "b" not in seen(store)


def test_conditions_are_those_of_what_is_seen(store):
    etag = store.get("a").etag
    with pytest.raises(ConditionFailedError):
        store.put("a", b"x", if_absent=True)
    store.put("a", b"x", if_match=etag)
    with pytest.raises(ConditionFailedError):
        store.put("a", b"y", if_match=etag)
    with pytest.raises(ConditionFailedError):
        store.put("nothing", b"y", if_match=etag)


def test_files_are_copied_from_where_they_are(store, tmp_path):
    (tmp_path / "in").write_bytes(b"file")
    store.put_file("d", tmp_path / "in")
    for key, data in (("d", b"file"), ("c", b"c")):
        assert store.fetch_file(key, tmp_path / "out")
        assert (tmp_path / "out").read_bytes() == data
    store.delete("c")
    assert not store.fetch_file("c", tmp_path / "out")
