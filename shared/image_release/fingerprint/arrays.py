"""Arrays that are packed together: all of them, or the first without the others, which are two hundred times as large.

What is packed is a `.npz`: a zip without compression of its own, so an array is a header and its bytes.

The header of an array is read here. Numpy reads it as Python source, which can fail where several threads do so at once
(CPython issue 106905), and threads read fingerprints side by side.
"""

from __future__ import annotations

import io
import math
import re
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
_MAGIC = b"\x93NUMPY"
_ARRAY_HEADER = re.compile(
    rb"\{'descr': '([<>|=]?[biufUS][0-9]{1,9})', 'fortran_order': (True|False), 'shape': \(([0-9, ]{0,99})\), \} *\n"
)
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
    return read_array(array)


def all_arrays(data: bytes) -> dict[str, NDArray[np.generic]]:
    """All arrays of a `.npz`, by name; nobody may write to them. Raises one of UNREADABLE if they cannot be read."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        entries = packed.infolist()
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
            raise ValueError("the arrays are compressed")
        return {entry.filename.removesuffix(".npy"): read_array(packed.read(entry)) for entry in entries}


def read_array(data: bytes) -> NDArray[np.generic]:
    """The array of a `.npy` file, without a copy: of numbers, truth values or texts. Raises one of UNREADABLE."""
    if data[: len(_MAGIC)] != _MAGIC:
        raise ValueError("this is no array")
    length, start = ("<H", 10) if data[len(_MAGIC)] == 1 else ("<I", 12)
    (size,) = struct.unpack_from(length, data, len(_MAGIC) + 2)
    header = _ARRAY_HEADER.fullmatch(data[start : start + size])
    if not header:
        raise ValueError("the array has a header of another kind")
    kind = np.dtype(header[1].decode())
    shape = tuple(int(side) for side in header[3].split(b",") if side.strip())
    count = math.prod(shape)
    if not kind.itemsize or count * kind.itemsize > len(data) - start - size:
        raise ValueError("the array ends too early")
    flat: NDArray[np.generic] = np.frombuffer(data, kind, count, start + size)
    return flat.reshape(shape, order="F" if header[2] == b"True" else "C")
