"""One GET: wait for a free place, connect to a judged address, read the answer within its bounds.

A body is read whole or not at all, and never more of it than allowed. Bytes are counted while they stream, before and
after unpacking: an announced length is only a claim. Every fault of the network becomes a FailedError, and a
TransientError if another attempt may succeed.
"""

from __future__ import annotations

import http.client
import io
from collections.abc import Mapping
from dataclasses import dataclass
from ssl import SSLCertVerificationError

from urllib3 import BaseHTTPResponse, HTTPHeaderDict, Timeout
from urllib3.exceptions import ClosedPoolError, HTTPError, IncompleteRead, ProtocolError, ReadTimeoutError, SSLError

from image_release.fetch.answers import (
    FailedError,
    NoConnectionError,
    RunEndedError,
    TooManyBytesError,
    TransientError,
)
from image_release.fetch.bodies import WITH_FILE, check_whole, unpacked
from image_release.fetch.connections import READ_BYTES, JudgedPools, StaleConnectionError
from image_release.fetch.heads import MalformedAnswerError
from image_release.fetch.limits import AllBusyError, ConnectionLimits, CurrentRequest, TimeBudget
from image_release.fetch.urls import WebUrl
from image_release.outcomes import Outcome
from image_release.settings import DownloadSettings

MAX_DRAINED_BYTES = 65_536
"""Maximum length of an unwanted body (an error page) that is read: reading it is cheaper than a new connection."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered; `body` is the whole file, empty unless the status is one of WITH_FILE."""

    status: int
    headers: HTTPHeaderDict
    body: bytes


class HttpClient:
    """Sends GET requests; many threads may use it at the same time, one request each."""

    def __init__(
        self, settings: DownloadSettings, pools: JudgedPools, limits: ConnectionLimits, current: CurrentRequest
    ) -> None:
        self._settings = settings
        self._pools = pools
        self._limits = limits
        self._current = current

    def get(self, url: WebUrl, headers: Mapping[str, str], budget: TimeBudget) -> Reply:
        """Ask for `url` once, and do not follow a redirect.

        The time spent waiting for a free place is given back to the image's budget. Raises FailedError.
        """
        waiting_since_s = budget.monotonic()
        try:
            with self._limits.slot(url.host, budget.run_left_s()):
                budget.extend(budget.monotonic() - waiting_since_s)
                self._current.budget = budget
                self._current.target = url.target
                return self._exchange(url, headers, budget)
        except HTTPError as error:
            budget.check()  # a read that was cut off because our time is up is not the server's fault
            raise _as_failure(error, self._settings.read_timeout_s) from error
        except AllBusyError as error:
            raise RunEndedError from error

    def close(self) -> None:
        """Close the connections that are open and not in use."""
        self._pools.clear()

    def _exchange(self, url: WebUrl, headers: Mapping[str, str], budget: TimeBudget) -> Reply:
        response = self._ask(url, headers, budget)
        try:
            return Reply(response.status, response.headers, self._body(response))
        except BaseException:
            response.close()
            raise
        finally:
            response.release_conn()

    def _ask(self, url: WebUrl, headers: Mapping[str, str], budget: TimeBudget) -> BaseHTTPResponse:
        """Send the request; once more without delay for each connection that was kept open and has ended since."""
        for _ in range(self._settings.connections_per_host):
            try:
                return self._urlopen(url, headers, budget)
            except ProtocolError as error:
                if not isinstance(error.args[-1], StaleConnectionError):
                    raise
        return self._urlopen(url, headers, budget)

    def _urlopen(self, url: WebUrl, headers: Mapping[str, str], budget: TimeBudget) -> BaseHTTPResponse:
        return self._pools.connection_from_host(url.host, url.port, url.scheme).urlopen(
            "GET",
            url.target,
            headers={"Accept": "image/*,*/*;q=0.8", "Accept-Encoding": "identity", **headers},
            retries=False,
            redirect=False,
            timeout=Timeout(
                connect=budget.at_most_s(self._settings.connect_timeout_s),
                read=budget.at_most_s(self._settings.read_timeout_s),
            ),
            preload_content=False,
            decode_content=False,
        )

    def _body(self, response: BaseHTTPResponse) -> bytes:
        if response.status in WITH_FILE:
            return _read_body(response, self._settings.max_bytes)
        _drain(response)
        return b""


def _as_failure(error: HTTPError, read_timeout_s: float) -> FailedError:
    # The last argument of urllib3's error is the error below it that caused it.
    cause = error.args[-1] if error.args else None
    if isinstance(cause, SSLCertVerificationError):
        return FailedError(Outcome.UNAVAILABLE, f"the certificate was refused: {cause.verify_message}")
    if isinstance(error, SSLError):
        return NoConnectionError("TLS could not be set up")
    if reason := _transient_reason(error, cause, read_timeout_s):
        return TransientError(reason)
    if isinstance(cause, MalformedAnswerError):
        return FailedError(Outcome.UNAVAILABLE, f"the answer is not understood as HTTP: {cause}")
    fault = cause if isinstance(cause, Exception) else error
    return FailedError(Outcome.UNAVAILABLE, f"the answer is not understood as HTTP ({type(fault).__name__})")


def _transient_reason(error: HTTPError, cause: object, read_timeout_s: float) -> str | None:
    if isinstance(error, ReadTimeoutError):
        return f"no byte came for {read_timeout_s:g} s"
    if isinstance(cause, IncompleteRead):
        return f"the answer ended after {cause.partial} of {cause.partial + cause.expected} bytes"
    if isinstance(cause, http.client.IncompleteRead):
        return "the answer ended before its end"
    if isinstance(error, ClosedPoolError) or (isinstance(error, ProtocolError) and isinstance(cause, OSError)):
        return "the connection broke off"
    return None


def _read_body(response: BaseHTTPResponse, max_bytes: int) -> bytes:
    """Read a body to the whole file, of at most `max_bytes` both as sent and unpacked.

    Raises TooManyBytesError, FailedError for a part of a file or an unknown packing, TransientError for a damaged
    packing, and urllib3's ProtocolError for a body shorter than announced. Bytes after that length are not read.
    """
    announced = response.headers.get("Content-Length", "")
    if announced and int(announced) > max_bytes:
        raise TooManyBytesError(f"more than {max_bytes} bytes announced ({announced})")
    body = io.BytesIO()
    cut: ProtocolError | None = None
    try:
        _read_into(body, response, max_bytes)
    except ProtocolError as error:
        cut = error
    file = unpacked(response.headers, body.getvalue(), max_bytes)
    # Some servers pack the body and announce the length of the file. Its packing tells that it is whole.
    if cut and str(len(file)) != announced:
        raise cut
    check_whole(response.status, response.headers, body.tell())
    return file


def _drain(response: BaseHTTPResponse) -> None:
    """Read a short unwanted body to its end, so that the connection can be used again; otherwise close it."""
    try:
        _read_into(io.BytesIO(), response, MAX_DRAINED_BYTES)
    except (FailedError, HTTPError):
        response.close()  # the status arrived before the body, and is enough


def _read_into(body: io.BytesIO, response: BaseHTTPResponse, max_bytes: int) -> None:
    while chunk := response.read1(READ_BYTES, decode_content=False):
        body.write(chunk)
        if body.tell() > max_bytes:
            raise TooManyBytesError(f"more than {max_bytes} bytes")
