"""What is stored of an accommodation's images is merged with what is there. What cannot be read counts as none."""

from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image

from image_release.cache import (
    CachedImages,
    ContentRecord,
    UrlRecord,
    merge,
    merge_cached_images,
    merge_fingerprints,
    read_cached_images,
    read_fingerprints,
)
from image_release.decode import Draft
from image_release.fingerprint import FINGERPRINT_VERSION, fingerprint
from image_release.settings import Settings
from image_release.storage import MemoryStore
from image_release.store_keys import cached_images_key, fingerprints_key
from image_release.values import Accommodation, ImageFacts

WHERE = Accommodation("p", "1")
FIRST, SECOND = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)
A, B = "a" * 64, "b" * 64


@pytest.fixture
def state() -> MemoryStore:
    return MemoryStore()


@pytest.fixture(scope="module")
def prints():
    """Fingerprints of two images of noise."""
    random = np.random.default_rng(1)
    facts = ImageFacts(A, 128, 96, "JPEG", 100)
    drafts = [Image.fromarray(random.integers(0, 255, (96, 128, 3), dtype=np.uint8)) for _ in range(2)]
    return [fingerprint(Draft(image, facts), Settings().fingerprint) for image in drafts]


class TestImages:
    def test_of_two_writers_are_both_there(self, state):
        for url in ("u", "v"):
            merge_cached_images(state, WHERE, CachedImages({url: UrlRecord(FIRST, None)}))
        assert set(read_cached_images(state, WHERE).urls) == {"u", "v"}

    def test_that_are_there_already_are_not_written_again(self, state):
        merge_cached_images(state, WHERE, CachedImages({"u": UrlRecord(FIRST, None)}))
        before = state.get(cached_images_key(WHERE))
        merge_cached_images(state, WHERE, CachedImages({"u": UrlRecord(FIRST, None)}))
        assert state.get(cached_images_key(WHERE)) == before

    def test_are_written_in_the_order_of_their_names(self, state):
        """Equal records are equal bytes."""
        merge_cached_images(state, WHERE, CachedImages({"v": UrlRecord(FIRST, None), "u": UrlRecord(FIRST, None)}))
        data = state.get(cached_images_key(WHERE)).data
        assert data.index(b'"u"') < data.index(b'"v"')


class TestContents:
    FACTS = ImageFacts(A, 10, 20, "JPEG", 100)

    def test_keep_the_facts_that_only_the_earlier_record_has(self):
        earlier, later = ContentRecord(FIRST, facts=self.FACTS), ContentRecord(SECOND)
        merged = merge(CachedImages({}, {A: earlier}), CachedImages({}, {A: later})).contents[A]
        assert (merged.at, merged.facts) == (SECOND, self.FACTS)

    def test_have_the_facts_of_the_later_record(self):
        earlier, later = ContentRecord(FIRST), ContentRecord(SECOND, facts=self.FACTS)
        assert merge(CachedImages({}, {A: earlier}), CachedImages({}, {A: later})).contents[A].facts == self.FACTS


class TestFingerprints:
    def test_of_two_writers_are_both_there(self, state, prints):
        merge_fingerprints(state, WHERE, {A: prints[0]})
        merge_fingerprints(state, WHERE, {B: prints[1]})
        assert set(read_fingerprints(state, WHERE)) == {A, B}

    def test_that_are_forgotten_are_dropped_and_the_others_stay(self, state, prints):
        merge_fingerprints(state, WHERE, {A: prints[0], B: prints[1]})
        merge_fingerprints(state, WHERE, {}, frozenset({A}))
        assert set(read_fingerprints(state, WHERE)) == {B}

    def test_that_are_there_already_are_not_written_again(self, state, prints):
        merge_fingerprints(state, WHERE, {A: prints[0]})
        key = fingerprints_key(WHERE, FINGERPRINT_VERSION)
        before = state.get(key)
        merge_fingerprints(state, WHERE, {A: prints[1]})
        assert state.get(key) == before

    def test_that_cannot_be_read_count_as_none(self, state, prints):
        state.put(fingerprints_key(WHERE, FINGERPRINT_VERSION), b"no fingerprints")
        assert read_fingerprints(state, WHERE) == {}
        merge_fingerprints(state, WHERE, {A: prints[0]})
        assert set(read_fingerprints(state, WHERE)) == {A}
