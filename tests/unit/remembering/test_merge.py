"""Two writers' knowledge is united without regard to who wrote first, and never loses a label."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from image_release.outcomes import Outcome
from image_release.remembering import ContentRecord, Failure, Memory, UrlRecord, merge
from image_release.values import ImageFacts, Label

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
MEMORIES = st.builds(Memory, st.dictionaries(st.sampled_from(["u", "v"]), URLS), st.dictionaries(SHAS, CONTENTS))


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
