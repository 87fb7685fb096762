"""One GET: a free place, a judged connection, an answer; every fault of the network told as passing or not."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from ssl import SSLCertVerificationError

from urllib3 import BaseHTTPResponse, Timeout
from urllib3.exceptions import ClosedPoolError, HTTPError, IncompleteRead, ProtocolError, ReadTimeoutError, SSLError

from image_release.fetch.answers import FailedError, RunEndedError, TransientError
from image_release.fetch.bodies import drain, read_body
from image_release.fetch.connections import JudgedPools
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
