"""The guard in front of all pages: access, limits of size, headers of security, and errors as pages.

It reads the body of a change whole (bounded), checks its form token, and hands the parsed form or JSON on. So what
answers a request is an ordinary function, which Starlette calls in a thread.
"""

from __future__ import annotations

import json
import logging
from typing import Any, cast

from starlette.datastructures import FormData, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from image_release.desk.deciding import DecisionRefusedError, HotelUnreadableError, NotPublishedError, OutdatedPageError
from image_release.desk.index import IndexBusyError, IndexDamagedError
from image_release.desk.web.access import SAFE_METHODS, Access
from image_release.desk.web.refusals import RefusedRequestError
from image_release.desk.web.rendering import render, wants_json
from image_release.problems import printable
from image_release.publish import ManifestUnreadableError
from image_release.state import StateUnreadableError
from image_release.storage import StorageError

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 8_000_000
"""Maximum size of a request's body: a CSV of about 50,000 decisions."""
MAX_FIELDS = 1_000
FORM_TOKEN = "form_token"  # noqa: S105 - the field's name
"""Name of the hidden field of each form; scripts send the header `X-Form-Token`."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with `no-referrer` browsers send `Origin: null` with our own forms
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
NOT_CACHED = "no-store"
OPEN_TO_ALL = ("/enter", "/static/")
"""Beginnings of the paths that need no token: they tell nothing."""
SAID = {
    OutdatedPageError: 409,
    NotPublishedError: 404,
    DecisionRefusedError: 400,
    HotelUnreadableError: 500,
    ManifestUnreadableError: 500,
    StateUnreadableError: 500,
    StorageError: 503,
    IndexBusyError: 503,
    IndexDamagedError: 503,
}
"""Errors whose message is a sentence for the person, with their status."""


def form_of(request: Request) -> FormData:
    """The form that a page posted. Raises RefusedRequestError if the request holds none."""
    form = getattr(request.state, "form", None)
    if form is None:
        raise RefusedRequestError(415, "This address takes a form.")
    return cast("FormData", form)


def text_of(form: FormData, name: str) -> str:
    """The text of a form's field; empty if it is missing."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def json_of(request: Request) -> dict[str, Any]:
    """The JSON object that a script posted. Raises RefusedRequestError if the request holds none."""
    document = getattr(request.state, "document", None)
    if not isinstance(document, dict):
        raise RefusedRequestError(415, "This address takes a JSON object.")
    return document


class Guard:
    """ASGI middleware: what it lets through is known to come from a person who may use the desk."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check a request, have it answered, and turn every failure into a page."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})
        request = Request(scope, receive)
        sending = _Sending(send)
        try:
            body = await self._admitted(request)
            await self._app(scope, _replayed(body, receive) if body is not None else receive, sending)
        except ClientDisconnect:
            log.debug("%s went away", request.method)
        except Exception as error:
            if sending.started:
                raise
            await _page_of(request, error)(scope, receive, sending)

    async def _admitted(self, request: Request) -> bytes | None:
        """Check who asks and from where; returns the body of a change, else None."""
        host = self._access.check_host(request.headers)
        self._access.check_origin(request.method, host, request.headers)
        if request.url.path.startswith(OPEN_TO_ALL) and request.method in SAFE_METHODS:
            return None
        person = self._access.person_of(host, request.headers, request.cookies)
        request.state.person = person
        if request.method in SAFE_METHODS:
            return None
        body = await _body(request)
        token = await _parse(request, body)
        self._access.check_form_token(person, token)
        return body


class _Sending:
    """Sends an answer with the headers that every answer has."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", NOT_CACHED)
        await self._send(message)


async def _body(request: Request) -> bytes:
    """The whole body. Raises RefusedRequestError if it is too large."""
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
        raise _too_large()
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY_BYTES:
            raise _too_large()
        parts.append(part)
    return b"".join(parts)


def _too_large() -> RefusedRequestError:
    return RefusedRequestError(
        413,
        f"What you sent is larger than {MAX_BODY_BYTES // 1_000_000} MB. Nothing was changed. Please send it in parts.",
    )


async def _parse(request: Request, body: bytes) -> str:
    """Parse a form or JSON into the request's state; returns its form token, or an empty text."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    header = request.headers.get("x-form-token", "")
    try:
        if kind == "application/json":
            request.state.document = json.loads(body)
            return header
        if kind in ("application/x-www-form-urlencoded", "multipart/form-data"):
            whole = Request(request.scope, _replayed(body, request.receive))
            form = await whole.form(max_files=1, max_fields=MAX_FIELDS, max_part_size=MAX_BODY_BYTES)
            request.state.form = form
            token = form.get(FORM_TOKEN)
            return header or (token if isinstance(token, str) else "")
    except (ValueError, RecursionError, HTTPException) as error:
        raise RefusedRequestError(400, "What you sent cannot be read. Nothing was changed.") from error
    return header


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Receive a body that was read already, then what comes after it."""
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _page_of(request: Request, error: Exception) -> Response:
    """The answer that tells an error, as a page or as JSON."""
    status, sentence = told(error)
    if status >= 500:  # noqa: PLR2004 - the server's own failures in HTTP
        log.error("%s %s: %s", request.method, printable(request.url.path), printable(repr(error), 400))
    if wants_json(request):
        return JSONResponse({"error": sentence}, status)
    return render(request, "error.html", status=status, sentence=sentence)


def told(error: Exception) -> tuple[int, str]:
    """The status of an error, and the sentence that a person reads."""
    if isinstance(error, RefusedRequestError):
        return error.status, error.sentence
    for kind, status in SAID.items():
        if isinstance(error, kind):
            return status, printable(str(error), 2_000)
    name = printable(type(error).__name__)
    return 500, f"The desk could not do this ({name}). The page shows what is in force: please load it again."
