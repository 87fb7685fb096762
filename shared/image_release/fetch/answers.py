"""What asking for a URL gives: the bytes, the word that nothing changed, or why there is nothing.

A failure is data (an outcome with its reason), never an exception: one dead link is a fact about a partner's feed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from image_release.outcomes import Rejection


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server said of the state of its bytes (RFC 9110, 8.8); handed back to it at the next revalidation."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """The original, whole, with the validators for the next time."""

    data: bytes
    validators: Validators


@dataclass(frozen=True, slots=True)
class NotModified:
    """The server stands by what it sent before."""

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
        """Fetch one URL; with `validators`, only if it changed. May be called from many threads.

        `deadline_s` is the value of the monotonic clock after which the answer is `deferred`. Never raises for
        anything that a partner, a server or a network does.
        """
