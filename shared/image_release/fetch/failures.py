"""How a fetch can end without bytes. Inside this step a failure travels as an exception, outside as `FetchFailed`.

    FailedError             an answer that another attempt would not change
    ├── BadUrlError
    ├── ForbiddenAddressError
    ├── TooManyBytesError
    ├── FetchOutOfTimeError      the image's own time is used up
    ├── RunEndedError       the run's deadline has passed
    └── TransientError        another attempt may succeed

None is an OSError: they are raised below the HTTP client and must pass through it untouched.
"""

from __future__ import annotations

from image_release.fetch.answers import FetchFailed
from image_release.outcomes import Outcome, Rejection


class FailedError(Exception):
    """A fetch ended without bytes; the reason is a short sentence, safe to print."""

    def __init__(self, outcome: Outcome, reason: str, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.failed = FetchFailed(Rejection(outcome, reason), retry_after_s)


class BadUrlError(FailedError):
    """A URL cannot be asked for."""

    def __init__(self, reason: str) -> None:
        super().__init__(Outcome.BAD_URL, reason)


class ForbiddenAddressError(FailedError):
    """A host leads to an address that no partner may send us to."""

    def __init__(self, reason: str) -> None:
        super().__init__(Outcome.FORBIDDEN_ADDRESS, reason)


class TooManyBytesError(FailedError):
    """A body is larger than an original may be."""

    def __init__(self, reason: str) -> None:
        super().__init__(Outcome.TOO_MANY_BYTES, reason)


class FetchOutOfTimeError(FailedError):
    """The image's own time is used up."""

    def __init__(self, total_s: float) -> None:
        super().__init__(Outcome.UNAVAILABLE, f"not complete within {total_s:g} s")


class RunEndedError(FailedError):
    """The run's deadline has passed; another run goes on."""

    def __init__(self, retry_after_s: float | None = None) -> None:
        reason = "the run's time was up before the download was done"
        super().__init__(Outcome.DEFERRED, reason, retry_after_s)


class TransientError(FailedError):
    """An attempt failed in a way that another one may not."""

    def __init__(self, reason: str, retry_after_s: float | None = None) -> None:
        super().__init__(Outcome.UNAVAILABLE, reason, retry_after_s)
