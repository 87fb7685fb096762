"""The server of the page. It listens on this machine only and answers only requests that know its address.

The address holds a random token, so other pages and other users of the machine cannot read or edit. The Host header
must name this server, so a foreign host name that points to this machine is refused (DNS rebinding). Images are
requested by number, so no path comes from outside.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from image_release.lab.corpus_csv import CorpusUnreadableError
from image_release.lab.grouping.labelling.documents import change_document, hotel_document, session_document
from image_release.lab.grouping.labelling.edits import Edit, EditRefusedError, State
from image_release.lab.grouping.labelling.saving import ChangedElsewhereError
from image_release.lab.grouping.labelling.session import OpenHotel, OutdatedError, Session, Step
from image_release.lab.grouping.labelling.thumbnails import Thumbnails

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
MAX_BODY_BYTES = 1 << 20
"""Maximum length of a request body: enough for an edit of a hotel with 100,000 images."""
PAGE_FILES = {
    "": ("index.html", "text/html; charset=utf-8"),
    "label.css": ("label.css", "text/css; charset=utf-8"),
    "label.js": ("label.js", "text/javascript; charset=utf-8"),
    "view.js": ("view.js", "text/javascript; charset=utf-8"),
    "keys.js": ("keys.js", "text/javascript; charset=utf-8"),
}
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
CACHED = "private, max-age=86400, immutable"
"""Cache-Control of thumbnails: their address holds the token of this run, so it never shows another file."""
NOT_CACHED = "no-store"
"""Cache-Control of everything else."""
HOTEL_PATH = re.compile(r"hotels/(\d{1,9})(?:/(edits|undo|redo|accept))?")
IMAGE_PATH = re.compile(r"hotels/(\d{1,9})/images/(\d{1,9})/(small|large)")


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    version: int


class _EditRequest(_Request):
    edit: Edit


class LabelServer(ThreadingHTTPServer):
    """Serves one session on a port of this machine. `port` 0 takes any free port."""

    daemon_threads = True
    block_on_close = False  # an open connection of a browser must not delay Ctrl-C

    def __init__(self, session: Session, thumbnails: Thumbnails, port: int = 0) -> None:
        self.session = session
        self.thumbnails = thumbnails
        self.token = secrets.token_urlsafe(24)
        super().__init__((LOOPBACK, port), _Handler)
        self.hosts = {f"{name}:{self.server_port}" for name in (LOOPBACK, "localhost")}

    @property
    def address(self) -> str:
        """The address to open in a browser."""
        return f"http://{LOOPBACK}:{self.server_port}/{self.token}/"

    def handle_error(self, request: object, client_address: object) -> None:
        """Log a broken connection: browsers close one when a thumbnail scrolls out of sight."""
        log.debug("%s: %s: %r", client_address, request, sys.exc_info()[1])


class _Handler(BaseHTTPRequestHandler):
    server: LabelServer
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "image-release", ""
    timeout = 60
    disable_nagle_algorithm = True  # otherwise the body is sent 40 ms late, after the headers are acknowledged

    def do_GET(self) -> None:
        """Answer with page files, documents and thumbnails."""
        self._answer(self._get)

    def do_POST(self) -> None:
        """Do an edit, undo, redo or accept."""
        self._answer(self._post)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
        """Log requests at debug level only, because they hold the token."""
        log.debug(format, *args)

    def _answer(self, handler: Callable[[str], None]) -> None:
        """Check the address of a request, handle it, and turn every failure into an answer."""
        try:
            path = self._checked_path()
            if path is None:
                self._fail(HTTPStatus.FORBIDDEN, "this is not the address that the program printed")
            else:
                handler(path)
        except (OutdatedError, ChangedElsewhereError) as error:
            self._fail(HTTPStatus.CONFLICT, str(error))
        except (EditRefusedError, ValidationError) as error:
            self._fail(HTTPStatus.BAD_REQUEST, str(error))
        except ConnectionError:
            self.close_connection = True
        except (CorpusUnreadableError, OSError) as error:
            self._fail(HTTPStatus.INTERNAL_SERVER_ERROR, f"nothing was changed: {error}")
        except Exception as error:  # the page shows the error, and the program continues
            log.debug("%s", self.requestline, exc_info=True)
            self._fail(HTTPStatus.INTERNAL_SERVER_ERROR, f"{type(error).__name__}: {error}")

    def _checked_path(self) -> str | None:
        """The path after the token, or None if token, Host or Origin is wrong."""
        _, token, *rest = [*self.path.partition("?")[0].split("/", 2), ""]
        known = secrets.compare_digest(token.encode(errors="replace"), self.server.token.encode())
        origin = self.headers.get("Origin")
        ours = origin is None or origin.removeprefix("http://") in self.server.hosts
        return rest[0] if known and ours and self.headers.get("Host") in self.server.hosts else None

    def _get(self, path: str) -> None:
        session = self.server.session
        if path in PAGE_FILES:
            name, content_type = PAGE_FILES[path]
            self._send(HTTPStatus.OK, (files(__package__) / "page" / name).read_bytes(), content_type, NOT_CACHED)
        elif path == "hotels":
            self._send_json(HTTPStatus.OK, session_document(session))
        elif (match := IMAGE_PATH.fullmatch(path)) and self._exists(int(match[1]), int(match[2])):
            thumbnail = self.server.thumbnails.get(session.path(int(match[1]), int(match[2])), match[3])
            if thumbnail is None:
                self._fail(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "cannot be decoded")
            else:
                self._send(HTTPStatus.OK, thumbnail, "image/jpeg", CACHED)
        elif (match := HOTEL_PATH.fullmatch(path)) and not match[2] and self._exists(int(match[1])):
            hotel = session.opened(int(match[1]))
            if hotel is None:
                self._send_json(HTTPStatus.ACCEPTED, {"images": len(session.hotels[int(match[1])].images)})
            else:
                with hotel.lock:
                    document = hotel_document(hotel)
                self._send_json(HTTPStatus.OK, document)
        else:
            self._fail(HTTPStatus.NOT_FOUND, "not found")

    def _post(self, path: str) -> None:
        match = HOTEL_PATH.fullmatch(path)
        body = self._body()
        if body is None:
            self.close_connection = True  # an unread body would be read as the next request
            self._fail(HTTPStatus.BAD_REQUEST, f"needs a JSON body of up to {MAX_BODY_BYTES} bytes")
        elif not match or not match[2] or not self._exists(int(match[1])):
            self._fail(HTTPStatus.NOT_FOUND, "not found")
        else:
            hotel, before = self._change(int(match[1]), match[2], body)
            with hotel.lock:
                document = change_document(hotel, before)
            self._send_json(HTTPStatus.OK, document)

    def _change(self, number: int, action: str, body: bytes) -> tuple[OpenHotel, State]:
        """Change a hotel as requested; returns it with its state before the change."""
        session = self.server.session
        if action == "edits":
            request = _EditRequest.model_validate_json(body)
            return session.edit(number, request.version, request.edit)
        return session.step(number, _Request.model_validate_json(body).version, Step(action))

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "")
        kind = self.headers.get("Content-Type", "").partition(";")[0].strip()
        if kind != "application/json" or not re.fullmatch(r"\d{1,9}", length) or int(length) > MAX_BODY_BYTES:
            return None
        return self.rfile.read(int(length))

    def _exists(self, hotel: int, image: int = 0) -> bool:
        hotels = self.server.session.hotels
        return hotel < len(hotels) and image < len(hotels[hotel].images)

    def _fail(self, status: HTTPStatus, message: str) -> None:
        if self.command == "POST" and status is HTTPStatus.FORBIDDEN:
            self.close_connection = True  # its body was not read
        self._send_json(status, {"error": message})

    def _send_json(self, status: HTTPStatus, document: dict[str, Any]) -> None:
        self._send(status, json.dumps(document).encode(), "application/json", NOT_CACHED)

    def _send(self, status: HTTPStatus, body: bytes, content_type: str, caching: str) -> None:
        self.send_response(status)
        headers = {**HEADERS, "Content-Type": content_type, "Content-Length": str(len(body)), "Cache-Control": caching}
        if self.close_connection:
            headers["Connection"] = "close"
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
