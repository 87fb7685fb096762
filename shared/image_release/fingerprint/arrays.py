"""The first of the arrays that are packed together, without unpacking the others, which are two hundred times as large.

What is packed is a compressed `.npz`: a zip without compression of its own, so an array is a header and its bytes.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

UNREADABLE = (
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    OSError,
    EOFError,
    MemoryError,
    RuntimeError,  # zipfile: a damaged header asks for a password, or for a way of packing that it does not know
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
)
"""What reading damaged arrays raises."""
AT_ONCE = 1_000_000
"""Bytes that are unpacked together: a damaged size may be any number."""
_HEADER = struct.Struct("<4s2xHHHHIIIHH")
"""A file in a zip: signature, flags, method, time, date, checksum, sizes packed and not, lengths of name and extra."""
_SIGNATURE = b"PK\x03\x04"
_LARGE = 0xFFFFFFFF
"""A size that stands in the extra field: 2 bytes of its kind, 2 of its length, then 8 of the size."""
_SIZE_IN_EXTRA = struct.Struct("<4xQ")


def first_arrays(data: bytes, names: Sequence[str]) -> list[NDArray[np.generic]]:
    """The arrays that come first, which must have these names. Raises one of UNREADABLE if they cannot be read."""
    unpacked = _UnpackedSoFar(data)
    return [_array(unpacked, name) for name in names]


class _UnpackedSoFar:
    """What compressed bytes unpack to, as far as it was asked for."""

    def __init__(self, data: bytes) -> None:
        self._unpacker = zlib.decompressobj()
        self._packed = data

    def read(self, size: int) -> bytes:
        """Return the next bytes. Raises EOFError if there are fewer."""
        parts = []
        while size > 0:
            part = self._unpacker.decompress(self._packed, min(size, AT_ONCE))
            self._packed = self._unpacker.unconsumed_tail
            if not part and (self._unpacker.eof or not self._packed):
                raise EOFError("the bytes end too early")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


def _array(unpacked: _UnpackedSoFar, name: str) -> NDArray[np.generic]:
    """The next array, checked by its checksum."""
    signature, flags, method, _, _, checksum, _, size, name_length, extra_length = _HEADER.unpack(
        unpacked.read(_HEADER.size)
    )
    found, extra = unpacked.read(name_length), unpacked.read(extra_length)
    if (signature, flags, method, found) != (_SIGNATURE, 0, zipfile.ZIP_STORED, f"{name}.npy".encode()):
        raise ValueError(f"the array {name} does not come next")
    (size,) = _SIZE_IN_EXTRA.unpack_from(extra) if size == _LARGE else (size,)
    array = unpacked.read(size)
    if zlib.crc32(array) != checksum:
        raise ValueError(f"the array {name} is damaged")
    loaded: NDArray[np.generic] = np.lib.format.read_array(io.BytesIO(array), allow_pickle=False)
    return loaded
