"""From the bytes of an answer to the whole file: parts of files are refused, packings are undone.

We ask for plain bytes, but object stores send files as they were stored, and many servers name packings that are none
(`aws-chunked`, `UTF-8`) or that the body does not have. So the bytes decide: what begins as gzip or deflate is unpacked
if the headers name a packing, and everything else is the body as it is. No image begins like one of them.

`br` and `zstd` cannot be unpacked without another package. Nobody asked for them, and they say that the body is no
plain image: a failure that names them is better than bytes that no decoder understands.
"""

from __future__ import annotations

import io
import re
import zlib

from urllib3 import HTTPHeaderDict

from image_release.fetch.answers import FailedError, TooManyBytesError, TransientError
from image_release.outcomes import Outcome

OK = 200
NON_AUTHORITATIVE = 203
PARTIAL = 206
IM_USED = 226
WITH_FILE = frozenset({OK, NON_AUTHORITATIVE, PARTIAL, IM_USED})
"""Statuses whose body may be the whole file; `check_whole` says whether it is."""

UNPACKED = frozenset({"gzip", "x-gzip", "deflate", "x-deflate"})
NOT_ASKED_FOR = frozenset({"br", "zstd", "dcb", "dcz"})

MAX_PACKINGS = 5
"""Maximum number of packings around one file; curl's limit."""

MAX_MEMBERS = 10_000
"""Maximum number of gzip members in one body: a member can be 20 bytes, and each costs some microseconds."""

_GZIP = b"\x1f\x8b"
_WINDOW = 65_536
_PADDING = b"\0\r\n\t "
_CONTENT_RANGE = re.compile(r"bytes[ =]+(\d{1,18})-(\d{1,18})/(\d{1,18})", re.IGNORECASE)


def check_whole(status: int, headers: HTTPHeaderDict, size: int) -> None:
    """Raise FailedError if an answer of `size` bytes (as sent) says of itself that it is only a part of a file.

    A 206 has to say that it is all of it, because we never ask for a part. A 200 counts as a part only if it names more
    bytes than came. A 226 is whole if nothing was done to it.
    """
    whole = status != PARTIAL
    if found := _CONTENT_RANGE.fullmatch(headers.get("Content-Range", "").strip()):
        first, last, total = (int(number) for number in found.groups())
        whole = size >= total and (status != PARTIAL or (first, last) == (0, total - 1))
    if status == IM_USED:
        whole = whole and headers.get("IM", "identity").strip().lower() == "identity"
    if not whole:
        raise FailedError(Outcome.UNAVAILABLE, f"the server answered {status} with a part of the file")


def unpacked(headers: HTTPHeaderDict, packed: bytes, max_bytes: int) -> bytes:
    """Undo the packings that the headers name, the last one first.

    Raises TooManyBytesError, TransientError for a packing that is damaged or cut short, and FailedError for one that
    was not asked for.
    """
    named = f"{headers.get('Content-Encoding', '')},{headers.get('Transfer-Encoding', '')}".lower().split(",")
    packings = [token for token in (name.strip(" \t\"'") for name in named) if token in UNPACKED | NOT_ASKED_FOR]
    if len(packings) > MAX_PACKINGS:
        raise FailedError(Outcome.UNAVAILABLE, f"the answer is packed more than {MAX_PACKINGS} times")
    body = packed
    for packing in reversed(packings):
        if packing in NOT_ASKED_FOR and body:
            raise FailedError(Outcome.UNAVAILABLE, f"the answer is packed as {packing}, which was not asked for")
        body = _without(packing, body, max_bytes)
    return body


def _without(packing: str, body: bytes, max_bytes: int) -> bytes:
    """Undo one packing, if the bytes have it."""
    if body.startswith(_GZIP):
        return _gunzipped(body, max_bytes)
    if _has_zlib_header(body):
        return _inflated(body, zlib.MAX_WBITS, max_bytes)
    if packing.endswith("deflate"):
        return _raw_inflated(body, max_bytes)
    return body


def _has_zlib_header(body: bytes) -> bool:
    return len(body) > 1 and body[0] & 0x0F == zlib.DEFLATED and (body[0] << 8 | body[1]) % 31 == 0


def _gunzipped(body: bytes, max_bytes: int) -> bytes:
    """Unpack all gzip members. What follows the last one, zeros or rubbish, is ignored as browsers ignore it."""
    files: list[bytes] = []
    at, left = 0, max_bytes
    while body.startswith(_GZIP, at):
        if len(files) == MAX_MEMBERS:
            raise FailedError(Outcome.UNAVAILABLE, f"the answer has more than {MAX_MEMBERS} gzip members")
        file, at = _inflated_from(body, at, zlib.MAX_WBITS | 16, left, max_bytes)
        left -= len(file)
        files.append(file)
    return files[0] if len(files) == 1 else b"".join(files)


def _raw_inflated(body: bytes, max_bytes: int) -> bytes:
    """Unpack deflate without a header, as many servers send it; a body that is none is returned as it is."""
    try:
        file, end = _inflate(body, 0, -zlib.MAX_WBITS, max_bytes, max_bytes)
    except zlib.error:
        return body
    return body if body[end:].strip(_PADDING) else file


def _inflated(body: bytes, wbits: int, max_bytes: int) -> bytes:
    return _inflated_from(body, 0, wbits, max_bytes, max_bytes)[0]


def _inflated_from(body: bytes, at: int, wbits: int, left: int, max_bytes: int) -> tuple[bytes, int]:
    try:
        return _inflate(body, at, wbits, left, max_bytes)
    except zlib.error as error:
        raise TransientError("the answer's packing is broken") from error


def _inflate(body: bytes, at: int, wbits: int, left: int, max_bytes: int) -> tuple[bytes, int]:
    """Unpack one stream that begins at `at`, to at most `left` bytes; also where it ends.

    It is read in windows: what zlib did not use is copied, and of thousands of members that must not be all the rest.
    """
    unpacking = zlib.decompressobj(wbits)
    file = io.BytesIO()
    view = memoryview(body)
    for start in range(at, len(body), _WINDOW):
        window = view[start : start + _WINDOW]
        file.write(unpacking.decompress(window, left + 1 - file.tell()))
        if file.tell() > left:
            raise TooManyBytesError(f"more than {max_bytes} bytes when unpacked")
        if unpacking.eof:
            return file.getvalue(), start + len(window) - len(unpacking.unused_data)
    raise TransientError("the packed answer ended before its end")
