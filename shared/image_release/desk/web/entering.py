"""Entering the desk: the printed address carries the token, which is exchanged for a cookie."""

from __future__ import annotations

from typing import cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from image_release.desk.web.access import Access
from image_release.desk.web.refusals import RefusedRequestError
from image_release.desk.web.rendering import render


def enter(request: Request) -> Response:
    """Set the cookie and go to the list of hotels.

    The page goes on by itself. It is no redirect, because a browser that came from a link elsewhere (a mail, a chat)
    would not send a strict cookie with it.
    """
    access = cast("Access", request.app.state.access)
    if not access.may_enter(request.query_params.get("token", "")):
        raise RefusedRequestError(
            403, "This address is of an earlier start of the desk. Please open the one that it printed last."
        )
    page = render(request, "enter.html")
    page.set_cookie(access.cookie, access.session, httponly=True, samesite="strict", path="/")
    return page


ROUTES = (Route("/enter", enter),)
