"""What changed: what a run, a request or the desk changed of hotels, the worst first, with both first pictures."""

from __future__ import annotations

from itertools import islice
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from image_release.desk.web.listing import number_in
from image_release.desk.web.refusals import not_found
from image_release.desk.web.rendering import desk_of, render
from image_release.feed import WORDS, changed_lists
from image_release.feed.changes import UnknownNameError, changes_of
from image_release.problems import printable

PAGE = 50
MOST_PAGE = 100_000
MOST_NAMES = 30
"""Number of runs, requests and decisions that the page offers."""
MOST_NAME_CHARS = 300
KINDS = {
    "run": "run",
    "request": "request",
    "hotel": "hotels processed by name",
    "desk": "decisions at the desk",
    "check": "check",
    "release": "release",
}
"""What each kind of cause is called."""


def changes(request: Request) -> Response:
    """The page of one run, request or release; without a name the last one that changed something."""
    stores = desk_of(request).stores
    name = request.query_params.get("name", "").strip()[:MOST_NAME_CHARS]
    page = number_in(request.query_params.get("page"), 1, MOST_PAGE)
    beside_a_suite = not desk_of(request).applying.publishes
    try:
        found = changes_of(stores, name or None, limit=PAGE, offset=(page - 1) * PAGE, with_records=beside_a_suite)
    except UnknownNameError as error:
        if name:
            raise not_found(f"No run, request or release is called {printable(name)}.") from error
        found = None
    latest = islice(reversed(changed_lists(stores.state)), MOST_NAMES)
    return render(
        request,
        "changes.html",
        found=found,
        beside_a_suite=beside_a_suite,
        latest=[made.cause for made in latest],
        kinds=KINDS,
        words=WORDS,
        page=page,
        pages=-(-found.totals.hotels // PAGE) if found else 1,
        number=(page - 1) * PAGE + 1,
        address_of=lambda number: f"/changes?{urlencode({'name': found.name if found else '', 'page': number})}",
    )


ROUTES = (Route("/changes", changes),)
