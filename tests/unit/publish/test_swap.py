"""The swap of a manifest: what it reads first, what a rendition's key may hold, and who loses."""

import pytest

from image_release.publish import (
    Before,
    LostSwapError,
    ManifestUnreadableError,
    SeqTakenError,
    publish,
    put_rendition,
    read_before,
)
from image_release.storage import ConditionFailedError, MemoryStore
from image_release.store_keys import manifest_key
from tests.unit.publish.manifests import key, manifest


@pytest.fixture
def published():
    return MemoryStore()


class TestRendition:
    def test_is_put_once(self, published):
        assert put_rendition(published, key("a"), b"bytes") is True
        assert published.get(key("a")).data == b"bytes"

    def test_that_is_there_already_is_left_as_it_is(self, published):
        put_rendition(published, key("a"), b"bytes")
        assert put_rendition(published, key("a"), b"bytes") is False

    def test_is_never_put_over_other_bytes(self, published):
        """The key is immutable: travellers may have its first bytes in their caches."""
        put_rendition(published, key("a"), b"theirs")
        with pytest.raises(SeqTakenError, match="small"):
            put_rendition(published, key("a"), b"ours")
        assert published.get(key("a")).data == b"theirs"

    def test_that_disappears_after_the_put_failed_counts_as_taken(self):
        """Another writer's file was swept in between: the next attempt uses another number."""

        class Swept(MemoryStore):
            """A store in which a rendition is there for the put, and gone for the read."""

            def put(self, key, data, **conditions):
                raise ConditionFailedError(key)

        with pytest.raises(SeqTakenError):
            put_rendition(Swept(), key("a"), b"ours")


class TestBefore:
    def test_is_empty_for_a_hotel_that_was_never_published(self, published):
        before = read_before(published, "h")
        assert (before, before.next_seq) == (Before(None, None), 1)

    def test_holds_the_manifest_its_etag_and_the_next_number(self, published):
        publish(published, manifest(key("a"), seq=4), Before(None, None))
        before = read_before(published, "h")
        assert (before.manifest, before.next_seq) == (manifest(key("a"), seq=4), 5)
        assert before.etag == published.get(manifest_key("h")).etag

    @pytest.mark.parametrize("data", [b"", b"{", b"[]", b"[" * 100_000])
    def test_of_an_unreadable_manifest_is_an_error_that_names_its_key(self, published, data):
        """Numbering would start again at 1, and the keys of that manifest would be used twice."""
        published.put(manifest_key("h"), data)
        with pytest.raises(ManifestUnreadableError, match=f"^published/{manifest_key('h')} cannot be read: "):
            read_before(published, "h")


class TestPublish:
    def test_loses_if_another_writer_published_the_first_manifest(self, published):
        ours = read_before(published, "h")
        publish(published, manifest(key("a")), ours)
        with pytest.raises(LostSwapError, match="h"):
            publish(published, manifest(key("b")), ours)
        assert read_before(published, "h").manifest == manifest(key("a"))

    def test_loses_if_another_writer_published_a_later_manifest(self, published):
        publish(published, manifest(key("a")), Before(None, None))
        ours = read_before(published, "h")
        publish(published, manifest(key("b"), seq=2), ours)
        with pytest.raises(LostSwapError):
            publish(published, manifest(key("c"), seq=2), ours)
        assert read_before(published, "h").manifest == manifest(key("b"), seq=2)

    def test_loses_if_the_manifest_was_deleted(self, published):
        publish(published, manifest(key("a")), Before(None, None))
        ours = read_before(published, "h")
        published.delete(manifest_key("h"))
        with pytest.raises(LostSwapError):
            publish(published, manifest(key("b"), seq=2), ours)
        assert published.get(manifest_key("h")) is None
