"""Whether a URL has to be checked, and what a check leaves behind: the rules of invariant 5 as pure functions.

A failure keeps the last good copy. Only two things take an image away: the partner's catalogue no longer names it, or
the server answers 404 or 410 twice, a day apart (once is enough for an image that we never had).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum

from image_release.cache.records import Failure, UrlRecord
from image_release.outcomes import Outcome, Rejection
from image_release.values import CatalogueImage

GONE_AGAIN = timedelta(days=1)
"""Minimum time between the two answers 404 that take away an image which we have."""
FIRST_RETRY = timedelta(hours=1)
"""Wait after a transient failure that the fetcher's own retries did not cure; doubled each time, up to LAST_RETRY."""
LAST_RETRY = timedelta(days=1)


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
    """The record of a URL that gave its bytes, or answered that they have not changed."""
    return UrlRecord(now, image.version, sha256, etag, last_modified)


def after_failure(
    record: UrlRecord | None, rejection: Rejection, retry_after_s: float | None, image: CatalogueImage, now: datetime
) -> UrlRecord:
    """The record of a URL that gave no bytes: the last good copy stays, whatever failed."""
    earlier = record.failure if record and record.failure and record.failure.outcome is rejection.outcome else None
    tries = earlier.tries + 1 if earlier else 1
    had = record is not None and record.sha256 is not None
    failure = Failure(
        outcome=rejection.outcome,
        reason=rejection.reason,
        since=earlier.since if earlier else now,
        tries=tries,
        retry_at=_retry_at(rejection.outcome, tries, retry_after_s, now, had=had),
    )
    return replace(record or UrlRecord(now, None), at=now, version=image.version, failure=failure)


def believed_gone(record: UrlRecord) -> bool:
    """Whether an image that we have was seen gone twice, a day apart; it is dropped if the brake allows it."""
    failure = record.failure
    return (
        failure is not None
        and record.sha256 is not None
        and failure.outcome is Outcome.GONE
        and record.at - failure.since >= GONE_AGAIN
    )


def _retry_at(
    outcome: Outcome, tries: int, retry_after_s: float | None, now: datetime, *, had: bool
) -> datetime | None:
    if outcome is Outcome.DEFERRED:
        return now
    if outcome is Outcome.UNAVAILABLE:
        wait: timedelta = min(FIRST_RETRY * 2 ** min(tries - 1, 10), LAST_RETRY)
        return now + max(wait, timedelta(seconds=min(retry_after_s or 0, LAST_RETRY.total_seconds())))
    if outcome is Outcome.GONE and had:
        return now + GONE_AGAIN
    return None
