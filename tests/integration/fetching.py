"""A real fetcher for tests: only 127.0.0.1 is allowed, and waits take no time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any

from image_release.fetch import Fetched, FetchFailed, NotModified, UrlFetcher
from image_release.outcomes import Outcome
from image_release.settings import DownloadSettings

LOCAL = "127.0.0.1/32"
NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


@contextmanager
def local_fetcher(waits: list[float] | None = None, **changes: Any) -> Iterator[UrlFetcher]:
    """A fetcher with some settings or ports changed; the seconds of its waits are added to `waits`."""
    ports = {name: changes.pop(name) for name in ("resolver", "tls", "monotonic", "random") if name in changes}
    folders = changes.pop("file_folders", ())
    settings = DownloadSettings(**{"allowed_networks": (LOCAL,), "read_timeout_s": 10, **changes})
    slept = waits if waits is not None else []
    fetcher = UrlFetcher(settings, folders, sleep=slept.append, now=lambda: NOW, **ports)
    try:
        yield fetcher
    finally:
        fetcher.close()


def ticking_clock() -> Any:
    """A monotonic clock that goes on by a second at each call: a slow server takes no real time."""
    seconds = count()
    return lambda: float(next(seconds))


def bytes_of(answer: Fetched | NotModified | FetchFailed) -> bytes:
    """The bytes of an answer; fails if it has none."""
    assert isinstance(answer, Fetched), answer
    return answer.data


def outcome_of(answer: Fetched | NotModified | FetchFailed) -> tuple[Outcome, str]:
    """Outcome and reason of a failed answer; fails if it has not failed."""
    assert isinstance(answer, FetchFailed), answer
    assert answer.rejection.reason.isprintable()
    return answer.rejection.outcome, answer.rejection.reason
