"""One image over HTTP: redirects are followed, statuses are interpreted, transient failures are retried.

What a status means for a partner's feed (invariant 5): **404 and 410 are `gone`**, the partner took the image away.
**Every other refusal is `unavailable`**, 401, 403 and 451 too: in a feed of public images they come from a firewall
that blocks us, a signed link that expired, or a bucket's permissions. Such a hotel must keep its last good copy until
the catalogue drops the URL. A 304 that nobody asked for is a fault of the server, hence `unavailable`.

Only transient failures are retried: no connection, a timeout, a body cut short, and TRANSIENT_STATUSES. A 404 is asked
for once: it will not change, and a second request would only cost the partner's server.

A URL without a scheme (`//host/…`) is asked for over https, and over http if no TLS connection comes about.

A redirect may lead from https to http: a catalogue may name http itself, we send no secret, and we never trust what
comes back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from tenacity import RetryCallState, Retrying, retry_if_exception_type

from image_release.fetch.answers import (
    BadUrlError,
    FailedError,
    Fetched,
    FetchFailed,
    ForbiddenAddressError,
    NoConnectionError,
    NotModified,
    RunEndedError,
    TransientError,
    Validators,
)
from image_release.fetch.bodies import WITH_FILE
from image_release.fetch.client import HttpClient, Reply
from image_release.fetch.cookies import CookieJar
from image_release.fetch.http_dates import http_date
from image_release.fetch.limits import TimeBudget
from image_release.fetch.urls import WebUrl, parse_redirect
from image_release.outcomes import Outcome
from image_release.settings import DownloadSettings

NOT_MODIFIED = 304
REDIRECTS = frozenset({301, 302, 303, 307, 308})
GONE = frozenset({404, 410})
TRANSIENT_STATUSES = frozenset({408, 429, 500, 502, 503, 504})

MAX_RETRY_AFTER_S = 7 * 86_400.0
"""Cap Retry-After at a week."""

MAX_VALIDATOR_CHARACTERS = 512
"""Maximum length of an ETag or a date that is kept and sent back; a longer one is dropped."""


class WebFetcher:
    """Fetches `http:` and `https:` URLs."""

    def __init__(
        self,
        settings: DownloadSettings,
        client: HttpClient,
        *,
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
        random: Callable[[], float],
        now: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._client = client
        self._monotonic = monotonic
        self._sleep = sleep
        self._random = random
        self._now = now

    def fetch(
        self, url: WebUrl, validators: Validators, deadline_s: float | None
    ) -> Fetched | NotModified | FetchFailed:
        """Fetch `url` within the image's total time and before the run's `deadline_s`."""
        budget = TimeBudget(self._monotonic, self._settings.total_timeout_s, deadline_s)
        retrying = _retry_policy(self._settings, budget, sleep=self._sleep, random=self._random)
        try:
            return retrying(self._follow, url, validators, budget)
        except TransientError as error:
            return self._given_up(error.failed, retrying.statistics["attempt_number"], budget)
        except FailedError as error:
            return error.failed

    def _given_up(self, failed: FetchFailed, attempts: int, budget: TimeBudget) -> FetchFailed:
        if attempts < self._settings.max_attempts and budget.run_ends_first:
            return RunEndedError(failed.retry_after_s).failed
        times = "" if attempts == 1 else f" ({attempts} attempts)"
        return replace(failed, rejection=replace(failed.rejection, reason=failed.rejection.reason + times))

    def _follow(self, url: WebUrl, validators: Validators, budget: TimeBudget) -> Fetched | NotModified:
        jar = CookieJar(self._now)
        asked = _sendable(validators)
        url, reply = self._ask_first(url, asked, jar, budget)
        seen = {(url, "")}
        while reply.status in REDIRECTS:
            try:
                url = parse_redirect(url, _location(reply))
                self._check_goes_on(seen, (url, jar.header_for(url)))
                # The redirect may lead to another image today. If that one is older, it is "not modified since" the
                # date of the last one, so the date is not sent. Two images do not have the same ETag by chance.
                asked = replace(asked, last_modified=None)
                reply = self._ask(url, asked, jar, budget)
            except (BadUrlError, ForbiddenAddressError) as error:
                raise type(error)(f"redirected: {error}") from error
        return self._result_of(reply, asked, redirected=len(seen) > 1)

    def _ask_first(self, url: WebUrl, asked: Validators, jar: CookieJar, budget: TimeBudget) -> tuple[WebUrl, Reply]:
        """Ask for the URL of the catalogue. If it named no scheme and there is no TLS, ask without."""
        try:
            return url, self._ask(url, asked, jar, budget)
        except NoConnectionError:
            if not url.guessed:
                raise
        plain = url.without_tls()
        return plain, self._ask(plain, asked, jar, budget)

    def _check_goes_on(self, seen: set[tuple[WebUrl, str]], step: tuple[WebUrl, str]) -> None:
        """Add a URL with its cookies to those that were asked for. Raises FailedError for a circle or a long chain."""
        if step in seen:
            raise FailedError(Outcome.UNAVAILABLE, "the redirects go round in a circle")
        if len(seen) > self._settings.max_redirects:
            raise FailedError(Outcome.UNAVAILABLE, f"more than {self._settings.max_redirects} redirects")
        seen.add(step)

    def _ask(self, url: WebUrl, asked: Validators, jar: CookieJar, budget: TimeBudget) -> Reply:
        fields = {
            "User-Agent": self._settings.user_agent,
            "If-None-Match": asked.etag,
            "If-Modified-Since": asked.last_modified,
            "Cookie": jar.header_for(url),
        }
        reply = self._client.get(url, {name: value for name, value in fields.items() if value}, budget)
        jar.take(url, reply.headers.getlist("Set-Cookie"))
        return reply

    def _result_of(self, reply: Reply, asked: Validators, *, redirected: bool) -> Fetched | NotModified:
        last_modified = None if redirected else reply.headers.get("Last-Modified")
        now = _sendable(Validators(reply.headers.get("ETag"), last_modified))
        if reply.status in WITH_FILE:
            return Fetched(reply.body, now)
        if reply.status == NOT_MODIFIED and asked != Validators():
            return NotModified(Validators(now.etag or asked.etag, now.last_modified or asked.last_modified))
        answered = f"the server answered {reply.status}"
        if reply.status in GONE:
            raise FailedError(Outcome.GONE, answered)
        if reply.status not in TRANSIENT_STATUSES:
            raise FailedError(Outcome.UNAVAILABLE, answered)
        wait_s = _retry_after_s(reply.headers.get("Retry-After"), reply.headers.get("Date"), self._now)
        if wait_s is not None and wait_s > self._settings.max_retry_after_s:
            raise FailedError(Outcome.UNAVAILABLE, f"{answered} and asked to wait {wait_s:.0f} s", wait_s)
        raise TransientError(answered, wait_s)


def _sendable(validators: Validators) -> Validators:
    """Drop the validators that a header cannot carry: a server or a damaged cache may have given them."""

    def fit(text: str | None) -> str | None:
        sendable = text and text.isascii() and text.isprintable() and len(text) <= MAX_VALIDATOR_CHARACTERS
        return text if sendable else None

    return Validators(fit(validators.etag), fit(validators.last_modified))


def _location(reply: Reply) -> str:
    """Where a redirect leads: one URL, though it may be written twice. Many servers write UTF-8 where ASCII belongs."""
    locations = set(reply.headers.getlist("Location")) - {""}
    if not locations:
        raise FailedError(Outcome.UNAVAILABLE, f"the server answered {reply.status} without saying where to go")
    if len(locations) > 1:
        raise FailedError(Outcome.UNAVAILABLE, f"the server answered {reply.status} and said two places to go")
    (location,) = locations
    written = location.encode("latin-1")  # as headers are read
    try:
        return written.decode("utf-8")
    except UnicodeError:
        return "".join(chr(byte) if byte < 0x80 else f"%{byte:02X}" for byte in written)  # noqa: PLR2004 - ASCII


def _retry_after_s(value: str | None, date: str | None, now: Callable[[], datetime]) -> float | None:
    """Read a `Retry-After` header, seconds or an HTTP date (RFC 9110, 10.2.3), as seconds from now; None if unreadable.

    A date is compared with the `Date` of the answer, if it has one: both come from the server's clock, which may be
    wrong.
    """
    value = (value or "").strip()
    if value.isdecimal():
        return min(float(value[:20]), MAX_RETRY_AFTER_S)
    until = http_date(value)
    if until is None:
        return None
    return min(max((until - (http_date(date or "") or now())).total_seconds(), 0.0), MAX_RETRY_AFTER_S)


def _retry_policy(
    settings: DownloadSettings, budget: TimeBudget, *, sleep: Callable[[float], None], random: Callable[[], float]
) -> Retrying:
    """The retries of one fetch: after the wait that the server asked for, plus exponential back-off with full jitter.

    `random` returns 0…1. Full jitter (any wait up to the back-off) spreads simultaneous clients best; see "Exponential
    Backoff And Jitter", AWS Architecture Blog. The last attempt is the one after which `max_attempts` are used up, or
    the next wait would be longer than the time that is left.
    """

    def wait_s(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked_s = error.failed.retry_after_s if isinstance(error, TransientError) else None
        back_off_s: float = settings.back_off_s * 2 ** (state.attempt_number - 1)
        return (asked_s or 0.0) + random() * back_off_s

    def stop(state: RetryCallState) -> bool:
        return state.attempt_number >= settings.max_attempts or state.upcoming_sleep >= budget.left_s()

    return Retrying(retry=retry_if_exception_type(TransientError), wait=wait_s, stop=stop, sleep=sleep, reraise=True)
