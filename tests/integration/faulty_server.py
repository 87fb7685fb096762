"""A small HTTP server on 127.0.0.1 that can do everything wrong on purpose, and counts its requests.

It uses raw sockets, because a server library refuses to send a wrong length, half a header or a reset. A route is a
function that gets the `Exchange` and sends anything.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self


@dataclass(frozen=True)
class Request:
    """One request line with its headers (names in lower case)."""

    method: str
    target: str
    headers: Mapping[str, str]


@dataclass
class Exchange:
    """One request, and the socket to answer on. The connection stays open unless a route closes it."""

    request: Request
    connected: socket.socket
    stopping: threading.Event
    open: bool = True

    def answer(self, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        """Send a well-formed answer; `headers` may replace Content-Length."""
        fields = {"Content-Length": str(len(body)), **(headers or {})}
        head = f"HTTP/1.1 {status} x\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self.send(head.encode("utf-8") + b"\r\n" + body)

    def send(self, data: bytes) -> None:
        self.connected.sendall(data)

    def dribble(self, data: bytes, pause_s: float) -> None:
        """Send a byte at a time, until the client closes the connection or the server stops."""
        for byte in data:
            self.send(bytes([byte]))
            if self.stopping.wait(pause_s):
                return

    def close(self) -> None:
        """Close the connection normally, even if the body is not complete."""
        self.open = False

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        self.connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.open = False


Route = Callable[[Exchange], None]


def sends(body: bytes = b"", status: int = 200, headers: Mapping[str, str] | None = None) -> Route:
    """A route that always sends the same answer."""
    return lambda exchange: exchange.answer(status, body, headers)


def in_turn(*routes: Route) -> Route:
    """A route that uses the given routes in turn, one per request, and then repeats the last one."""
    left = list(routes)

    def route(exchange: Exchange) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(exchange)

    return route


@dataclass
class FaultyServer:
    """Serves `routes` by path (without query) on a free port; other paths are a 404. Use it as a context manager.

    Without `tls`, a TLS handshake gets no answer, or `to_handshakes` and the end of the connection.
    """

    routes: dict[str, Route] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    host: str = "127.0.0.1"
    to_handshakes: bytes | None = None
    requests: list[Request] = field(default_factory=list)
    accepted: int = 0
    most_at_once: int = 0

    def __enter__(self) -> Self:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._listening = socket.create_server((self.host, 0), family=family, backlog=128)
        self.port: int = self._listening.getsockname()[1]
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._at_once = 0
        self._connections: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        with self._lock:
            for connected in self._connections:
                _shut(connected)
        for thread in self._threads:
            thread.join(10)

    def url(self, path: str, host: str = "") -> str:
        """The URL of a path, with `host` instead of the address."""
        scheme = "https" if self.tls else "http"
        name = host or (f"[{self.host}]" if ":" in self.host else self.host)
        return f"{scheme}://{name}:{self.port}{path}"

    @property
    def paths(self) -> list[str]:
        """The targets of all requests, in order."""
        return [request.target for request in self.requests]

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connected, _ = self._listening.accept()
            except OSError:
                return
            with self._lock:
                self.accepted += 1
                self._connections.add(connected)
            thread = threading.Thread(target=self._serve, args=(connected,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, plain: socket.socket) -> None:
        connected = plain
        try:
            if self.tls:
                connected = self.tls.wrap_socket(plain, server_side=True)
                with self._lock:
                    self._connections.add(connected)
            while self._exchange(connected):
                pass
        except OSError:
            pass  # the client closed the connection, as most of these tests want
        finally:
            with self._lock:
                self._connections -= {plain, connected}
            connected.close()
            plain.close()

    def _exchange(self, connected: socket.socket) -> bool:
        request = _read_request(connected, self.to_handshakes)
        if request is None:
            return False
        with self._lock:
            self.requests.append(request)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        exchange = Exchange(request, connected, self._stopping)
        try:
            self.routes.get(request.target.partition("?")[0], sends(b"nothing here", 404))(exchange)
        finally:
            with self._lock:
                self._at_once -= 1
        return exchange.open


def _read_request(connected: socket.socket, to_handshakes: bytes | None) -> Request | None:
    head = b""
    while b"\r\n\r\n" not in head:
        received = connected.recv(65_536)
        if not received:
            return None
        head += received
        if to_handshakes is not None and head.startswith(b"\x16"):
            connected.sendall(to_handshakes)
            return None
    first, *fields = head.decode("latin-1").partition("\r\n\r\n")[0].split("\r\n")
    method, target, _ = first.split(" ")
    return Request(
        method, target, {name.lower(): value.strip() for name, _, value in (f.partition(":") for f in fields)}
    )


def _shut(connected: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)
