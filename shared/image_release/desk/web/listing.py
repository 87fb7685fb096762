"""The list of hotels: found by words and filters, those that need a look first; also as CSV."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from image_release.desk.index import (
    DESCRIPTIONS,
    FEW,
    PAGE,
    WORST_FIRST,
    Filter,
    Query,
    Sort,
    list_csv,
)
from image_release.desk.web.building import built_index, is_built
from image_release.desk.web.csv_answers import csv_answer
from image_release.desk.web.rendering import desk_of, render

MOST_TEXT_CHARS = 200
MOST_PAGE = 1_000_000
SORTS = {Sort.LOOK: "needs a look first", Sort.NAME: "by name", Sort.CHANGED: "changed last"}
WHATS = {"starting": "Opening the index", "listing": "Listing the hotels", "reading": "Reading the hotels"}


def hotels(request: Request) -> Response:
    """The page with the list of hotels; while the index is built for the first time, its progress."""
    desk = desk_of(request)
    query = query_in(request.query_params)
    if not is_built(request):
        return render(request, "waiting.html", **_progress(request))
    found = desk.index.find(query)
    return render(
        request,
        "list.html",
        query=query,
        found=found,
        filters=[(name, _description(name, query), found.counts[name]) for name in Filter],
        descriptions=DESCRIPTIONS,
        reasons=frozenset(WORST_FIRST),
        sorts=SORTS,
        narrowed=_narrowed(query),
        first=(found.page - 1) * PAGE + 1,
        address_of=lambda **changes: address(replace(query, **changes)),
        csv_address=f"/hotels.csv?{urlencode(_values(query), doseq=True)}",
        error=desk.keeper.now.error,
        held=desk.index.status(),
    )


def hotels_csv(request: Request) -> StreamingResponse:
    """All hotels of the list, whatever its page, as CSV for a spreadsheet."""
    return csv_answer("hotels.csv", list_csv(built_index(request), query_in(request.query_params)))


def progress(request: Request) -> JSONResponse:
    """How far the index is, for the waiting page."""
    return JSONResponse({"is_built": is_built(request), **_progress(request)})


def query_in(params: QueryParams) -> Query:
    """The query of an address. What cannot mean anything is left out: an old bookmark still shows a list."""
    names = {name.value for name in Filter}
    sort = params.get("sort", "")
    return Query(
        text=params.get("q", "")[:MOST_TEXT_CHARS],
        filters=frozenset(Filter(name) for name in params.getlist("f") if name in names),
        fewer_than=number_in(params.get("fewer"), FEW, 1_000),
        country=_text(params.get("country")),
        city=_text(params.get("city")),
        partner=_text(params.get("partner")),
        sort=Sort(sort) if sort in list(Sort) else Sort.LOOK,
        page=number_in(params.get("page"), 1, MOST_PAGE),
    )


def address(query: Query) -> str:
    """The address of the list that a query asks for."""
    values = _values(query)
    return f"/?{urlencode(values, doseq=True)}" if values else "/"


def _values(query: Query) -> dict[str, object]:
    values = {
        "q": query.text,
        "f": [name.value for name in Filter if name in query.filters],
        "fewer": query.fewer_than if query.fewer_than != FEW else None,
        "country": query.country,
        "city": query.city,
        "partner": query.partner,
        "sort": query.sort.value if query.sort is not Sort.LOOK else None,
        "page": query.page if query.page > 1 else None,
    }
    return {name: value for name, value in values.items() if value}


def _narrowed(query: Query) -> list[tuple[str, str, str]]:
    """What an address narrows the list to besides words and filters: what, its value, the address without it."""
    without = {
        "country": replace(query, country=None, page=1),
        "city": replace(query, city=None, page=1),
        "partner": replace(query, partner=None, page=1),
    }
    return [(name, value, address(rest)) for name, rest in without.items() if (value := getattr(query, name))]


def _description(name: Filter, query: Query) -> str:
    return f"fewer than {query.fewer_than} pictures" if name is Filter.FEW else DESCRIPTIONS[name]


def _progress(request: Request) -> dict[str, Any]:
    now = desk_of(request).keeper.now
    return {"what": WHATS.get(now.what, "Reading the hotels"), "done": now.done, "total": now.total, "error": now.error}


def number_in(text: str | None, default: int, most: int) -> int:
    """The number that an address says, from 1 to `most`; what is no number counts as `default`."""
    usable = text is not None and text.isascii() and text.isdigit() and len(text) <= len(str(most))
    return min(max(int(text), 1), most) if usable and text else default


def _text(text: str | None) -> str | None:
    return text[:MOST_TEXT_CHARS] if text else None


ROUTES = (Route("/", hotels), Route("/hotels.csv", hotels_csv), Route("/progress", progress))
