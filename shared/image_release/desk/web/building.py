"""Whether the index is there: before it is built, nothing can be counted over all hotels."""

from __future__ import annotations

from starlette.requests import Request

from image_release.desk.index import HotelIndex, IndexDamagedError
from image_release.desk.web.refusals import RefusedRequestError
from image_release.desk.web.rendering import desk_of


def is_built(request: Request) -> bool:
    """Whether the index knows all hotels."""
    try:
        return desk_of(request).index.status().is_built
    except IndexDamagedError:  # it is not there yet, or is made again
        return False


def built_index(request: Request) -> HotelIndex:
    """The index. Raises RefusedRequestError while it is built for the first time."""
    if not is_built(request):
        raise RefusedRequestError(503, "The desk still reads the hotels for the first time. Please try again soon.")
    return desk_of(request).index
