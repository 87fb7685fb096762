"""urllib3's connections and pools, changed in two points: whom they connect to, and how long they wait.

1. A connection goes to an address that was judged. DNS is not asked a second time in between, so a name that changes
   its answer (DNS rebinding) gains nothing. The Host header, SNI and the certificate check stay with the name.
2. Every read of the socket, of headers too, may take only the time that the fetch has left. A plain socket timeout
   starts again with every byte: a server that sends a byte a second would hold us for ever.

Proxies from the environment are not used: they would resolve names for us, and nothing would judge the addresses.
"""

from __future__ import annotations

import http.client
import io
import os
import socket
import ssl
from collections.abc import Callable
from functools import partial
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from image_release.fetch.addresses import Endpoint, HostJudge
from image_release.fetch.answers import TransientError
from image_release.fetch.limits import CurrentTimeBudget

READ_BYTES = 65_536
"""Bytes read from a socket at once. A TLS record is 16 KiB, an image some 100 KiB: fewer reads than by default."""


class Dialler:
    """Opens sockets to judged addresses, within the time budget of the fetch that this thread is working on."""

    def __init__(
        self, judge: HostJudge, current: CurrentTimeBudget, *, connect_timeout_s: float, read_timeout_s: float
    ) -> None:
        self._judge = judge
        self._current = current
        self._connect_timeout_s = connect_timeout_s
        self._read_timeout_s = read_timeout_s

    def read_timeout_s(self) -> float:
        """Seconds that the next read may wait. Raises RunEndedError or FetchOutOfTimeError when no time is left."""
        return self._current.budget.at_most_s(self._read_timeout_s)

    def dial(self, host: str, port: int) -> socket.socket:
        """Connect to a host; the timeout of the returned socket is the time that a TLS handshake may take.

        Raises ForbiddenAddressError, FailedError if the host is unknown, and TransientError if it was not reached.
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
        raise TransientError(f"no connection to {host}: {why}")


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
        self.within_headers = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._connected.settimeout(self._timeout_s())
        received = self._source.readinto(buffer)
        if received == 0 and self.within_headers:
            raise ConnectionResetError("the connection ended within the headers")
        return received

    def close(self) -> None:
        self._source.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, timeout_s: Callable[[], float], **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self._reader = _TimedReader(self.fp.detach(), sock, timeout_s)
        self.fp = io.BufferedReader(self._reader, READ_BYTES)

    def begin(self) -> None:
        # http.client takes the end of the connection for the end of the headers: without this, an answer that was
        # cut off before its Content-Length would be an empty image.
        self._reader.within_headers = True
        super().begin()
        self._reader.within_headers = False


class JudgedConnection(HTTPConnection):
    """A connection to a judged address."""

    def __init__(self, *args: Any, dialler: Dialler, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._dialler = dialler
        self.response_class = partial(  # type: ignore[assignment]  # http.client does no more than call it
            _TimedResponse, timeout_s=dialler.read_timeout_s
        )

    def _new_conn(self) -> socket.socket:
        return self._dialler.dial(self.host, self.port)


class JudgedTlsConnection(JudgedConnection, HTTPSConnection):
    """A TLS connection to a judged address; the certificate is checked for the host's name."""

    def connect(self) -> None:
        """Connect and do the TLS handshake. Raises FailedError, and `ssl.SSLError` if the handshake fails."""
        try:
            super().connect()
        except TimeoutError as error:
            raise TransientError(f"{self.host} did not finish the TLS handshake in time") from error


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
