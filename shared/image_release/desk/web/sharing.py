"""What hotels share: pictures that many hotels have, and pairs of hotels, each side by side.

Nothing here changes a hotel. A person who hides such a picture does so on the pages "in every hotel".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import cast
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from image_release.desk.deciding import read_hotel
from image_release.desk.index import csv_line
from image_release.desk.web.csv_answers import csv_answer
from image_release.desk.web.listing import number_in
from image_release.desk.web.refusals import RefusedRequestError, not_found
from image_release.desk.web.rendering import desk_of, render
from image_release.desk.web.sharing_work import Comparing, FoundShared, SharedByHotels
from image_release.everywhere import actions_in_force
from image_release.sharing import (
    AS_USUAL,
    PAIR_COLUMNS,
    PICTURE_COLUMNS,
    REASONS,
    SharedPicture,
    decided_about,
    pair_rows,
    picture_rows,
    shared_document,
)

SEE_OTHER = 303
PAGE = 25
MOST_PAGE = 100_000
EXAMPLES = 4
"""Shared pictures of a pair that the list shows; the page of the pair shows all."""
MOST_IN_BOTH, MOST_OWN = 200, 60
"""Maximum number of pictures that the page of a pair shows: shared ones, and ones that only one hotel has."""


def pairs(request: Request) -> Response:
    """The page of pairs of hotels that share pictures."""
    return _page(request, "shared_pairs.html", "/shared", lambda found: found.shared.pairs)


def pictures(request: Request) -> Response:
    """The page of pictures that many hotels have."""
    decided = actions_in_force(desk_of(request).stores)  # what was decided since the comparison counts, too

    def asked(found: FoundShared) -> list[tuple[SharedPicture, str | None]]:
        pictures = [(picture, decided_about(picture.copies, decided)) for picture in found.shared.pictures]
        return sorted(pictures, key=lambda item: item[1] is not None)

    return _page(request, "shared_pictures.html", "/shared/pictures", asked)


def pair(request: Request) -> Response:
    """The page of two hotels side by side: what both have is beside each other, then what only one has."""
    asked = request.query_params.get("one", ""), request.query_params.get("other", "")
    found = next(
        (item for item in _found(request).shared.pairs if (item.one.hotel_id, item.other.hotel_id) == asked), None
    )
    if found is None:
        raise not_found("These two hotels shared no pictures when all hotels were compared last.")
    own = []
    for number, hotel_id in enumerate(asked):
        in_both = {images[number] for images in found.shared}
        shown = [picture.best.sha256 for picture in read_hotel(desk_of(request).stores, hotel_id).manifest.pictures]
        own.append([image for image in shown if image not in in_both])
    return render(
        request,
        "shared_pair.html",
        pair=found,
        hotels=tuple(zip((found.one, found.other), own, strict=True)),
        most_in_both=MOST_IN_BOTH,
        most_own=MOST_OWN,
        reason=REASONS[found.reason],
    )


def compare(request: Request) -> Response:
    """Begin to compare all hotels, and go to the page that shows how far that is."""
    _work(request).begin(desk_of(request))
    return RedirectResponse("/shared", SEE_OTHER)


def state(request: Request) -> JSONResponse:
    """How far the comparison is, for the page that shows it."""
    now = _work(request).comparing or Comparing(is_over=True)
    return JSONResponse(
        {"what": now.what, "done": now.done, "total": now.total, "is_over": now.is_over, "error": now.error}
    )


def pairs_csv(request: Request) -> Response:
    """All pairs for a spreadsheet."""
    return csv_answer("hotels-that-share-pictures.csv", _lines(PAIR_COLUMNS, pair_rows(_found(request).shared)))


def pictures_csv(request: Request) -> Response:
    """All pictures that many hotels have, for a spreadsheet."""
    return csv_answer("pictures-of-many-hotels.csv", _lines(PICTURE_COLUMNS, picture_rows(_found(request).shared)))


def document(request: Request) -> Response:
    """All that was found, for programs."""
    headers = {"Content-Disposition": 'attachment; filename="what-hotels-share.json"'}
    return JSONResponse(shared_document(_found(request).shared), headers=headers)


def pair_address(one: str, other: str) -> str:
    """The address of the page of two hotels."""
    return f"/shared/pair?{urlencode({'one': one, 'other': other})}"


def _page(
    request: Request, template: str, address: str, rows_of: Callable[[FoundShared], Sequence[object]]
) -> Response:
    """A page of a list of what was found last, or the way to find it."""
    work = _work(request)
    rows = rows_of(work.found) if work.found else ()
    pages = -(-len(rows) // PAGE)
    page = min(number_in(request.query_params.get("page"), 1, MOST_PAGE), max(pages, 1))
    first = (page - 1) * PAGE
    return render(
        request,
        template,
        work=work,
        rows=rows[first : first + PAGE],
        number=first + 1,
        page=page,
        pages=pages,
        address=address,
        counting=AS_USUAL,
        reasons=REASONS,
        examples=EXAMPLES,
        pair_address=pair_address,
    )


def _work(request: Request) -> SharedByHotels:
    return cast("SharedByHotels", request.app.state.sharing)


def _found(request: Request) -> FoundShared:
    found = _work(request).found
    if found is None:
        raise RefusedRequestError(503, "The desk did not compare the hotels yet. Please do that first.")
    return found


def _lines(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield csv_line(columns)
    yield from map(csv_line, rows)


ROUTES = (
    Route("/shared", pairs),
    Route("/shared/pictures", pictures),
    Route("/shared/pair", pair),
    Route("/shared/compare", compare, methods=["POST"]),
    Route("/shared/state", state),
    Route("/shared/pairs.csv", pairs_csv),
    Route("/shared/pictures.csv", pictures_csv),
    Route("/shared/found.json", document),
)
