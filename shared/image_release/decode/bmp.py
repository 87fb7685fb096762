"""BMP: channels at places in a pixel that Pillow does not know, put where it expects them."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

MASKS_AT, ALPHA_MASK_AT = 54, 66
SHORT_HEADER, HEADER_WITH_ALPHA = 40, 56
MASKS, MASKS_WITH_ALPHA = 3, 6
"""Values of `compression` that say where each channel is."""
ORDINARY_MASKS = struct.pack("<LLLL", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
ROWS_AT_ONCE = 256


def with_ordinary_masks(data: bytes) -> bytes | None:
    """The same image with 8 bits a channel at their usual places; None if it has no masks or breaks off."""
    if not data.startswith(b"BM") or len(data) < ALPHA_MASK_AT + 4:
        return None
    (start, size, width, height, _, bits, compression) = struct.unpack_from("<LLllHHL", data, 10)
    if bits not in (16, 32) or compression not in (MASKS, MASKS_WITH_ALPHA) or size < SHORT_HEADER or width <= 0:
        return None
    stride, rows = (width * bits + 31) // 32 * 4, abs(height)
    if not rows or start + stride * rows > len(data):
        return None
    has_alpha = size >= HEADER_WITH_ALPHA or compression == MASKS_WITH_ALPHA
    masks = struct.unpack_from("<LLL", data, MASKS_AT) + (
        struct.unpack_from("<L", data, ALPHA_MASK_AT) if has_alpha else (0,)
    )
    packed = np.frombuffer(data, f"<u{bits // 8}", stride * rows // (bits // 8), start).reshape(rows, -1)[:, :width]
    parts = [_channels(packed[top : top + ROWS_AT_ONCE], masks) for top in range(0, rows, ROWS_AT_ONCE)]
    head = struct.pack("<LllHHLLllLL", HEADER_WITH_ALPHA, width, height, 1, 32, MASKS, 0, 0, 0, 0, 0) + ORDINARY_MASKS
    return b"".join([b"BM", struct.pack("<LHHL", 0, 0, 0, 14 + len(head)), head, *parts])


def _channels(packed: NDArray[np.unsignedinteger], masks: tuple[int, ...]) -> bytes:
    """Rows of blue, green, red and alpha; without a mask of its own, alpha is full."""
    red, green, blue, alpha = (_channel(packed, mask) for mask in masks)
    if not masks[3]:
        alpha = np.full_like(blue, 255)
    return np.stack([blue, green, red, alpha], axis=-1).tobytes()


def _channel(packed: NDArray[np.unsignedinteger], mask: int) -> NDArray[np.uint8]:
    """The levels of one channel, scaled to 8 bits."""
    if not mask:
        return np.zeros(packed.shape, np.uint8)
    lowest = (mask & -mask).bit_length() - 1
    most = mask >> lowest
    values = (packed.astype(np.uint64) & np.uint64(mask)) >> np.uint64(lowest)
    levels: NDArray[np.uint8] = (values * np.uint64(255) // np.uint64(most)).astype(np.uint8)
    return levels
