"""Serves the desk on a port of this machine, and of no other one."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import uvicorn
from starlette.types import ASGIApp

from image_release.desk.web.access import LOOPBACK

GRACE_S = 1
"""How long open requests may go on after Ctrl-C."""
KEEP_ALIVE_S = 30
WAITING = 128
"""Connections that may wait until they are answered."""


class DeskServer:
    """A socket on 127.0.0.1, taken at once, so that the address is known before the application is made.

    Whoever opens the address before the application answers waits for it, and is not refused.
    """

    def __init__(self, port: int = 0) -> None:
        """Take the port; 0 takes any free one. Raises OSError if it is taken."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((LOOPBACK, port))
            self._socket.listen(WAITING)
        except OSError:
            self._socket.close()
            raise
        self.port: int = self._socket.getsockname()[1]

    def serve(self, app: ASGIApp) -> None:
        """Answer requests until a signal ends it: raises KeyboardInterrupt after Ctrl-C."""
        self._server(app).run(sockets=[self._socket])

    @contextmanager
    def serving(self, app: ASGIApp) -> Iterator[None]:
        """Answer requests in a thread while the block runs."""
        server = self._server(app)
        thread = Thread(target=server.run, kwargs={"sockets": [self._socket]}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.should_exit = True
            thread.join()

    def _server(self, app: ASGIApp) -> uvicorn.Server:
        config = uvicorn.Config(
            app,
            access_log=False,
            log_config=None,
            log_level="error",
            lifespan="off",
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=GRACE_S,
        )
        return uvicorn.Server(config)
