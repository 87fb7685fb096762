"""The routes of a hotel's page."""

from __future__ import annotations

import re
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from image_release.desk.applying import Applied
from image_release.desk.comparing import ComparedImages, IncomparableError, Named
from image_release.desk.deciding import HotelNow, read_hotel
from image_release.desk.desk import Desk
from image_release.desk.images import SIDES, UnknownImageError
from image_release.desk.index import IndexDamagedError
from image_release.desk.web.addresses import hotel_address
from image_release.desk.web.guard import form_of
from image_release.desk.web.hotel.before_and_after import BeforeAndAfter, before_and_after
from image_release.desk.web.hotel.commands import Asked, carry_out
from image_release.desk.web.hotel.views import image_address, view_of
from image_release.desk.web.refusals import not_found, wrong_input
from image_release.desk.web.rendering import HERE, desk_of, person_of, render, wants_json
from image_release.storage import BadKeyError

LONGEST_WAIT_S = 10.0
"""Longest time for which a request waits for a hotel that is being processed; then the page asks again."""
IMAGE_CACHED = "private, max-age=31536000, immutable"
"""Cache-Control of small pictures: an address names the content, and the content never changes."""
PLACEHOLDER = HERE / "hotel" / "static" / "no-picture.svg"
"""What stands where the bytes of an image are not kept or cannot be opened."""
SHA256 = re.compile(r"[0-9a-f]{64}")
EVIDENCE_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
)
"""Policy of the page of evidence: it stands alone, with its pictures and styles inside, and may run no script."""


def page(request: Request) -> Response:
    """The page of a hotel."""
    desk, now = _read(request)
    return render(request, "hotel.html", **_values(desk, now, _before(request, desk, now)))


def state(request: Request) -> Response:
    """What became of the hotel since a page was made; waits a little for a hotel that is being processed.

    `seen` is the version of the page. The answer holds the page's content anew if the hotel differs from it.
    """
    hotel_id = request.path_params["hotel_id"]
    under_way = desk_of(request).applying.of(hotel_id)
    if under_way and request.query_params.get("wait"):
        try:
            under_way.result(LONGEST_WAIT_S)
        except (FutureTimeoutError, CancelledError):
            return JSONResponse({"under_way": True})
        except Exception:  # noqa: BLE001 - the hotel is read below, and tells what it can
            under_way = None
    desk, now = _read(request)
    seen = request.query_params.get("seen", "")
    applied = desk.applying.last(hotel_id)
    happened = now.since(seen)
    document: dict[str, Any] = {
        "under_way": desk.applying.of(hotel_id) is not None,
        "version": now.version,
        "seq": now.manifest.seq,
        "happened": happened or "",
        "error": applied.error if applied else "",
    }
    if request.query_params.get("content"):
        content = render(request, "_hotel.html", **_values(desk, now, _before(request, desk, now)))
        document["content"] = bytes(content.body).decode()
    return JSONResponse(document)


def decide(request: Request) -> Response:
    """Record a decision, and have the hotel processed with it."""
    desk, now = _read(request)
    form = form_of(request)
    command = _text(form.get("do"))
    words = command.split()
    asked = Asked(
        command,
        chosen=tuple(text for text in map(_text, form.getlist("chosen")) if SHA256.fullmatch(text)),
        kind=_text(form.get(f"kind-{words[1]}")) if len(words) > 1 else "",
        why=_text(form.get("why")).strip(),
        seen=_text(form.get("seen")) or None,
    )
    decided = carry_out(desk.stores, now, asked, person_of(request))
    desk.applying.begin(now.hotel_id)
    if not wants_json(request):
        return RedirectResponse(hotel_address(now.hotel_id, before=now.manifest.seq), 303)
    return JSONResponse(
        {
            "version": decided.version if decided else now.version,
            "digests": list(decided.digests) if decided else [],
            "notes": list(decided.notes) if decided else [],
            "publishes": desk.applying.publishes,
            "seq": now.manifest.seq,
        }
    )


def image(request: Request) -> Response:
    """A small picture of an image that the hotel's manifest names; with `drawn` a drawing in place of another one."""
    hotel_id, sha256, size = (request.path_params[name] for name in ("hotel_id", "sha256", "size"))
    if not SHA256.fullmatch(sha256) or size not in SIDES:
        raise not_found("There is no such picture.")
    try:
        data = desk_of(request).images.picture(hotel_id, sha256, size)
    except (UnknownImageError, BadKeyError) as error:
        if "drawn" not in request.query_params:
            raise not_found("This hotel has no such image.") from error
        data = None
    if data is None:
        return Response(PLACEHOLDER.read_bytes(), media_type="image/svg+xml")
    return Response(data, media_type="image/jpeg", headers={"Cache-Control": IMAGE_CACHED})


def compare(request: Request) -> Response:
    """Two images side by side, what the program says of them, and what a person can decide."""
    desk, now = _read(request)
    pair = _pair(request)
    try:
        sentence, can_tell = _compared(desk, now, pair).sentence, True
    except IncomparableError as error:
        sentence, can_tell = str(error), False
    return render(
        request,
        "compare.html",
        now=now,
        sides=[_side(now, sha256) for sha256 in pair],
        pair=pair,
        sentence=sentence,
        can_tell=can_tell,
        are_one=now.members(pair[0]) == now.members(pair[1]),
    )


def evidence(request: Request) -> Response:
    """The page with all evidence for joining two images or keeping them apart."""
    desk, now = _read(request)
    try:
        found = _compared(desk, now, _pair(request))
    except IncomparableError as error:
        raise not_found(f"{error}.") from error
    return HTMLResponse(found.page, headers={"Content-Security-Policy": EVIDENCE_POLICY})


def _read(request: Request) -> tuple[Desk, HotelNow]:
    """The desk, and the hotel that the request is about. Raises DecisionRefusedError where there is none."""
    desk = desk_of(request)
    now = read_hotel(desk.stores, request.path_params["hotel_id"])
    desk.images.remember(now.manifest)
    desk.recent.remember(now.manifest)
    return desk, now


def _values(desk: Desk, now: HotelNow, changed: BeforeAndAfter | None) -> dict[str, Any]:
    return {
        "hotel": view_of(now),
        "place": _place(desk, now.hotel_id),
        "now": now,
        "manifest": now.manifest,
        "changed": changed,
        "failure": _failure(desk.applying.last(now.hotel_id)),
        "is_under_way": desk.applying.of(now.hotel_id) is not None,
        "publishes": desk.applying.publishes,
    }


def _place(desk: Desk, hotel_id: str) -> str:
    """City and country, as the release in force has them; empty while the index is built for the first time."""
    try:
        hotel = desk.index.hotel(hotel_id)
    except IndexDamagedError:
        return ""
    return ", ".join(filter(None, (hotel.city, hotel.country))) if hotel else ""


def _failure(applied: Applied | None) -> str:
    return applied.error if applied and applied.status == "failed" else ""


def _before(request: Request, desk: Desk, now: HotelNow) -> BeforeAndAfter | None:
    """What was shown before, if the request names the manifest's number and it is remembered."""
    seq = request.query_params.get("before", "")
    if not re.fullmatch(r"[0-9]{1,18}", seq) or int(seq) == now.manifest.seq:
        return None
    before = desk.recent.of(now.hotel_id, int(seq))
    return before_and_after(before, now.manifest) if before else None


def _pair(request: Request) -> tuple[str, str]:
    one, other = (request.query_params.get(name, "") for name in ("one", "other"))
    if not SHA256.fullmatch(one) or not SHA256.fullmatch(other) or one == other:
        raise wrong_input("Choose two different images to compare.")
    return one, other


def _compared(desk: Desk, now: HotelNow, pair: tuple[str, str]) -> ComparedImages:
    named = []
    for sha256 in pair:
        try:
            data = desk.images.original(now.hotel_id, sha256)
        except UnknownImageError as error:
            raise not_found("This hotel has no such image.") from error
        if data is None:
            raise IncomparableError(
                "The bytes of one of the images are not kept, so the two cannot be compared closely"
            )
        named.append(Named(_name(now, sha256), data))
    return desk.compare(*named)


def _name(now: HotelNow, sha256: str) -> str:
    picture = now.shown.get(sha256)
    place = f", picture {picture.position}" if picture else ""
    return f"{sha256[:8]} of {_partner(now, sha256)}{place}"


def _partner(now: HotelNow, sha256: str) -> str:
    if picture := now.shown.get(sha256):
        found = [image for image in (picture.best, *picture.merged) if image.sha256 == sha256]
        return found[0].partner_id
    rejected = now.rejected.get(sha256)
    return rejected.partner_id if rejected else "a partner"


def _side(now: HotelNow, sha256: str) -> dict[str, str]:
    return {"name": _name(now, sha256), "src": image_address(now.hotel_id, sha256, "large")}


def _text(value: object) -> str:
    """A field of a form as text; a file counts as empty."""
    return value if isinstance(value, str) else ""


HOTEL = "/hotels/{hotel_id:hotel_id}"
ROUTES = (
    Route(HOTEL, page),
    Route(f"{HOTEL}/state", state),
    Route(f"{HOTEL}/decisions", decide, methods=["POST"]),
    Route(f"{HOTEL}/images/{{sha256}}/{{size}}", image),
    Route(f"{HOTEL}/compare", compare),
    Route(f"{HOTEL}/evidence", evidence),
)
