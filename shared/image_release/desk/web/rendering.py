"""Renders a page of the desk: the layout, who is signed in, the form token, and the values of the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import HTMLResponse

from image_release.desk.desk import Desk
from image_release.desk.reports import TEMPLATES as REPORT_TEMPLATES
from image_release.desk.web.access import Access
from image_release.desk.web.addresses import everywhere_address, hotel_address, rendition_address, static_address
from image_release.gallery import render_template

HERE = Path(__file__).parent
TEMPLATES = (HERE / "templates", HERE / "hotel" / "templates", REPORT_TEMPLATES)
NAVIGATION = (
    ("/", "Hotels"),
    ("/changes", "What changed"),
    ("/decisions", "Decisions"),
    ("/bulk", "In bulk"),
    ("/everywhere", "In every hotel"),
    ("/shared", "Shared pictures"),
    ("/reports", "Reports"),
)
"""Address and name of each page that the layout links."""


def desk_of(request: Request) -> Desk:
    """The desk that answers this request."""
    return cast("Desk", request.app.state.desk)


def person_of(request: Request) -> str:
    """The name of the person who sent this request: it is written into each decision."""
    return cast("str", request.state.person)


def render(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """The page that a template makes. Templates extend `layout.html` and escape every value.

    Each template may use `person`, `form_token` (a hidden field of this name in each form that posts), `desk`,
    `navigation`, `path`, `hotel_address`, `everywhere_address`, `rendition_address` and `static_address`.
    """
    person = getattr(request.state, "person", "")
    access = cast("Access", request.app.state.access)
    page = render_template(
        template,
        TEMPLATES,
        person=person,
        form_token=access.form_token(person) if person else "",
        desk=desk_of(request),
        navigation=NAVIGATION if person else (),
        path=request.url.path,
        hotel_address=hotel_address,
        everywhere_address=everywhere_address,
        rendition_address=rendition_address,
        static_address=static_address,
        **values,
    )
    return HTMLResponse(page, status)


def wants_json(request: Request) -> bool:
    """Whether a script of a page asks, which takes its answer as JSON."""
    return "application/json" in request.headers.get("accept", "")
