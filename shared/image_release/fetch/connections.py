"""urllib3's connections and pools, changed in three points: whom they connect to, how long they wait, what they read.

1. A connection goes to an address that was judged. DNS is not asked a second time in between, so a name that changes
   its answer (DNS rebinding) gains nothing. The Host header, SNI and the certificate check stay with the name.
2. Every read of the socket, of headers too, may take only the time that the fetch has left. A plain socket timeout
   starts again with every byte: a server that sends a byte a second would hold us for ever.
3. Heads and bodies are read as browsers read them (`heads`, `framing`).

Proxies from the environment are not used: they would resolve names for us, and nothing would judge the addresses.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import os
import socket
import ssl
from collections.abc import Callable
from functools import partial
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from image_release.fetch.addresses import Endpoint, HostJudge
from image_release.fetch.answers import NoConnectionError
from image_release.fetch.framing import Dechunked, framing_of
from image_release.fetch.heads import read_head
from image_release.fetch.limits import CurrentRequest

READ_BYTES = 65_536
"""Bytes read from a socket at once. A TLS record is 16 KiB, an image some 100 KiB: fewer reads than by default."""


class StaleConnectionError(ConnectionResetError):
    """A connection that was kept open gave no answer: its server had closed it, or sent more than the last answer."""


class Dialler:
    """Opens sockets to judged addresses, within the time budget of the fetch that this thread is working on."""

    def __init__(
        self, judge: HostJudge, current: CurrentRequest, *, connect_timeout_s: float, read_timeout_s: float
    ) -> None:
        self._judge = judge
        self._current = current
        self._connect_timeout_s = connect_timeout_s
        self._read_timeout_s = read_timeout_s

    def read_timeout_s(self) -> float:
        """Seconds that the next read may wait. Raises RunEndedError or FetchOutOfTimeError when no time is left."""
        return self._current.budget.at_most_s(self._read_timeout_s)

    def target(self) -> str:
        """The path and query that this thread asks for."""
        return self._current.target

    def dial(self, host: str, port: int) -> socket.socket:
        """Connect to a host; the timeout of the returned socket is the time that a TLS handshake may take.

        Raises ForbiddenAddressError, FailedError if the host is unknown, and NoConnectionError if it was not reached.
        """
        budget = self._current.budget
        started_s = budget.monotonic()
        endpoints = self._judge.endpoints(host, port, budget.at_most_s(self._connect_timeout_s))
        why = "timed out"
        for tried, endpoint in enumerate(endpoints, start=1):
            left_s = self._connect_timeout_s - (budget.monotonic() - started_s)
            # Each address but the last gets half of the time left: a dead IPv6 route must leave time for IPv4.
            share_s = left_s if tried == len(endpoints) else left_s / 2
            if share_s <= 0:
                break
            try:
                connected = _connect(endpoint, budget.at_most_s(share_s))
            except OSError as error:
                why = os.strerror(error.errno).lower() if error.errno else "timed out"
                continue
            connected.settimeout(budget.at_most_s(self._connect_timeout_s))
            return connected
        raise NoConnectionError(f"no connection to {host}: {why}")


def _connect(endpoint: Endpoint, timeout_s: float) -> socket.socket:
    family = socket.AF_INET if endpoint.address.version == 4 else socket.AF_INET6  # noqa: PLR2004 - IP's versions
    connecting = socket.socket(family, socket.SOCK_STREAM)
    try:
        connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connecting.settimeout(timeout_s)
        connecting.connect((str(endpoint.address), endpoint.port))
    except BaseException:
        connecting.close()
        raise
    return connecting


class _TimedReader(io.RawIOBase):
    """The reading side of a socket; each read gets its own timeout."""

    def __init__(self, source: io.RawIOBase, connected: socket.socket, timeout_s: Callable[[], float]) -> None:
        self._source = source
        self._connected = connected
        self._timeout_s = timeout_s
        self.over = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self.over:
            return None
        self._connected.settimeout(self._timeout_s())
        return self._source.readinto(buffer)

    def close(self) -> None:
        self._source.close()
        super().close()


class _AnswerStream(io.BufferedReader):
    """The bytes of one answer. If more came than belongs to it, the connection is not used again."""

    def __init__(self, reader: _TimedReader, connected: socket.socket) -> None:
        super().__init__(reader, READ_BYTES)
        self._reader = reader
        self._connected = connected

    def close(self) -> None:
        if not self.closed:
            self._reader.over = True
            if self.peek(1):
                with contextlib.suppress(OSError):
                    self._connected.shutdown(socket.SHUT_RDWR)
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    """http.client's answer, with the head and the bounds of the body read by `heads` and `framing`."""

    def __init__(self, sock: socket.socket, *args: Any, timeout_s: Callable[[], float], **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = _AnswerStream(_TimedReader(self.fp.detach(), sock, timeout_s), sock)

    def begin(self) -> None:
        """Read the head, and see where the body ends."""
        head = read_head(self.fp)
        framing = framing_of(head, self.fp)
        self.version, self.reason = head.version, head.reason
        self.code = self.status = head.status
        # urllib3 compares the body with this header, so it may only say what we go by.
        del head.headers["Content-Length"]
        if framing.length is not None:
            head.headers["Content-Length"] = str(framing.length)
        self.headers = self.msg = head.headers
        self.chunked, self.length, self.will_close = False, framing.length, not framing.keeps_open
        if framing.chunked:
            self.fp = Dechunked(self.fp)  # type: ignore[assignment]  # urllib3 uses read1 and close alone


class JudgedConnection(HTTPConnection):
    """A connection to a judged address."""

    def __init__(self, *args: Any, dialler: Dialler, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._dialler = dialler
        self._answers = 0
        self.response_class = partial(  # type: ignore[assignment]  # http.client does no more than call it
            _TimedResponse, timeout_s=dialler.read_timeout_s
        )

    def _new_conn(self) -> socket.socket:
        self._answers = 0
        return self._dialler.dial(self.host, self.port)

    def putrequest(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002 - urllib3's name
        """Send the request line, with the target as it was cleaned: urllib3 has encoded `url` once more."""
        super().putrequest(method, self._dialler.target(), *args, **kwargs)

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # urllib3 overrides it so too
        """Read the head of the answer. Raises StaleConnectionError if an older connection fails before it is read."""
        try:
            answer = super().getresponse()
        except (ConnectionError, http.client.BadStatusLine) as error:
            if self._answers:
                raise StaleConnectionError from error
            raise
        self._answers += 1
        return answer


class JudgedTlsConnection(JudgedConnection, HTTPSConnection):
    """A TLS connection to a judged address; the certificate is checked for the host's name."""

    def connect(self) -> None:
        """Connect and do the TLS handshake. Raises FailedError, and `ssl.SSLError` if the handshake fails."""
        try:
            super().connect()
        except TimeoutError as error:
            raise NoConnectionError(f"{self.host} did not finish the TLS handshake in time") from error
        except (ConnectionError, ssl.SSLEOFError) as error:
            raise NoConnectionError("TLS could not be set up") from error


class _JudgedPool(HTTPConnectionPool):
    ConnectionCls = JudgedConnection


class _JudgedTlsPool(HTTPSConnectionPool):
    ConnectionCls = JudgedTlsConnection


class JudgedPools(PoolManager):
    """Connections kept open for the next image: at most `per_host` for a host and port, for the last `hosts` hosts."""

    def __init__(self, dialler: Dialler, tls: ssl.SSLContext, *, per_host: int, hosts: int) -> None:
        super().__init__(num_pools=hosts, maxsize=per_host, ssl_context=tls)
        self._dialler = dialler
        self.pool_classes_by_scheme = {"http": _JudgedPool, "https": _JudgedTlsPool}

    def _new_pool(
        self, scheme: str, host: str, port: int, request_context: dict[str, Any] | None = None
    ) -> HTTPConnectionPool:
        context = {**(request_context or self.connection_pool_kw), "dialler": self._dialler}
        return super()._new_pool(scheme, host, port, context)
