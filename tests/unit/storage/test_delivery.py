"""Types and cache headers: what a browser or a cache between is told of an object."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release import store_keys as keys
from image_release.storage import delivery_of
from image_release.values import Accommodation

HOTEL = "hotel 1/<ü>.html"
SHA = "ab" * 32
FOR_EVER = "public, max-age=31536000, immutable"


class TestWhatIsPublished:
    @pytest.mark.parametrize(
        ("key", "content_type", "cache_control"),
        [
            (keys.manifest_key(HOTEL), "application/json; charset=utf-8", "no-cache"),
            (keys.page_key(HOTEL), "text/html; charset=utf-8", "no-cache"),
            (keys.GALLERY_INDEX, "text/html; charset=utf-8", "no-cache"),
            (keys.rendition_key(HOTEL, 7, SHA, "gallery", "jpg"), "image/jpeg", FOR_EVER),
            (keys.rendition_key(HOTEL, 7, SHA, "gallery", "webp"), "image/webp", FOR_EVER),
            (keys.rendition_key(HOTEL, 7, SHA, "gallery", "png"), "image/png", FOR_EVER),
            (keys.snapshot_key(datetime(2026, 11, 25, tzinfo=UTC)), "application/gzip", FOR_EVER),
            (keys.LATEST_SNAPSHOT, "application/json; charset=utf-8", "no-cache"),
        ],
    )
    def test_has_its_type_and_is_kept_as_long_as_it_stays_the_same(self, key, content_type, cache_control):
        """Renditions and snapshots never change under their key; all else may be replaced at any moment."""
        delivery = delivery_of(key)
        assert (delivery.content_type, delivery.cache_control) == (content_type, cache_control)


class TestWhatIsPrivate:
    @pytest.mark.parametrize(
        ("key", "content_type"),
        [
            (keys.CURRENT_RELEASE, "application/json; charset=utf-8"),
            (keys.rows_key("releases/r1", 3), "application/gzip"),
            (keys.release_index_key("releases/r1"), "application/vnd.sqlite3"),
            (keys.original_key(Accommodation("p", "a"), SHA), "application/octet-stream"),
            (keys.overrides_key(HOTEL), "application/x-ndjson; charset=utf-8"),
        ],
    )
    def test_has_a_type_only(self, key, content_type):
        """Nobody caches it."""
        delivery = delivery_of(key)
        assert (delivery.content_type, delivery.cache_control) == (content_type, None)

    @given(st.text(min_size=1), st.sampled_from([".html", ".svg", ".js", "/index.html", "/renditions/1/x.html"]))
    def test_never_becomes_a_page_by_an_id(self, name, end):
        """A partner chooses ids: a browser that opens such an object must not run it."""
        request = keys.request_marker_key("r", "done", name + end)
        original = keys.original_key(Accommodation(name + end, name + end), SHA)
        for key in (request, original, keys.rendition_key(name + end, 1, SHA, "x", "svg")):
            assert delivery_of(key).content_type not in ("text/html; charset=utf-8", "image/svg+xml", "text/javascript")
