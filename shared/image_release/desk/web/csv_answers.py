"""Lists as CSV for spreadsheets: streamed, so that a long one needs no memory."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, islice

from starlette.responses import StreamingResponse

BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel takes UTF-8 for another encoding."""


def csv_answer(name: str, lines: Iterable[str]) -> StreamingResponse:
    """An answer that a browser saves as a file of this name."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    rest = iter(lines)
    begun = list(islice(rest, 2))  # so a fault shows as a page, before the answer begins
    return StreamingResponse(
        chain((BYTE_ORDER_MARK,), begun, rest), media_type="text/csv; charset=utf-8", headers=headers
    )
