"""What two writers cached is merged: the order of their writes makes no difference, and no label is lost."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.cache import (
    CachedImages,
    ContentRecord,
    Failure,
    LabelRecord,
    UrlRecord,
    merge,
    merge_cached_images,
    merge_records,
    read_cached_images,
)
from image_release.outcomes import Outcome
from image_release.storage import MemoryStore
from image_release.values import Accommodation, ImageFacts, Label, Look

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
CACHED = st.builds(CachedImages, st.dictionaries(st.sampled_from(["u", "v"]), URLS), st.dictionaries(SHAS, CONTENTS))

LOOKS = st.none() | st.builds(Look, st.just("local-m"), st.sampled_from([0.1, 0.9]), st.just((1.0,)))
RECORDS = st.dictionaries(SHAS, st.builds(LabelRecord, MOMENTS, LABELS, LOOKS))


@given(CACHED, CACHED)
def test_merge_does_not_depend_on_who_wrote_first(one, other):
    """Both orders give the same result: otherwise a lost swap would change what is cached."""
    assert merge(one, other).contents == merge(other, one).contents
    for url in one.urls.keys() | other.urls.keys():
        merged = merge(one, other).urls[url]
        assert merged.at == merge(other, one).urls[url].at
        assert merged.sha256 == merge(other, one).urls[url].sha256


@given(RECORDS, RECORDS)
def test_merge_of_what_a_tagger_said_does_not_depend_on_who_wrote_first(one, other):
    """Of one content, what was said later counts."""
    merged = merge_records(one, other)
    assert merged == merge_records(other, one)
    assert {sha256: record.at for sha256, record in merged.items()} == {
        sha256: max(known[sha256].at for known in (one, other) if sha256 in known) for sha256 in {**one, **other}
    }


def test_of_two_checks_at_one_moment_the_one_with_a_copy_counts():
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    copy, none = UrlRecord(moment, "1", "a" * 64), UrlRecord(moment, "2")
    for one, other in ((copy, none), (none, copy)):
        assert merge(CachedImages({"u": one}), CachedImages({"u": other})).urls == {"u": copy}


@given(CACHED)
def test_merging_what_is_cached_already_changes_nothing(cached):
    """Without a change there is nothing to write."""
    assert merge(cached, cached) == cached


@given(CACHED, CACHED)
def test_labels_that_somebody_paid_for_are_never_lost(one, other):
    """Labels of either side survive the merge."""
    merged = merge(one, other)
    for cached in (one, other):
        for sha256, content in cached.contents.items():
            if content.labels is not None:
                assert merged.contents[sha256].labels is not None


@given(CACHED)
def test_cached_images_are_read_back_as_they_were_written(cached):
    """Nothing cached is lost on its way through the store."""
    state, accommodation = MemoryStore(), Accommodation("p", "a/../%24")
    merge_cached_images(state, accommodation, cached)
    assert read_cached_images(state, accommodation) == cached


@pytest.mark.parametrize("garbage", [b"", b"{", b"[]", b'{"urls": 3}', b"\xff\xfe"])
def test_a_cache_that_cannot_be_read_is_ignored_and_replaced(garbage):
    """A damaged cache costs time, but never stops a run."""
    state, accommodation = MemoryStore(), Accommodation("p", "a")
    merge_cached_images(state, accommodation, CachedImages())
    (key,) = (listed.key for listed in state.list(""))
    state.put(key, garbage)
    assert read_cached_images(state, accommodation) == CachedImages()
    known = CachedImages({"u": UrlRecord(datetime(2026, 1, 1, tzinfo=UTC), None)}, {})
    merge_cached_images(state, accommodation, known)
    assert read_cached_images(state, accommodation) == known


class TestAnOutcomeOfANewerVersion:
    """Another version of the program cached an outcome that this one does not know."""

    SHA = "a" * 64
    SINCE = datetime(2026, 1, 1, tzinfo=UTC)
    NEXT_YEAR = datetime(2027, 1, 1, tzinfo=UTC)

    def read(self, cached: CachedImages) -> CachedImages:
        """What is read when every `truncated` of a cache is called `too_blurred`."""
        state, accommodation = MemoryStore(), Accommodation("p", "a")
        merge_cached_images(state, accommodation, cached)
        (key,) = (listed.key for listed in state.list(""))
        document = json.dumps(json.loads(state.get(key).data)).replace('"truncated"', '"too_blurred"')
        assert "too_blurred" in document
        state.put(key, document.encode())
        return read_cached_images(state, accommodation)

    def test_counts_as_unavailable_and_is_tried_again_at_once(self):
        """The good copy stays: trying again may fail, and then the picture must not disappear."""
        failure = Failure(Outcome.TRUNCATED, "why", self.SINCE, 2, self.NEXT_YEAR)
        record = UrlRecord(self.SINCE, "v", sha256=self.SHA, failure=failure)
        found = self.read(CachedImages({"u": record, "v": replace(record, failure=None)}, {}))
        expected = replace(failure, outcome=Outcome.UNAVAILABLE, retry_at=self.SINCE)
        assert found.urls == {"u": replace(record, failure=expected), "v": replace(record, failure=None)}

    def test_of_a_content_is_forgotten_and_its_labels_are_not(self):
        """The content is decoded again; its labels were paid for."""
        verdict = (Outcome.TRUNCATED, "why", "decoder 1")
        content = ContentRecord(self.SINCE, labels=(Label("Bedroom", 0.9),), labels_by="vision", unreadable=verdict)
        found = self.read(CachedImages({}, {self.SHA: content}))
        assert found.contents == {self.SHA: replace(content, unreadable=None)}
