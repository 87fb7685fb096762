"""TIFF: grey that counts from white to black, in the one form that Pillow does not open."""

from __future__ import annotations

import struct

PHOTOMETRIC_TAG, WHITE_IS_ZERO, BLACK_IS_ZERO = 262, 0, 1
"""The tag of what the numbers mean, and its values for grey."""
SHORT = 3
MAX_TAGS = 1_000


def black_is_zero(data: bytes) -> bytes | None:
    """The same file with a first image that states black as zero; None if it does not state white."""
    order = "<" if data.startswith(b"II") else ">"
    try:
        (start,) = struct.unpack_from(f"{order}L", data, 4)
        (tags,) = struct.unpack_from(f"{order}H", data, start)
        for place in range(start + 2, start + 2 + 12 * min(tags, MAX_TAGS), 12):
            tag, kind, _, value = struct.unpack_from(f"{order}HHLH", data, place)
            if (tag, kind, value) == (PHOTOMETRIC_TAG, SHORT, WHITE_IS_ZERO):
                return data[: place + 8] + struct.pack(f"{order}H", BLACK_IS_ZERO) + data[place + 10 :]
    except struct.error:
        pass  # the directory breaks off
    return None
