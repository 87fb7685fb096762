"""The history of all decisions, newest first, each with its undoing."""

from __future__ import annotations

from itertools import islice
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from image_release.desk.deciding import history, in_words, revoke
from image_release.desk.index import IndexDamagedError
from image_release.desk.web.decided import follow_up, present_moment
from image_release.desk.web.guard import form_of, text_of
from image_release.desk.web.listing import number_in
from image_release.desk.web.rendering import desk_of, person_of, render

PAGE = 50
MOST_PAGE = 2_000
"""The last page that can be asked for: each one reads all decisions before it."""
SEE_OTHER = 303


def decisions(request: Request) -> Response:
    """The page with the history, of everybody or of one person."""
    desk = desk_of(request)
    by = request.query_params.get("by", "").strip()
    page = number_in(request.query_params.get("page"), 1, MOST_PAGE)
    entries = history(desk.stores.inbox, by=by or None)
    shown = list(islice(entries, (page - 1) * PAGE, page * PAGE + 1))
    names = {entry.hotel_id: _name(request, entry.hotel_id) for entry in shown}
    return render(
        request,
        "decisions.html",
        entries=shown[:PAGE],
        names=names,
        by=by,
        page=page,
        has_more=len(shown) > PAGE and page < MOST_PAGE,
        address_of=lambda number: f"/decisions?{urlencode({**({'by': by} if by else {}), 'page': number})}",
        undone=request.query_params.get("undone", "")[:64],
        publishes=desk.applying.publishes,
        in_words=in_words,
    )


def undo(request: Request) -> Response:
    """Undo a decision, and go back to the history."""
    desk = desk_of(request)
    form = form_of(request)
    hotel_id, digest = text_of(form, "hotel_id"), text_of(form, "digest")
    revoke(desk.stores, hotel_id, digest, by=person_of(request), at=present_moment(), why=text_of(form, "why"))
    follow_up(desk, [hotel_id])
    return RedirectResponse(f"/decisions?{urlencode({'undone': digest})}", SEE_OTHER)


def _name(request: Request, hotel_id: str) -> str:
    """The hotel's name, as the index has it; its id where that does not know it."""
    try:
        hotel = desk_of(request).index.hotel(hotel_id)
    except IndexDamagedError:  # it is not built yet
        hotel = None
    return (hotel.name if hotel else "") or hotel_id


ROUTES = (Route("/decisions", decisions), Route("/decisions/undo", undo, methods=["POST"]))
