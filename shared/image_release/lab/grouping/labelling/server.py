"""The page's server: this machine only, and only for who knows its address.

The address holds a random token, so that no other page and no other user of the machine can read or edit; the Host
header must be ours, so that no foreign name can be made to point here; images are asked for by number, so that no path
comes from outside.
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

from image_release.lab.grouping.labelling.documents import change_document, hotel_document, session_document
from image_release.lab.grouping.labelling.edits import Edit, EditRefusedError, State
from image_release.lab.grouping.labelling.pictures import Pictures
from image_release.lab.grouping.labelling.saving import ChangedElsewhereError
from image_release.lab.grouping.labelling.session import OpenHotel, OutdatedError, Session, Step
from image_release.lab.grouping.labels import CorpusUnreadableError

log = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
MOST_BODY_BYTES = 1 << 20
"""An edit that names every image of a hotel of 100,000."""
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
FOR_GOOD = "private, max-age=86400, immutable"
"""A picture's address holds this run's token: it never shows another file."""
NOT_KEPT = "no-store"
HOTEL = re.compile(r"hotels/(\d{1,9})(?:/(edits|undo|redo|accept))?")
PICTURE = re.compile(r"hotels/(\d{1,9})/images/(\d{1,9})/(small|large)")


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    version: int


class _EditRequest(_Request):
    edit: Edit


class LabelServer(ThreadingHTTPServer):
    """Serves one session on a port of this machine."""

    daemon_threads = True
    block_on_close = False  # a browser's open connection must not hold Ctrl-C

    def __init__(self, session: Session, pictures: Pictures, port: int = 0) -> None:
        self.session = session
        self.pictures = pictures
        self.token = secrets.token_urlsafe(24)
        super().__init__((LOOPBACK, port), _Handler)
        self.hosts = {f"{name}:{self.server_port}" for name in (LOOPBACK, "localhost")}

    @property
    def address(self) -> str:
        """What to open in a browser."""
        return f"http://{LOOPBACK}:{self.server_port}/{self.token}/"

    def handle_error(self, request: object, client_address: object) -> None:
        """A connection that broke: browsers do that when a picture scrolls out of sight."""
        log.debug("%s: %s: %r", client_address, request, sys.exc_info()[1])


class _Handler(BaseHTTPRequestHandler):
    server: LabelServer
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "image-release", ""
    timeout = 60
    disable_nagle_algorithm = True  # a body that waits for the headers' receipt comes 40 ms late

    def do_GET(self) -> None:
        """Page files, documents and pictures."""
        self._answered(self._get)

    def do_POST(self) -> None:
        """Edits, undo, redo, accept."""
        self._answered(self._post)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
        """Requests hold the token: they go to the debug log only."""
        log.debug(format, *args)

    def _answered(self, answer: Callable[[str], None]) -> None:
        """Let a request in if it may be, and make every failure an answer."""
        try:
            path = self._admitted()
            if path is None:
                self._fail(HTTPStatus.FORBIDDEN, "this address is not the one that the program printed")
            else:
                answer(path)
        except (OutdatedError, ChangedElsewhereError) as error:
            self._fail(HTTPStatus.CONFLICT, str(error))
        except (EditRefusedError, ValidationError) as error:
            self._fail(HTTPStatus.BAD_REQUEST, str(error))
        except ConnectionError:
            self.close_connection = True
        except (CorpusUnreadableError, OSError) as error:
            self._fail(HTTPStatus.INTERNAL_SERVER_ERROR, f"nothing was changed: {error}")
        except Exception as error:  # the page shows it; the program goes on
            log.debug("%s", self.requestline, exc_info=True)
            self._fail(HTTPStatus.INTERNAL_SERVER_ERROR, f"{type(error).__name__}: {error}")

    def _admitted(self) -> str | None:
        """The path behind the token, or None for who must not come in."""
        _, token, *rest = [*self.path.partition("?")[0].split("/", 2), ""]
        known = secrets.compare_digest(token.encode(errors="replace"), self.server.token.encode())
        origin = self.headers.get("Origin")
        ours = origin is None or origin.removeprefix("http://") in self.server.hosts
        return rest[0] if known and ours and self.headers.get("Host") in self.server.hosts else None

    def _get(self, path: str) -> None:
        session = self.server.session
        if path in PAGE_FILES:
            name, kind = PAGE_FILES[path]
            self._send(HTTPStatus.OK, (files(__package__) / "page" / name).read_bytes(), kind, NOT_KEPT)
        elif path == "hotels":
            self._send_json(HTTPStatus.OK, session_document(session))
        elif (match := PICTURE.fullmatch(path)) and self._exists(int(match[1]), int(match[2])):
            picture = self.server.pictures.get(session.path(int(match[1]), int(match[2])), match[3])
            if picture is None:
                self._fail(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "cannot be decoded")
            else:
                self._send(HTTPStatus.OK, picture, "image/jpeg", FOR_GOOD)
        elif (match := HOTEL.fullmatch(path)) and not match[2] and self._exists(int(match[1])):
            hotel = session.opened(int(match[1]))
            if hotel is None:
                self._send_json(HTTPStatus.ACCEPTED, {"images": len(session.hotels[int(match[1])].images)})
            else:
                with hotel.lock:
                    document = hotel_document(hotel)
                self._send_json(HTTPStatus.OK, document)
        else:
            self._fail(HTTPStatus.NOT_FOUND, "there is nothing here")

    def _post(self, path: str) -> None:
        match = HOTEL.fullmatch(path)
        body = self._body()
        if body is None:
            self.close_connection = True  # what was not read would be taken for the next request
            self._fail(HTTPStatus.BAD_REQUEST, "needs a JSON body of moderate length")
        elif not match or not match[2] or not self._exists(int(match[1])):
            self._fail(HTTPStatus.NOT_FOUND, "there is nothing here")
        else:
            hotel, before = self._changed(int(match[1]), match[2], body)
            with hotel.lock:
                document = change_document(hotel, before)
            self._send_json(HTTPStatus.OK, document)

    def _changed(self, number: int, what: str, body: bytes) -> tuple[OpenHotel, State]:
        """Do what is asked with a hotel; the state before comes back too."""
        session = self.server.session
        if what == "edits":
            request = _EditRequest.model_validate_json(body)
            return session.edit(number, request.version, request.edit)
        return session.step(number, _Request.model_validate_json(body).version, Step(what))

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "")
        kind = self.headers.get("Content-Type", "").partition(";")[0].strip()
        if kind != "application/json" or not re.fullmatch(r"\d{1,9}", length) or int(length) > MOST_BODY_BYTES:
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
        self._send(status, json.dumps(document).encode(), "application/json", NOT_KEPT)

    def _send(self, status: HTTPStatus, body: bytes, kind: str, kept: str) -> None:
        self.send_response(status)
        headers = {**HEADERS, "Content-Type": kind, "Content-Length": str(len(body)), "Cache-Control": kept}
        if self.close_connection:
            headers["Connection"] = "close"
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
