"""What a hotel is found by: one line of bytes for each hotel, in which words and whole values are looked for.

Ids, names and cities hold no control characters, so these mark where a field begins: a word that a person types never
reaches over two fields, and a whole value is found with its marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import numpy as np

from image_release.desk.index.query import Query
from image_release.folding import folded
from image_release.values import key_part

Positions = np.ndarray[tuple[int], np.dtype[np.int64]]
END = b"\n"
_NAME, _CITY, _COUNTRY, _PARTNER, _EXACT_PARTNER = b"\x02", b"\x03", b"\x04", b"\x05", b"\x06"


def line_of(hotel_id: str, name: str, city: str, country: str, partners: Iterable[str]) -> bytes:
    """The line of a hotel."""
    ids = list(partners)
    fields = [
        *(_text(hotel_id), _NAME, _text(name), _CITY, _text(city), _COUNTRY, _text(country)),
        *(part for partner in ids for part in (_PARTNER, _text(partner))),
        _PARTNER,
        *(part for partner in ids for part in (_EXACT_PARTNER, key_part(partner).encode())),
    ]
    return b"".join((*fields, _EXACT_PARTNER, END))


def line_begin(hotel_id: str) -> bytes:
    """What the line of a hotel begins with; lines of others may hold it, too."""
    return _text(hotel_id) + _NAME


def wanted_in(query: Query) -> Iterator[bytes]:
    """What has to stand in the line of each hotel that a query asks for."""
    if query.partner is not None:
        yield _EXACT_PARTNER + key_part(query.partner).encode() + _EXACT_PARTNER
    if query.city is not None:
        yield _CITY + _text(query.city) + _COUNTRY
    if query.country is not None:
        yield _COUNTRY + _text(query.country) + _PARTNER
    yield from sorted(_text(query.text).split(), key=len, reverse=True)


def matching(text: bytes, starts: Positions, wanted: bytes) -> Positions:
    """The lines that hold some bytes. `text` is all lines, `starts` where each begins."""
    found = [match.start() for match in re.finditer(re.escape(wanted) + rb"[^\n]*", text)]
    return np.searchsorted(starts, np.array(found, dtype=np.int64), side="right") - 1


def _text(text: str) -> bytes:
    """A text as it is compared; a control character that it should not have ends no field."""
    return "".join(max(char, " ") for char in folded(text)).encode("utf-8", "backslashreplace")
