"""Which keys are allowed, and how an ETag is made.

The rules for keys are the same in every store. The limits are those of the strictest store: a key that works in a
folder works in a bucket too, and the other way round.
"""

from __future__ import annotations

from image_release.problems import printable
from image_release.storage.port import BadKeyError
from image_release.values import sha256_hex

MAX_PART_BYTES = 255
"""Maximum length of a part between slashes: common file systems take no longer file name."""
MAX_KEY_BYTES = 1024
"""Maximum length of a key: S3's limit."""
RESERVED = ".tmp"
"""Folder below a store's root for files that are being written; no key begins with it."""


def key_fault(key: str) -> str | None:
    """Why this text cannot be a key, in words that follow "the key …"; None if it can."""
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


def comes_after(key: str, after: str) -> bool:
    """Whether a key comes after a text in the order of listings, which is that of their bytes."""
    return key.encode() > after.encode("utf-8", "surrogatepass")


def etag_of(data: bytes) -> str:
    """The ETag of an object: the SHA-256 of its bytes, in quotes as HTTP wants it."""
    return f'"{sha256_hex(data)}"'
