"""Decisions in bulk: a CSV is uploaded, the page shows what would become of each line, and then it is made."""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass, field

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from image_release.desk.applying import Applied
from image_release.desk.deciding import BulkPlan, Sheet, Status, make_bulk, plan_bulk, read_sheet
from image_release.desk.web.decided import follow_up, present_moment
from image_release.desk.web.guard import form_of, text_of
from image_release.desk.web.refusals import not_found, wrong_input
from image_release.desk.web.rendering import desk_of, person_of, render
from image_release.problems import printable
from image_release.values import sha256_hex

MOST_FILES = 16
"""Maximum number of uploaded files that wait to be made."""
MOST_LINES = 500
"""Maximum number of lines that the page shows; wrong ones come first."""
EXAMPLE = "hotel_id,action,images,position,labels,why"
WRONG_FIRST: tuple[Status, ...] = ("wrong", "left out", "new", "already")


@dataclass(slots=True)
class Uploaded:
    """A file that somebody uploaded, and what is under way for it."""

    sheet: Sheet
    person: str
    work: list[Future[Applied]] = field(default_factory=list)


class Uploads:
    """Files that wait to be made, the oldest forgotten. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: OrderedDict[str, Uploaded] = OrderedDict()

    def add(self, data: bytes, name: str, person: str) -> str:
        """Remember a file; returns its token. Raises DecisionRefusedError if it is none of decisions."""
        sheet = read_sheet(data, name)
        token = sha256_hex(f"{person}\n{name}\n".encode() + data)
        with self._lock:
            self._files[token] = Uploaded(sheet, person)
            self._files.move_to_end(token)
            while len(self._files) > MOST_FILES:
                self._files.popitem(last=False)
        return token

    def of(self, token: str, person: str) -> Uploaded:
        """The file of a token. Raises RefusedRequestError if it is not this person's, or was forgotten."""
        with self._lock:
            found = self._files.get(token)
        if found is None or found.person != person:
            raise not_found("The desk no longer has this file. Please choose it again. Nothing was changed.")
        return found


def bulk(request: Request) -> Response:
    """The page on which a file is chosen."""
    return render(request, "bulk.html", example=EXAMPLE)


def plan(request: Request) -> Response:
    """What would become of each line of the file."""
    form = form_of(request)
    upload, written = form.get("file"), text_of(form, "rows")
    if isinstance(upload, UploadFile) and (upload.filename or upload.size):
        data, name = upload.file.read(), printable(upload.filename or "the file")
    elif written.strip():
        data, name = written.encode(), "your lines"
    else:
        raise wrong_input("Please choose a file, or write lines. Nothing was changed.")
    token = _uploads(request).add(data, name, person_of(request))
    sheet = _uploads(request).of(token, person_of(request)).sheet
    planned = plan_bulk(desk_of(request).stores, sheet, by=person_of(request), at=present_moment())
    return _page(request, planned, token)


def make(request: Request) -> Response:
    """Make the decisions of the file, and show what became of each line."""
    desk = desk_of(request)
    token = text_of(form_of(request), "token")
    uploaded = _uploads(request).of(token, person_of(request))
    made = make_bulk(desk.stores, uploaded.sheet, by=person_of(request), at=present_moment())
    uploaded.work = follow_up(desk, made.hotels)
    return _page(request, made, token)


def progress(request: Request) -> JSONResponse:
    """How many hotels of a file are processed, and which of them failed."""
    uploaded = _uploads(request).of(request.path_params["token"], person_of(request))
    ended = [future for future in uploaded.work if future.done()]
    failed = [applied for future in ended if (applied := _result(future)) and applied.status == "failed"]
    return JSONResponse(
        {
            "done": len(ended),
            "total": len(uploaded.work),
            "failed": [{"hotel_id": applied.hotel_id, "error": applied.error} for applied in failed[:MOST_LINES]],
        }
    )


def _page(request: Request, planned: BulkPlan, token: str) -> Response:
    lines = sorted(planned.lines, key=lambda line: (WRONG_FIRST.index(line.status), line.row.line))
    return render(
        request,
        "bulk_plan.html",
        plan=planned,
        lines=lines[:MOST_LINES],
        more=max(0, len(lines) - MOST_LINES),
        counts={status: planned.count(status) for status in WRONG_FIRST},
        token=token,
        publishes=desk_of(request).applying.publishes,
    )


def _uploads(request: Request) -> Uploads:
    uploads = request.app.state.uploads
    assert isinstance(uploads, Uploads)
    return uploads


def _result(future: Future[Applied]) -> Applied | None:
    """What became of a hotel; None if that is not known: its page tells it."""
    return None if future.cancelled() or future.exception() else future.result()


ROUTES = (
    Route("/bulk", bulk),
    Route("/bulk/plan", plan, methods=["POST"]),
    Route("/bulk/make", make, methods=["POST"]),
    Route("/bulk/{token}/progress", progress),
)
