"""Whether a URL has to be checked, and what a check leaves behind: the rules of invariant 5 as pure functions.

A failure keeps the last good copy, and so do bytes that are no whole image: what a server sends counts, not that it
answered 200. Only three things take an image away: the partner's catalogue no longer names it, the server answers 404
or 410 twice, a day apart (once is enough for an image that we never had), or the server sends one whole image that our
filters refuse twice, a day apart.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum

from image_release.cache.records import Failure, UrlRecord
from image_release.outcomes import Outcome, Rejection
from image_release.values import CatalogueImage

SEEN_AGAIN = timedelta(days=1)
"""Minimum time between the two answers 404, or the two refused images, that take away an image which we have."""
FIRST_RETRY = timedelta(hours=1)
"""Wait after a transient failure that the fetcher's own retries did not cure; doubled each time, up to LAST_RETRY."""
LAST_RETRY = timedelta(days=1)
LAST_LOOK = timedelta(days=30)
"""Longest wait before a URL that never gave a whole image is asked again."""
REFUSED = frozenset({Outcome.TOO_SMALL, Outcome.TOO_MANY_PIXELS, Outcome.NO_CONTENT, Outcome.PLACEHOLDER})
"""Outcomes of whole images that our filters refuse."""
NOT_WHOLE = frozenset({Outcome.NOT_AN_IMAGE, Outcome.TRUNCATED, Outcome.CRASHED})
"""Outcomes of bytes that are no whole image, as far as we can tell."""


class UrlCheck(Enum):
    """What has to be done about a URL."""

    KEEP = "keep what is known"
    REVALIDATE = "ask whether it has changed (conditional GET)"
    DOWNLOAD = "download it"


def check_needed(
    record: UrlRecord | None, image: CatalogueImage, now: datetime, revalidate_after: timedelta, *, redownload: bool
) -> UrlCheck:
    """Decide from what is known of a URL and what the catalogue says of it now."""
    if record is None or redownload:
        return UrlCheck.DOWNLOAD
    check = UrlCheck.REVALIDATE if record.sha256 else UrlCheck.DOWNLOAD
    if record.version != image.version:
        return check
    if record.failure and record.failure.retry_at is not None:
        return check if record.failure.retry_at <= now else UrlCheck.KEEP
    revalidation = revalidate_at(record, image, revalidate_after)
    return check if revalidation and revalidation <= now else UrlCheck.KEEP


def revalidate_at(record: UrlRecord, image: CatalogueImage, after: timedelta) -> datetime | None:
    """When a URL is checked again though its catalogue entry is unchanged: at the start of a day, or never (None).

    An image with a `version` is checked when the version changes; only one without, or one that failed, is revalidated.
    `file:` URLs carry a version.
    """
    if image.version is not None and record.failure is None:
        return None
    return (record.at + after).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def after_success(
    sha256: str, etag: str | None, last_modified: str | None, image: CatalogueImage, now: datetime
) -> UrlRecord:
    """The record of a URL that gave usable bytes, or answered that they have not changed."""
    return UrlRecord(now, image.version, sha256, etag, last_modified)


def after_failure(
    record: UrlRecord | None, rejection: Rejection, retry_after_s: float | None, image: CatalogueImage, now: datetime
) -> UrlRecord:
    """The record of a URL that gave no bytes: the last good copy stays, whatever failed."""
    had = record is not None and record.sha256 is not None
    return _failed(record or UrlRecord(now, None), rejection, image.version, now, retry_after_s, had=had)


def after_refusal(
    record: UrlRecord, rejection: Rejection, refused: str, image: CatalogueImage, now: datetime
) -> UrlRecord:
    """The record of a URL that gave something else than the good copy that we have: the copy stays, too.

    Bytes that are no whole image are a failure like 503. A whole image that our filters refuse (`refused` is its
    SHA-256) may take the copy's place when it comes again, see `believed_gone`.
    """
    if rejection.outcome not in REFUSED:
        sent = Rejection(
            Outcome.UNAVAILABLE, f"the server sent no whole image ({rejection.outcome}): {rejection.reason}"
        )
        return _failed(record, sent, image.version, now, None, had=True)
    failed = _failed(record, rejection, image.version, now, None, had=True)
    if failed.failure is None or failed.failure.refused == refused:
        return failed
    return replace(failed, failure=replace(failed.failure, refused=refused, refused_since=now))


def after_unusable(
    record: UrlRecord | None, rejection: Rejection, sha256: str, image: CatalogueImage, now: datetime
) -> UrlRecord:
    """The record of a URL that gave unusable bytes and never a good copy: no ETag of theirs is remembered.

    Bytes that are no whole image are asked for again, after growing waits. A file on this machine has a version that
    changes when its bytes do.
    """
    unusable = UrlRecord(now, image.version, sha256)
    if rejection.outcome not in NOT_WHOLE or image.url.startswith("file:"):
        return unusable
    earlier = record.failure if record else None
    return _failed(replace(unusable, failure=earlier), rejection, image.version, now, None, had=False)


def after_crash(record: UrlRecord, rejection: Rejection, now: datetime) -> UrlRecord:
    """The record of a URL whose bytes killed the process that decoded them: they are tried again, not asked for."""
    return _failed(record, rejection, record.version, now, None, had=True)


def believed_gone(record: UrlRecord) -> bool:
    """Whether an image that we have has gone or was replaced by a refused one: seen twice, a day apart.

    It is dropped if the brake allows it.
    """
    failure = record.failure
    if failure is None or record.sha256 is None or failure.retry_at is None:
        return False
    if failure.outcome is Outcome.GONE:
        return record.at - failure.since >= SEEN_AGAIN
    return (
        failure.outcome in REFUSED
        and failure.refused_since is not None
        and (record.at - failure.refused_since >= SEEN_AGAIN)
    )


def going_since(record: UrlRecord) -> datetime | None:
    """Since when the server says that an image which we have is gone, or sends a refused one; None: it does not."""
    failure = record.failure
    if failure is None or record.sha256 is None:
        return None
    return failure.since if failure.outcome is Outcome.GONE else failure.refused_since


def dropped(record: UrlRecord) -> UrlRecord:
    """The record of an image that has gone, or whose place a refused image takes."""
    failure = record.failure
    if failure is None or failure.outcome is Outcome.GONE:
        return replace(record, sha256=None, etag=None, last_modified=None)
    return UrlRecord(record.at, record.version, failure.refused)


def _failed(
    record: UrlRecord,
    rejection: Rejection,
    version: str | None,
    now: datetime,
    retry_after_s: float | None,
    *,
    had: bool,
) -> UrlRecord:
    last = record.failure
    earlier = last if last and last.outcome is rejection.outcome else None
    tries = earlier.tries + 1 if earlier else 1
    failure = Failure(
        outcome=rejection.outcome,
        reason=rejection.reason,
        since=earlier.since if earlier else now,
        tries=tries,
        retry_at=_retry_at(rejection.outcome, tries, retry_after_s, now, had=had),
        refused=last.refused if last else None,
        refused_since=last.refused_since if last else None,
    )
    return replace(record, at=now, version=version, failure=failure)


def _retry_at(
    outcome: Outcome, tries: int, retry_after_s: float | None, now: datetime, *, had: bool
) -> datetime | None:
    if outcome is Outcome.DEFERRED:
        return now
    doubled: int = 2 ** min(tries - 1, 10)
    if outcome is Outcome.UNAVAILABLE:
        wait: timedelta = min(FIRST_RETRY * doubled, LAST_RETRY)
        return now + max(wait, timedelta(seconds=min(retry_after_s or 0, LAST_RETRY.total_seconds())))
    if outcome is Outcome.CRASHED:  # it costs a process each time
        return now + min(LAST_RETRY * doubled, LAST_LOOK)
    if outcome in NOT_WHOLE:
        return now + min(FIRST_RETRY * doubled, LAST_LOOK)
    if had and (outcome is Outcome.GONE or outcome in REFUSED):
        return now + SEEN_AGAIN
    return None
