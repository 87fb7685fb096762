"""The application: all routes of the desk behind the guard."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from image_release.desk.desk import Desk
from image_release.desk.web import bulk, changed, decisions, entering, everywhere, files, listing, reports, sharing
from image_release.desk.web.access import Access
from image_release.desk.web.everywhere_work import EverywhereWork
from image_release.desk.web.guard import Guard
from image_release.desk.web.hotel.routes import ROUTES as HOTEL_ROUTES
from image_release.desk.web.rendering import render, wants_json
from image_release.desk.web.sharing_work import SharedByHotels

ROUTES: tuple[BaseRoute, ...] = (
    *entering.ROUTES,
    *files.ROUTES,
    *listing.ROUTES,
    *HOTEL_ROUTES,
    *changed.ROUTES,
    *decisions.ROUTES,
    *bulk.ROUTES,
    *everywhere.ROUTES,
    *sharing.ROUTES,
    *reports.ROUTES,
)
SENTENCES = {404: "There is no such page.", 405: "This address cannot be used in this way."}


def application(desk: Desk, access: Access) -> Starlette:
    """The desk as an ASGI application."""
    app = Starlette(
        routes=ROUTES,
        middleware=[Middleware(Guard, access=access)],
        exception_handlers={HTTPException: _http_error},
    )
    app.state.desk = desk
    app.state.access = access
    app.state.uploads = bulk.Uploads()
    app.state.everywhere = EverywhereWork()
    app.state.sharing = SharedByHotels()
    return app


def _http_error(request: Request, error: Exception) -> Response:
    """What Starlette itself refuses: an unknown address, a wrong method."""
    assert isinstance(error, HTTPException)
    sentence = SENTENCES.get(error.status_code, "This request cannot be answered.")
    if wants_json(request):
        return JSONResponse({"error": sentence}, error.status_code)
    return render(request, "error.html", status=error.status_code, sentence=sentence)
