"""When a URL is checked again, and what a failed check keeps of the last good copy (invariant 5)."""

from datetime import UTC, datetime, timedelta

import pytest

from image_release.cache import (
    UrlCheck,
    UrlRecord,
    after_failure,
    after_refusal,
    after_success,
    after_unusable,
    believed_gone,
    check_needed,
    dropped,
)
from image_release.outcomes import Outcome, Rejection
from image_release.values import CatalogueImage

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
MONTH = timedelta(days=30)
SHA = "a" * 64
PLAIN = CatalogueImage("http://x/1.jpg")
VERSIONED = CatalogueImage("http://x/1.jpg", version="2026-11-02")


def need(record, image=PLAIN, now=NOW, *, redownload=False):
    return check_needed(record, image, now, MONTH, redownload=redownload)


class TestWhetherToCheck:
    def test_a_new_url_is_downloaded(self):
        assert need(None) is UrlCheck.DOWNLOAD

    def test_a_known_url_is_not_checked_again_at_once(self):
        assert need(after_success(SHA, '"e"', None, PLAIN, NOW)) is UrlCheck.KEEP

    def test_another_version_is_revalidated(self):
        assert need(after_success(SHA, '"e"', None, PLAIN, NOW), VERSIONED) is UrlCheck.REVALIDATE

    def test_a_url_without_version_is_revalidated_after_a_month(self):
        record = after_success(SHA, '"e"', None, PLAIN, NOW)
        assert need(record, now=NOW + MONTH) is UrlCheck.KEEP
        assert need(record, now=NOW + MONTH + timedelta(days=1)) is UrlCheck.REVALIDATE

    def test_a_versioned_url_is_not_checked_while_its_version_stays_the_same(self):
        record = after_success(SHA, '"e"', None, VERSIONED, NOW)
        assert need(record, VERSIONED, NOW + 100 * MONTH) is UrlCheck.KEEP

    def test_a_forced_download_is_never_skipped_or_revalidated(self):
        assert need(after_success(SHA, '"e"', None, PLAIN, NOW), redownload=True) is UrlCheck.DOWNLOAD

    @pytest.mark.parametrize("outcome", [Outcome.FORBIDDEN_ADDRESS, Outcome.BAD_URL, Outcome.GONE])
    def test_a_url_that_failed_for_good_is_tried_again_only_at_revalidation(self, outcome):
        record = after_failure(None, Rejection(outcome, "no"), None, VERSIONED, NOW)
        assert need(record, VERSIONED, NOW + timedelta(days=2)) is UrlCheck.KEEP
        assert need(record, VERSIONED, NOW + MONTH + timedelta(days=1)) is UrlCheck.DOWNLOAD

    def test_a_transient_failure_is_retried_exactly_when_its_wait_is_over(self):
        record = after_failure(None, Rejection(Outcome.UNAVAILABLE, "503"), None, PLAIN, NOW)
        hour, moment = timedelta(hours=1), timedelta(microseconds=1)
        assert need(record, now=NOW + hour - moment) is UrlCheck.KEEP
        assert need(record, now=NOW + hour) is UrlCheck.DOWNLOAD

    def test_a_url_is_revalidated_at_the_start_of_the_day_after_its_month(self):
        record = after_success(SHA, None, None, PLAIN, NOW)
        day = datetime(2026, 12, 25, tzinfo=UTC)
        assert need(record, now=day - timedelta(microseconds=1)) is UrlCheck.KEEP
        assert need(record, now=day) is UrlCheck.REVALIDATE


class TestAfterAFailure:
    def test_every_failure_keeps_the_last_good_copy(self):
        had = after_success(SHA, None, None, PLAIN, NOW)
        for outcome in (Outcome.UNAVAILABLE, Outcome.DEFERRED, Outcome.GONE, Outcome.FORBIDDEN_ADDRESS):
            assert after_failure(had, Rejection(outcome, "no"), None, PLAIN, NOW).sha256 == SHA

    def test_a_transient_failure_is_retried_after_growing_waits(self):
        record = after_success(SHA, None, None, PLAIN, NOW)
        waits = []
        for tries in range(1, 9):
            record = after_failure(record, Rejection(Outcome.UNAVAILABLE, "503"), None, PLAIN, NOW)
            assert record.failure.tries == tries
            waits.append((record.failure.retry_at - NOW) / timedelta(hours=1))
        assert waits == [1, 2, 4, 8, 16, 24, 24, 24]

    def test_a_server_that_asks_for_a_longer_wait_gets_it(self):
        record = after_failure(None, Rejection(Outcome.UNAVAILABLE, "429"), 7200, PLAIN, NOW)
        assert record.failure.retry_at == NOW + timedelta(hours=2)

    def test_gone_is_believed_when_seen_twice_a_day_apart(self):
        gone = Rejection(Outcome.GONE, "404")
        first = after_failure(after_success(SHA, None, None, PLAIN, NOW), gone, None, PLAIN, NOW)
        assert not believed_gone(first)
        soon = after_failure(first, gone, None, PLAIN, NOW + timedelta(hours=2))
        assert not believed_gone(soon)
        later = after_failure(soon, gone, None, PLAIN, NOW + timedelta(days=1))
        assert believed_gone(later)

    def test_a_recovery_between_two_404s_restarts_the_count(self):
        gone = Rejection(Outcome.GONE, "404")
        first = after_failure(after_success(SHA, None, None, PLAIN, NOW), gone, None, PLAIN, NOW)
        back = after_success(SHA, None, None, PLAIN, NOW + timedelta(hours=5))
        again = after_failure(back, gone, None, PLAIN, NOW + timedelta(days=2))
        assert first.failure is not None
        assert not believed_gone(again)

    def test_an_image_that_we_never_had_is_gone_at_once(self):
        record = after_failure(None, Rejection(Outcome.GONE, "404"), None, PLAIN, NOW)
        assert record.sha256 is None
        assert record.failure.retry_at is None
        assert isinstance(record, UrlRecord)

    def test_gone_is_not_believed_a_moment_before_the_day_is_over(self):
        gone = Rejection(Outcome.GONE, "404")
        first = after_failure(after_success(SHA, None, None, PLAIN, NOW), gone, None, PLAIN, NOW)
        soon = NOW + timedelta(days=1) - timedelta(microseconds=1)
        assert not believed_gone(after_failure(first, gone, None, PLAIN, soon))

    def test_another_kind_of_failure_restarts_the_count(self):
        """Two errors of different kinds, a day apart, are not two answers 404."""
        had = after_success(SHA, None, None, PLAIN, NOW)
        first = after_failure(had, Rejection(Outcome.UNAVAILABLE, "503"), None, PLAIN, NOW)
        later = after_failure(first, Rejection(Outcome.GONE, "404"), None, PLAIN, NOW + timedelta(days=2))
        assert (believed_gone(later), later.failure.tries) == (False, 1)

    def test_no_server_gets_a_wait_of_more_than_a_day(self):
        record = after_failure(None, Rejection(Outcome.UNAVAILABLE, "429"), 1e9, PLAIN, NOW)
        assert record.failure.retry_at == NOW + timedelta(days=1)


PAGE = Rejection(Outcome.NOT_AN_IMAGE, "none of the accepted formats")
TINY = Rejection(Outcome.TOO_SMALL, "short side 10 < 200")
HOUR = timedelta(hours=1)
GOOD = after_success(SHA, '"e"', "Mon", VERSIONED, NOW)
BAD = "b" * 64


def refused(record, rejection=TINY, sha256=BAD, after=timedelta(0)):
    return after_refusal(record, rejection, sha256, VERSIONED, NOW + after)


class TestSomethingElseThanTheGoodCopy:
    @pytest.mark.parametrize("outcome", [Outcome.NOT_AN_IMAGE, Outcome.TRUNCATED, Outcome.CRASHED])
    def test_bytes_that_are_no_whole_image_are_a_failure_like_503(self, outcome):
        record = refused(GOOD, Rejection(outcome, "why"))
        assert (record.sha256, record.etag, record.last_modified) == (SHA, '"e"', "Mon")
        assert record.failure.outcome is Outcome.UNAVAILABLE
        assert f"({outcome}): why" in record.failure.reason
        assert record.failure.retry_at == NOW + HOUR

    def test_the_waits_grow_whichever_way_the_server_fails(self):
        record = refused(GOOD, PAGE)
        record = after_failure(record, Rejection(Outcome.UNAVAILABLE, "503"), None, VERSIONED, NOW)
        assert refused(record, PAGE).failure.retry_at == NOW + 4 * HOUR

    def test_bytes_that_are_no_whole_image_never_take_its_place(self):
        record = GOOD
        for days in range(100):
            record = refused(record, PAGE, after=timedelta(days=days))
            assert not believed_gone(record)

    def test_a_whole_image_that_is_refused_takes_its_place_when_it_comes_again_a_day_later(self):
        first = refused(GOOD)
        assert first.failure.retry_at == NOW + timedelta(days=1)
        assert not believed_gone(first)
        assert not believed_gone(refused(first, after=timedelta(days=1) - timedelta(microseconds=1)))
        second = refused(first, after=timedelta(days=1))
        assert believed_gone(second)
        assert dropped(second) == UrlRecord(NOW + timedelta(days=1), "2026-11-02", BAD)

    def test_each_other_refused_image_starts_a_day_of_its_own(self):
        record = refused(refused(GOOD), sha256="c" * 64, after=timedelta(days=2))
        assert not believed_gone(record)
        assert believed_gone(refused(record, sha256="c" * 64, after=timedelta(days=3)))

    def test_a_server_that_fails_in_between_does_not_make_a_refused_image_right(self):
        record = after_failure(refused(GOOD), Rejection(Outcome.UNAVAILABLE, "503"), None, VERSIONED, NOW + 30 * HOUR)
        assert not believed_gone(record), "what came last was no image"
        assert believed_gone(refused(record, after=31 * HOUR)), "but this one had come before"

    def test_a_success_forgets_what_was_refused(self):
        record = after_success(SHA, None, None, VERSIONED, NOW + HOUR)
        assert not believed_gone(refused(record, after=timedelta(days=5)))


class TestBytesOfAnImageThatWeNeverHad:
    def test_no_whole_image_is_asked_for_again_after_waits_that_grow_to_a_month(self):
        record, hours = None, []
        for _ in range(12):
            record = after_unusable(record, PAGE, BAD, VERSIONED, NOW)
            hours.append((record.failure.retry_at - NOW) / HOUR)
        assert hours[:4] == [1, 2, 4, 8]
        assert hours[-1] == 30 * 24
        assert (record.sha256, record.etag, record.last_modified) == (BAD, None, None)

    def test_what_killed_the_process_is_tried_again_after_a_day(self):
        record = after_unusable(None, Rejection(Outcome.CRASHED, "killed"), BAD, VERSIONED, NOW)
        assert record.failure.retry_at == NOW + timedelta(days=1)

    def test_a_whole_image_that_is_refused_is_not_asked_for_again(self):
        assert after_unusable(None, TINY, BAD, VERSIONED, NOW) == UrlRecord(NOW, "2026-11-02", BAD)

    def test_a_file_on_this_machine_is_not_read_again_until_its_version_changes(self):
        image = CatalogueImage("file:///photos/1.jpg", version="1")
        assert after_unusable(None, PAGE, BAD, image, NOW).failure is None
