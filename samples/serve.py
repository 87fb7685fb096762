"""Serves a folder over HTTP on a free port of 127.0.0.1, as a partner's server would do it.

Conditional requests for an unchanged file are answered with 304. Nothing outside the folder can be reached.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder: Path

    def do_GET(self) -> None:
        """Answer with 200 and the file, with 304 if the client has it, or with 404."""
        wanted = (self.folder / unquote(urlsplit(self.path).path).lstrip("/")).resolve()
        if not wanted.is_relative_to(self.folder) or not wanted.is_file():
            self._answer(404, b"")
            return
        data = wanted.read_bytes()
        etag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
        if self.headers.get("If-None-Match") == etag:
            self._answer(304, b"", etag)
        else:
            self._answer(200, data, etag)

    def _answer(self, status: int, body: bytes, etag: str | None = None) -> None:
        self.send_response(status)
        if etag:
            self.send_header("ETag", etag)
        self.send_header("Content-Type", "image/jpeg")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        """Log nothing."""


class Server(ThreadingHTTPServer):
    """A server on a free port of 127.0.0.1, for many clients at once."""

    daemon_threads = True
    request_queue_size = 128
    """Clients that connect at once and wait in line; where there is no place, a client waits a second and more."""

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a folder while the context is open; yields `127.0.0.1:port`."""
    handler = type("Handler", (_Handler,), {"folder": folder.resolve()})
    server = Server(handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
