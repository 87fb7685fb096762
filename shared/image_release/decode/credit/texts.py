"""What a block of metadata says of an image's makers, as clean text."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

MAX_BYTES = 4_000
"""Bytes of a text that are read: what is kept is much shorter."""
DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\ufeff")
"""Marks that change the direction of the text after them, also outside of this one; and the byte order mark."""


@dataclass(frozen=True, slots=True)
class StatedMakers:
    """What one block says: who made the image, its credit line, its copyright notice. Empty where it says nothing."""

    makers: tuple[str, ...] = ()
    line: str = ""
    notice: str = ""


NOTHING = StatedMakers()


def clean(text: str) -> str:
    """A text in one line: spaces collapsed, no control characters, no marks of direction, no half characters."""
    kept = (c if unicodedata.category(c) not in ("Cc", "Cs", "Zl", "Zp") else " " for c in text if c not in DIRECTIONS)
    return " ".join("".join(kept).split())


def decoded_text(data: bytes) -> str:
    """Bytes as clean text: UTF-8, or else Western European, as most programs wrote before; up to the first NUL."""
    data = data[:MAX_BYTES].partition(b"\0")[0]
    try:
        return clean(data.decode())
    except UnicodeDecodeError as error:
        if len(data) == MAX_BYTES and error.start >= MAX_BYTES - 3:  # a character was cut in two
            return clean(data[: error.start].decode())
        return clean(data.decode("cp1252", errors="ignore"))
