"""Whether a URL has to be looked at, and what a look leaves behind: the rules of invariant 5 as pure functions.

A failure keeps the last good copy. Two things only take a picture away: its catalogue ceases to name it, or its server
says 404 / 410 twice, a day apart (once is enough for an image that we never had).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum

from image_release.cache.records import Failure, UrlRecord
from image_release.outcomes import Outcome, Rejection
from image_release.values import CatalogueImage

GONE_AGAIN = timedelta(days=1)
"""How far apart two 404s must be to be believed of an image that we have."""
FIRST_RETRY = timedelta(hours=1)
"""After a passing failure, which the fetcher has tried again already; doubled at each further one, up to LAST_RETRY."""
LAST_RETRY = timedelta(days=1)


class UrlCheck(Enum):
    """What has to be done about a URL."""

    REST = "what is remembered still stands"
    ASK = "ask whether it has changed (conditional GET)"
    FETCH = "download it"


def check_needed(
    record: UrlRecord | None, image: CatalogueImage, now: datetime, revalidate_after: timedelta, *, redownload: bool
) -> UrlCheck:
    """Decide from what is remembered of a URL and what the catalogue says of it now."""
    if record is None or redownload:
        return UrlCheck.FETCH
    ask = UrlCheck.ASK if record.sha256 else UrlCheck.FETCH
    if record.version != image.version:
        return ask
    if record.failure and record.failure.retry_at is not None:
        return ask if record.failure.retry_at <= now else UrlCheck.REST
    revalidation = revalidate_at(record, image, revalidate_after)
    return ask if revalidation and revalidation <= now else UrlCheck.REST


def revalidate_at(record: UrlRecord, image: CatalogueImage, after: timedelta) -> datetime | None:
    """When a URL is asked again though nothing happened, at a day's start: if no version vouches for it, or it failed.

    Files on this machine carry their version; their `file:` URLs never need it.
    """
    if image.version is not None and record.failure is None:
        return None
    return (record.at + after).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def after_success(
    sha256: str, etag: str | None, last_modified: str | None, image: CatalogueImage, now: datetime
) -> UrlRecord:
    """The record of a URL that gave its bytes, or said that they have not changed."""
    return UrlRecord(now, image.version, sha256, etag, last_modified)


def after_failure(
    record: UrlRecord | None, rejection: Rejection, retry_after_s: float | None, image: CatalogueImage, now: datetime
) -> UrlRecord:
    """The record of a URL that gave no bytes: the last good copy stays, whatever the failure."""
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
    """Whether an image that we have was seen gone twice, a day apart: it may leave, if the partner's brake lets it."""
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
