"""Two writers' knowledge is united without regard to who wrote first, and never loses a label."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.cache import (
    CachedImages,
    ContentRecord,
    Failure,
    UrlRecord,
    merge,
    merge_cached_images,
    read_cached_images,
)
from image_release.outcomes import Outcome
from image_release.storage import MemoryStore
from image_release.values import Accommodation, ImageFacts, Label

MOMENTS = st.integers(0, 5).map(lambda hours: datetime(2026, 11, 1, tzinfo=UTC) + timedelta(hours=hours))
SHAS = st.sampled_from(["a" * 64, "b" * 64])
FAILURES = st.builds(Failure, st.sampled_from(Outcome), st.just("why"), MOMENTS, st.integers(1, 3), st.none() | MOMENTS)
URLS = st.builds(
    UrlRecord, MOMENTS, st.none() | st.just("v"), st.none() | SHAS, st.none(), st.none(), st.none() | FAILURES
)
FACTS = st.builds(ImageFacts, SHAS, st.just(10), st.just(10), st.just("JPEG"), st.just(100))
LABELS = st.just((Label("Bedroom", 0.9),))
CONTENTS = st.builds(
    ContentRecord, MOMENTS, st.none() | FACTS, st.none() | LABELS, st.none(), st.none(), st.none() | MOMENTS
)
MEMORIES = st.builds(CachedImages, st.dictionaries(st.sampled_from(["u", "v"]), URLS), st.dictionaries(SHAS, CONTENTS))


@given(MEMORIES, MEMORIES)
def test_merge_does_not_depend_on_who_wrote_first(one, other):
    """The same union for both orders, or a lost swap would change what is known."""
    assert merge(one, other).contents == merge(other, one).contents
    for url in one.urls.keys() | other.urls.keys():
        united = merge(one, other).urls[url]
        assert united.at == merge(other, one).urls[url].at
        assert united.sha256 == merge(other, one).urls[url].sha256


@given(MEMORIES)
def test_merging_what_is_known_already_changes_nothing(memory):
    """An unchanged memory is not written again."""
    assert merge(memory, memory) == memory


@given(MEMORIES, MEMORIES)
def test_labels_that_somebody_paid_for_are_never_lost(one, other):
    """Labels of either side survive the union."""
    united = merge(one, other)
    for memory in (one, other):
        for sha256, content in memory.contents.items():
            if content.labels is not None:
                assert united.contents[sha256].labels is not None


@given(MEMORIES)
def test_a_memory_is_read_back_as_it_was_written(memory):
    """Nothing that is remembered is lost on the way through the store."""
    state, accommodation = MemoryStore(), Accommodation("p", "a/../%24")
    merge_cached_images(state, accommodation, memory)
    assert read_cached_images(state, accommodation) == memory


@pytest.mark.parametrize("garbage", [b"", b"{", b"[]", b'{"urls": 3}', b"\xff\xfe"])
def test_a_memory_that_cannot_be_read_is_forgotten_and_replaced(garbage):
    """State is a cache: damage costs time, never a run."""
    state, accommodation = MemoryStore(), Accommodation("p", "a")
    merge_cached_images(state, accommodation, CachedImages())
    (key,) = (listed.key for listed in state.list(""))
    state.put(key, garbage)
    assert read_cached_images(state, accommodation) == CachedImages()
    known = CachedImages({"u": UrlRecord(datetime(2026, 1, 1, tzinfo=UTC), None)}, {})
    merge_cached_images(state, accommodation, known)
    assert read_cached_images(state, accommodation) == known
