"""The fetcher that the pipeline gets: it builds the parts, and sends web URLs to `web` and file URLs to `files`."""

from __future__ import annotations

import random as random_module
import ssl
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from image_release.fetch.addresses import HostJudge, Resolver, resolve_by_system
from image_release.fetch.answers import FailedError, Fetched, FetchFailed, NotModified, RunEndedError, Validators
from image_release.fetch.client import HttpClient
from image_release.fetch.connections import Dialler, JudgedPools
from image_release.fetch.files import read_file
from image_release.fetch.limits import ConnectionLimits, CurrentRequest
from image_release.fetch.urls import FileUrl, parse_url
from image_release.fetch.web import WebFetcher
from image_release.settings import DownloadSettings


class UrlFetcher:
    """Fetches originals by URL. The threads of a process share one fetcher; each process has its own.

    At most `connections` requests run at once, and at most `connections_per_host` of them to one host; more have to
    wait. `file:` URLs are read only below `file_folders`. `tls` defaults to the certificates that the system trusts.
    """

    def __init__(
        self,
        settings: DownloadSettings,
        file_folders: Sequence[Path] = (),
        *,
        resolver: Resolver = resolve_by_system,
        tls: ssl.SSLContext | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = random_module.random,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._max_bytes = settings.max_bytes
        self._folders = tuple(folder.resolve() for folder in file_folders)
        self._monotonic = monotonic
        current = CurrentRequest()
        dialler = Dialler(
            HostJudge(resolver, settings.allowed_networks, settings.resolve),
            current,
            connect_timeout_s=settings.connect_timeout_s,
            read_timeout_s=settings.read_timeout_s,
        )
        pools = JudgedPools(
            dialler,
            tls or ssl.create_default_context(),
            per_host=settings.connections_per_host,
            hosts=settings.connections,
        )
        limits = ConnectionLimits(settings.connections_per_host, settings.connections)
        self._client = HttpClient(settings, pools, limits, current)
        self._web = WebFetcher(settings, self._client, monotonic=monotonic, sleep=sleep, random=random, now=now)

    def fetch(
        self, url: str, validators: Validators | None = None, *, deadline_s: float | None = None
    ) -> Fetched | NotModified | FetchFailed:
        """Fetch one URL, as the port `Fetcher.fetch` describes it."""
        known = validators or Validators()
        try:
            target = parse_url(url)
            if deadline_s is not None and self._monotonic() >= deadline_s:
                raise RunEndedError
            if isinstance(target, FileUrl):
                return read_file(target, self._folders, known, self._max_bytes)
            return self._web.fetch(target, known, deadline_s)
        except FailedError as error:
            return error.failed

    def close(self) -> None:
        """Close the connections that were kept open. The fetcher can still be used afterwards."""
        self._client.close()
