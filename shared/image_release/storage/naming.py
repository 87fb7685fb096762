"""What a key may be and what an ETag is, the same in every store.

The bounds are those of the narrowest store, so that what one machine takes a bucket takes too, and the other way round.
"""

from __future__ import annotations

from image_release.problems import printable
from image_release.storage.port import BadKeyError
from image_release.values import sha256_hex

MAX_PART_BYTES = 255
"""Longest file name that common file systems take."""
MAX_KEY_BYTES = 1024
"""Longest key that S3 takes."""
RESERVED = ".tmp"
"""Folder below a store's root for what is being written: no key begins with it."""


def key_fault(key: str) -> str | None:
    """Say why this cannot be a key, or None if it can."""
    try:
        encoded = key.encode()
    except UnicodeEncodeError:
        return "is not Unicode text"
    if len(encoded) > MAX_KEY_BYTES:
        return f"has {len(encoded)} bytes, more than {MAX_KEY_BYTES}"
    if b"\0" in encoded:
        return "contains a NUL"
    parts = encoded.split(b"/")
    if any(part in (b"", b".", b"..") for part in parts):
        return "has a part that is empty, `.` or `..`"
    if (longest := max(map(len, parts))) > MAX_PART_BYTES:
        return f"has a part of {longest} bytes, more than {MAX_PART_BYTES}"
    return f"begins with {RESERVED}" if parts[0] == RESERVED.encode() else None


def checked(key: str) -> str:
    """Return the key. Raises BadKeyError if it cannot be one."""
    if fault := key_fault(key):
        raise BadKeyError(f"key {printable(key)!r} {fault}")
    return key


def etag_of(data: bytes) -> str:
    """The ETag of a content: a hash of it, quoted as HTTP has it."""
    return f'"{sha256_hex(data)}"'
