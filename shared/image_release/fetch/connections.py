"""urllib3's connections and pools, changed in two points: whom they connect to, and how long they wait.

A connection goes to an address that was judged, without a second look at DNS in between, so a name that changes its
answer (DNS rebinding) gains nothing; Host header, SNI and certificate check stay with the name. And every single read
of the socket, of headers too, is cut to the time that the fetch has left: a server that dribbles a byte a second resets
a plain socket timeout for ever. Proxies from the environment are not looked at: they would resolve names for us.
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

from image_release.fetch.addresses import Endpoint, JudgedNames
from image_release.fetch.answers import TransientError
from image_release.fetch.limits import CurrentTimeBudget

READ_BYTES = 65_536
"""Read from a socket at once: a TLS record is 16 KiB, a picture some hundred; fewer system calls than the default."""


class Dialler:
    """Opens sockets to judged addresses, within the time of the fetch that this thread is at."""

    def __init__(
        self, names: JudgedNames, current: CurrentTimeBudget, *, connect_timeout_s: float, read_timeout_s: float
    ) -> None:
        self._names = names
        self._current = current
        self._connect_timeout_s = connect_timeout_s
        self._read_timeout_s = read_timeout_s

    def read_timeout_s(self) -> float:
        """Say how long the next read may wait. Raises when the fetch has no time left."""
        return self._current.budget.at_most_s(self._read_timeout_s)

    def dial(self, host: str, port: int) -> socket.socket:
        """Connect to a host; the socket's timeout is what a TLS handshake may take.

        Raises FailedError: forbidden, unknown, or (passing) not reached.
        """
        budget = self._current.budget
        started_s = budget.monotonic()
        endpoints = self._names.endpoints(host, port, budget.at_most_s(self._connect_timeout_s))
        why = "timed out"
        for tried, endpoint in enumerate(endpoints, start=1):
            left_s = self._connect_timeout_s - (budget.monotonic() - started_s)
            # Half of what is left for each address but the last: a dead IPv6 route must not eat the time of IPv4.
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
    """The reading side of a socket, whose every read gets its own timeout."""

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
        # http.client takes the end of the connection for the end of the headers: an answer cut off before its
        # Content-Length would pass for an empty picture.
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
    """The same with TLS: the certificate is checked for the name, whatever the address."""

    def connect(self) -> None:
        """Connect and shake hands. Raises FailedError; what the handshake itself finds wrong is an `ssl.SSLError`."""
        try:
            super().connect()
        except TimeoutError as error:
            raise TransientError(f"{self.host} did not finish the TLS handshake in time") from error


class _JudgedPool(HTTPConnectionPool):
    ConnectionCls = JudgedConnection


class _JudgedTlsPool(HTTPSConnectionPool):
    ConnectionCls = JudgedTlsConnection


class JudgedPools(PoolManager):
    """Connections kept open for the next image: at most `per_host` of a host and port, for the last `hosts` hosts."""

    def __init__(self, dialler: Dialler, tls: ssl.SSLContext, *, per_host: int, hosts: int) -> None:
        super().__init__(num_pools=hosts, maxsize=per_host, ssl_context=tls)
        self._dialler = dialler
        self.pool_classes_by_scheme = {"http": _JudgedPool, "https": _JudgedTlsPool}

    def _new_pool(
        self, scheme: str, host: str, port: int, request_context: dict[str, Any] | None = None
    ) -> HTTPConnectionPool:
        context = {**(request_context or self.connection_pool_kw), "dialler": self._dialler}
        return super()._new_pool(scheme, host, port, context)
