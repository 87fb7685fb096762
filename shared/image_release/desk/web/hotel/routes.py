"""The routes of a hotel's page."""

from __future__ import annotations

from starlette.routing import Route

ROUTES: tuple[Route, ...] = ()
