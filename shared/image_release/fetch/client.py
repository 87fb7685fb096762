"""One GET: wait for a free place, connect to a judged address, read the answer within its bounds.

A body is read whole or not at all, and never more of it than allowed. Bytes are counted while they stream, before and
after unpacking: an announced length is only a claim. Every fault of the network becomes a FailedError, and a
TransientError if another attempt may succeed.
"""

from __future__ import annotations

import http.client
import io
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from ssl import SSLCertVerificationError

from urllib3 import BaseHTTPResponse, Timeout
from urllib3.exceptions import ClosedPoolError, HTTPError, IncompleteRead, ProtocolError, ReadTimeoutError, SSLError

from image_release.fetch.answers import FailedError, RunEndedError, TooManyBytesError, TransientError
from image_release.fetch.connections import READ_BYTES, JudgedPools
from image_release.fetch.limits import AllBusyError, ConnectionLimits, CurrentTimeBudget, TimeBudget
from image_release.fetch.urls import WebUrl
from image_release.outcomes import Outcome
from image_release.settings import DownloadSettings

OK = 200


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered; `body` is empty unless the status is 200. Header names are of any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpClient:
    """Asks servers, a request at a time for each thread."""

    def __init__(
        self, settings: DownloadSettings, pools: JudgedPools, limits: ConnectionLimits, current: CurrentTimeBudget
    ) -> None:
        self._settings = settings
        self._pools = pools
        self._limits = limits
        self._current = current

    def get(self, url: WebUrl, headers: Mapping[str, str], budget: TimeBudget) -> Reply:
        """Ask for `url` once, no redirect followed.

        Waiting for a free place is not the image's fault and not taken from its time. Raises FailedError.
        """
        waiting_since_s = budget.monotonic()
        try:
            with self._limits.slot(url.host, budget.run_left_s()):
                budget.extend(budget.monotonic() - waiting_since_s)
                self._current.budget = budget
                return self._exchange(url, headers, budget)
        except HTTPError as error:
            budget.check()  # a read that was cut because time is up is no fault of the server
            raise _told(error, self._settings.read_timeout_s) from error
        except AllBusyError as error:
            raise RunEndedError from error

    def close(self) -> None:
        """Close the connections that wait for another request."""
        self._pools.clear()

    def _exchange(self, url: WebUrl, headers: Mapping[str, str], budget: TimeBudget) -> Reply:
        response = self._pools.connection_from_host(url.host, url.port, url.scheme).urlopen(
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
        try:
            return Reply(response.status, response.headers, self._body(response))
        except BaseException:
            response.close()
            raise
        finally:
            response.release_conn()

    def _body(self, response: BaseHTTPResponse) -> bytes:
        if response.status == OK:
            return read_body(response, self._settings.max_bytes)
        drain(response)
        return b""


def _told(error: HTTPError, read_timeout_s: float) -> FailedError:
    # urllib3 keeps what happened below it as the last argument of its own error.
    cause = error.args[-1] if error.args else None
    if isinstance(cause, SSLCertVerificationError):
        return FailedError(Outcome.UNAVAILABLE, f"the certificate was refused: {cause.verify_message}")
    if reason := _passing_reason(error, cause, read_timeout_s):
        return TransientError(reason)
    fault = cause if isinstance(cause, Exception) else error
    return FailedError(Outcome.UNAVAILABLE, f"the answer is not understood as HTTP ({type(fault).__name__})")


def _passing_reason(error: HTTPError, cause: object, read_timeout_s: float) -> str | None:
    if isinstance(error, ReadTimeoutError):
        return f"no byte came for {read_timeout_s:g} s"
    if isinstance(error, SSLError):
        return "TLS could not be set up"
    if isinstance(cause, IncompleteRead):
        return f"the answer ended after {cause.partial} of {cause.partial + cause.expected} bytes"
    if isinstance(cause, http.client.IncompleteRead):
        return "the answer ended before its end"
    if isinstance(error, ClosedPoolError) or (isinstance(error, ProtocolError) and isinstance(cause, OSError)):
        return "the connection broke off"
    return None


PLAIN = ("", "identity")
PACKED = ("gzip", "x-gzip", "deflate")
"""Taken though nobody asked: object stores send files that were stored packed, whatever the request says."""

MAX_DRAINED_BYTES = 65_536
"""Of a body nobody wants (an error page): reading so little is cheaper than a new connection."""


def read_body(response: BaseHTTPResponse, max_bytes: int) -> bytes:
    """Read a body of at most `max_bytes`, packed and unpacked.

    Raises FailedError: too many bytes, a packing nobody asked for, or (passing) a damaged one; a body shorter than
    announced is an error of urllib3's. What follows an announced length is not read.
    """
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in PLAIN + PACKED:
        raise FailedError(Outcome.UNAVAILABLE, "the answer is packed in a way that was not asked for")
    announced = response.headers.get("Content-Length", "")
    if announced.isdecimal() and int(announced[:20]) > max_bytes:  # int() refuses thousands of digits
        raise TooManyBytesError(f"more than {max_bytes} bytes announced ({announced[:20]})")
    packed = _read_at_most(response, max_bytes)
    return packed if encoding in PLAIN else _unpacked(packed, max_bytes)


def drain(response: BaseHTTPResponse) -> None:
    """Read a body nobody wants to its end if that is near, so that the connection can be used again."""
    try:
        _read_at_most(response, MAX_DRAINED_BYTES)
    except (FailedError, HTTPError):
        response.close()  # the status that came before it stands


def _read_at_most(response: BaseHTTPResponse, max_bytes: int) -> bytes:
    body = io.BytesIO()
    while chunk := response.read1(READ_BYTES, decode_content=False):
        body.write(chunk)
        if body.tell() > max_bytes:
            raise TooManyBytesError(f"more than {max_bytes} bytes")
    return body.getvalue()


def _unpacked(packed: bytes, max_bytes: int) -> bytes:
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # + 32: gzip and zlib headers are both understood
    try:
        body = unpacking.decompress(packed, max_bytes + 1)
    except zlib.error as error:
        raise TransientError("the answer's packing is broken") from error
    if len(body) > max_bytes:
        raise TooManyBytesError(f"more than {max_bytes} bytes when unpacked")
    if not unpacking.eof:
        raise TransientError("the packed answer ended before its end")
    return body
