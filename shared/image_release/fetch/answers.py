"""Every way in which a fetch ends: with the bytes, with "not modified", or with a reason why there are no bytes.

Outside `fetch` a failure is data (`FetchFailed`, an outcome with its reason) and never an exception: one dead link is a
fact about a partner's feed. Inside `fetch` it travels as an exception:

    FailedError                 another attempt would give the same
    ├── BadUrlError             the URL cannot be requested
    ├── ForbiddenAddressError   the host leads to an address that no partner may send us to
    ├── TooManyBytesError       the body is larger than an original may be
    ├── FetchOutOfTimeError     the time of this image is used up
    ├── RunEndedError           the deadline of the run has passed
    └── TransientError          another attempt may succeed
        └── NoConnectionError   nothing was asked: no connection, or no TLS, came about

None of them is an OSError: they are raised below the HTTP client and must pass through it unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from image_release.outcomes import Outcome, Rejection


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server said about the version of its bytes (RFC 9110, 8.8); sent back to it at the next revalidation."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """The whole original, with the validators for the next request."""

    data: bytes
    validators: Validators


@dataclass(frozen=True, slots=True)
class NotModified:
    """The bytes are the same as before (304, or an unchanged file); the validators are for the next request."""

    validators: Validators


@dataclass(frozen=True, slots=True)
class FetchFailed:
    """No bytes: `gone`, `unavailable`, `forbidden_address`, `bad_url`, `too_many_bytes` or `deferred`.

    `retry_after_s` is the wait in seconds that the server asked for, if it did.
    """

    rejection: Rejection
    retry_after_s: float | None = None


class Fetcher(Protocol):
    """The port through which the pipeline gets originals."""

    def fetch(
        self, url: str, validators: Validators | None = None, *, deadline_s: float | None = None
    ) -> Fetched | NotModified | FetchFailed:
        """Fetch one URL; with `validators`, only if it changed. Many threads may call it at the same time.

        `deadline_s` is a value of the monotonic clock, in seconds; after it the answer is `deferred`. Whatever a
        partner, a server or a network does is an answer and never an exception.
        """


class FailedError(Exception):
    """A fetch ended without bytes; `failed` says why, in a short sentence that is safe to print."""

    def __init__(self, outcome: Outcome, reason: str, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.failed = FetchFailed(Rejection(outcome, reason), retry_after_s)


class BadUrlError(FailedError):
    """The URL cannot be requested."""

    def __init__(self, reason: str) -> None:
        super().__init__(Outcome.BAD_URL, reason)


class ForbiddenAddressError(FailedError):
    """The host leads to an address that no partner may send us to."""

    def __init__(self, reason: str) -> None:
        super().__init__(Outcome.FORBIDDEN_ADDRESS, reason)


class TooManyBytesError(FailedError):
    """The body is larger than an original may be."""

    def __init__(self, reason: str) -> None:
        super().__init__(Outcome.TOO_MANY_BYTES, reason)


class FetchOutOfTimeError(FailedError):
    """The time of this image (`total_s` seconds) is used up."""

    def __init__(self, total_s: float) -> None:
        super().__init__(Outcome.UNAVAILABLE, f"not complete within {total_s:g} s")


class RunEndedError(FailedError):
    """The deadline of the run has passed; the next run fetches the image."""

    def __init__(self, retry_after_s: float | None = None) -> None:
        reason = "the run's time was up before the download was done"
        super().__init__(Outcome.DEFERRED, reason, retry_after_s)


class TransientError(FailedError):
    """An attempt failed, and another one may succeed."""

    def __init__(self, reason: str, retry_after_s: float | None = None) -> None:
        super().__init__(Outcome.UNAVAILABLE, reason, retry_after_s)


class NoConnectionError(TransientError):
    """Nothing was asked: no connection to the host, or no TLS on it, came about."""
