"""When a failed request is tried again, and how long to wait before.

Only what may pass is tried again: no connection, a timeout, a body cut short, and the answers below. A 404 is asked
once: it will not change, and a partner's server has better things to do.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tenacity import RetryCallState, Retrying, retry_if_exception_type

from image_release.fetch.answers import TransientError
from image_release.fetch.limits import TimeBudget

TRANSIENT_STATUSES = frozenset({408, 429, 500, 502, 503, 504})

LONGEST_RETRY_AFTER_S = 7 * 86_400.0
"""A server that asks for more is believed so far: none gets rid of us for a century."""


def retry_after_s(value: str | None, date: str | None, now: Callable[[], datetime]) -> float | None:
    """Read a `Retry-After` header, seconds or an HTTP date (RFC 9110, 10.2.3), as seconds from now; None if unreadable.

    A date is measured against the answer's own `Date` where there is one: the server's clock may be wrong, but it is
    one clock.
    """
    value = (value or "").strip()
    if value.isdecimal():
        return min(float(value[:20]), LONGEST_RETRY_AFTER_S)
    until = _http_date(value)
    if until is None:
        return None
    return min(max((until - (_http_date(date or "") or now())).total_seconds(), 0.0), LONGEST_RETRY_AFTER_S)


def _http_date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def policy(
    budget: TimeBudget,
    *,
    max_attempts: int,
    back_off_s: float,
    sleep: Callable[[float], None],
    random: Callable[[], float],
) -> Retrying:
    """Build the rule of one fetch: exponential back-off with full jitter, after what the server asked for.

    `random` gives 0…1. Full jitter (any wait up to the back-off) spreads a herd best; see "Exponential Backoff And
    Jitter", AWS Architecture Blog. It stops after `max_attempts`, or when the wait would outlast the allowance.
    """

    def wait_s(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked_s = error.failed.retry_after_s if isinstance(error, TransientError) else None
        back_off_now_s: float = back_off_s * 2 ** (state.attempt_number - 1)
        return (asked_s or 0.0) + random() * back_off_now_s

    def stop(state: RetryCallState) -> bool:
        return state.attempt_number >= max_attempts or state.upcoming_sleep >= budget.left_s()

    return Retrying(retry=retry_if_exception_type(TransientError), wait=wait_s, stop=stop, sleep=sleep, reraise=True)
