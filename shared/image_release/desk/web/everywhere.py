"""This picture, in every hotel: look for it, see in which hotels it is, decide for all of them; list and undo."""

from __future__ import annotations

import re
from typing import cast

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from image_release.desk.deciding import label_text, read_hotel
from image_release.desk.index import IndexDamagedError
from image_release.desk.web.decided import present_moment
from image_release.desk.web.everywhere_work import EverywhereWork, Task
from image_release.desk.web.guard import form_of, text_of
from image_release.desk.web.listing import MOST_PAGE, number_in
from image_release.desk.web.refusals import not_found, wrong_input
from image_release.desk.web.rendering import desk_of, person_of, render
from image_release.everywhere import decide_everywhere, fingerprint_in, listed_everywhere, undo_everywhere
from image_release.ingest import EverywhereDecision, EverywhereRefusedError
from image_release.kinds import shipped_kinds

SEE_OTHER = 303
MOST_HOTELS = 200
"""Maximum number of hotels that the page lists; their number is always told."""
ACTIONS = ("hide", "label", "keep")


def decided(request: Request) -> Response:
    """The page of all decisions for every hotel."""
    decisions, problems = listed_everywhere(desk_of(request).stores)
    return render(request, "everywhere.html", decisions=decisions, problems=problems)


def choose(request: Request) -> Response:
    """The page of one image before it is looked for."""
    hotel_id, image = request.query_params.get("hotel", ""), request.query_params.get("image", "")
    _check_image(request, hotel_id, image)
    return render(request, "everywhere_new.html", hotel_id=hotel_id, image=image, hotel_name=_name(request, hotel_id))


def search(request: Request) -> Response:
    """Begin to look for an image, and go to the page that shows how far that is."""
    form = form_of(request)
    hotel_id, image = text_of(form, "hotel"), text_of(form, "image")
    _check_image(request, hotel_id, image)
    try:
        fingerprint = fingerprint_in(desk_of(request).stores, hotel_id, image)
    except EverywhereRefusedError as error:
        raise wrong_input(f"{error}. Nothing was changed.") from error
    token = _works(request).search(desk_of(request), hotel_id, image, fingerprint, person_of(request))
    return RedirectResponse(f"/everywhere/found/{token}", SEE_OTHER)


def found(request: Request) -> Response:
    """How far a search is; at the end the hotels that show the image, and the decision to make."""
    token, work = _work(request)
    return render(
        request,
        "everywhere_found.html",
        token=token,
        work=work,
        hotels=[(hotel, _name(request, hotel.hotel_id)) for hotel in work.found[:MOST_HOTELS]],
        more=max(0, len(work.found) - MOST_HOTELS),
        kinds=shipped_kinds(),
    )


def make(request: Request) -> Response:
    """Make the decision for every hotel, and begin to bring it to those that were found."""
    form = form_of(request)
    _, work = _work(request, text_of(form, "token"))
    if not work.is_over or work.error:
        raise wrong_input("Please wait until all hotels are found. Nothing was changed.")
    action = text_of(form, "action")
    kind = text_of(form, "kind")
    if action not in ACTIONS or (action == "label" and kind not in shipped_kinds()):
        raise wrong_input("Please choose whether to hide or keep the picture, or what it shows. Nothing was changed.")
    decision = _decided(request, work.hotel_id, work.image, action, kind)
    hotels = [hotel.hotel_id for hotel in work.found] if decision.writes_lines else []
    token = _works(request).bring(desk_of(request), decision, hotels, person_of(request))
    return RedirectResponse(f"/everywhere/making/{token}" if decision.writes_lines else "/everywhere", SEE_OTHER)


def keep(request: Request) -> Response:
    """Say of a picture that many hotels have that it may be there: it is not proposed again, and no hotel changes."""
    form = form_of(request)
    hotel_id, image = text_of(form, "hotel"), text_of(form, "image")
    _check_image(request, hotel_id, image)
    decision = _decided(request, hotel_id, image, "keep")
    _works(request).bring(desk_of(request), decision, (), person_of(request))  # lines of an earlier one may be left
    page = number_in(text_of(form, "page"), 1, MOST_PAGE)
    return RedirectResponse(f"/shared/pictures?page={page}", SEE_OTHER)


def undo(request: Request) -> Response:
    """Undo a decision for every hotel, and begin to undo its lines."""
    form = form_of(request)
    try:
        decision = undo_everywhere(
            desk_of(request).stores,
            text_of(form, "image"),
            by=person_of(request),
            at=present_moment(),
            why=text_of(form, "why"),
        )
    except EverywhereRefusedError as error:
        raise wrong_input(f"{error}. Nothing was changed.") from error
    token = _works(request).bring(desk_of(request), decision, (), person_of(request))
    return RedirectResponse(f"/everywhere/making/{token}", SEE_OTHER)


def resume(request: Request) -> Response:
    """Go on with a decision that was interrupted, or bring it to hotels that were missed."""
    image = text_of(form_of(request), "image")
    decisions, _ = listed_everywhere(desk_of(request).stores)
    decision = next((item for item in decisions if item.image == image), None)
    if decision is None:
        raise not_found("There is no decision for every hotel about this image.")
    token = _works(request).resume(desk_of(request), decision, person_of(request))
    return RedirectResponse(f"/everywhere/making/{token}", SEE_OTHER)


def under_way(request: Request) -> Response:
    """How far the decision is brought to its hotels."""
    token, work = _work(request)
    publishes = desk_of(request).applying.publishes
    return render(request, "everywhere_work.html", token=token, work=work, publishes=publishes)


def state(request: Request) -> JSONResponse:
    """How far something is, for the page that shows it."""
    _, work = _work(request)
    return JSONResponse(
        {"what": work.what, "done": work.done, "total": work.total, "is_over": work.is_over, "error": work.error}
    )


def _decided(request: Request, hotel_id: str, image: str, action: str, kind: str = "") -> EverywhereDecision:
    """Put the person's decision in force; what makes no sense is refused with a sentence."""
    try:
        return decide_everywhere(
            desk_of(request).stores,
            hotel_id,
            image,
            action,
            labels=(label_text(kind),) if action == "label" else (),
            by=person_of(request),
            at=present_moment(),
            why=text_of(form_of(request), "why"),
        )
    except EverywhereRefusedError as error:
        raise wrong_input(f"{error}. Nothing was changed.") from error


def _check_image(request: Request, hotel_id: str, image: str) -> None:
    """Refuse an image that the hotel does not have."""
    now = read_hotel(desk_of(request).stores, hotel_id)
    if not re.fullmatch("[0-9a-f]{64}", image) or (image not in now.shown and image not in now.rejected):
        raise not_found("The hotel has no such image: it left, or never was there.")


def _works(request: Request) -> EverywhereWork:
    return cast("EverywhereWork", request.app.state.everywhere)


def _work(request: Request, token: str | None = None) -> tuple[str, Task]:
    token = request.path_params["token"] if token is None else token
    work = _works(request).of(token)
    if work is None or work.person != person_of(request):
        raise not_found("The desk no longer knows this search. Please begin again. Nothing was changed.")
    return token, work


def _name(request: Request, hotel_id: str) -> str:
    try:
        hotel = desk_of(request).index.hotel(hotel_id)
    except IndexDamagedError:
        hotel = None
    return (hotel.name if hotel else "") or hotel_id


ROUTES = (
    Route("/everywhere", decided),
    Route("/everywhere/new", choose),
    Route("/everywhere/search", search, methods=["POST"]),
    Route("/everywhere/found/{token}", found),
    Route("/everywhere/make", make, methods=["POST"]),
    Route("/everywhere/keep", keep, methods=["POST"]),
    Route("/everywhere/undo", undo, methods=["POST"]),
    Route("/everywhere/resume", resume, methods=["POST"]),
    Route("/everywhere/making/{token}", under_way),
    Route("/everywhere/state/{token}", state),
)
