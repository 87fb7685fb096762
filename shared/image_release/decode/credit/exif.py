"""EXIF: the artist and the copyright notice."""

from __future__ import annotations

import struct

from image_release.decode.credit.texts import MAX_BYTES, NOTHING, StatedMakers, decoded_text
from image_release.decode.credit.tiff import ARTIST_TAG, COPYRIGHT_TAG, DirectoryEntry, first_directory

EDITOR = b"\0"
"""Stands between the photographer's and the editor's notice."""


def read_exif(block: bytes) -> StatedMakers:
    """What an EXIF block says. Several artists stand with `;` between them."""
    try:
        entries = first_directory(block)
    except struct.error:
        return NOTHING
    artist = decoded_text(_value(block, entries.get(ARTIST_TAG)))
    photographer, _, editor = _value(block, entries.get(COPYRIGHT_TAG)).partition(EDITOR)
    notice = decoded_text(photographer) or decoded_text(editor)
    return StatedMakers(tuple(name for part in artist.split(";") if (name := part.strip())), "", notice)


def _value(block: bytes, entry: DirectoryEntry | None) -> bytes:
    return block[entry.start : entry.start + min(entry.length, MAX_BYTES)] if entry else b""
