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

PARTIAL = 206
IM_USED = 226
WITH_FILE = frozenset(range(200, 300)) - {202, 204, 205}
"""Statuses whose body may be the whole file; `check_whole` says whether it is.

Unknown ones mean the same as 200 (RFC 9110, 15). 202 says that the file is not ready, 204 and 205 have no body.
"""

UNPACKED = frozenset({"gzip", "x-gzip", "deflate", "x-deflate"})
NOT_ASKED_FOR = frozenset({"br", "zstd", "dcb", "dcz"})

MAX_PACKINGS = 5
"""Maximum number of packings around one file; curl's limit."""

MAX_MEMBERS = 10_000
"""Maximum number of gzip members in one body: a member can be 20 bytes, and each costs some microseconds."""

_GZIP = b"\x1f\x8b"
_GZIP_HEADER_BYTES = 10
_GZIP_FOOTER_BYTES = 8
_ZLIB_HEADER_BYTES = 2
_WINDOW = 65_536
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
    packings = [token for token in _tokens(headers, "Content-Encoding") if token in UNPACKED | NOT_ASKED_FOR]
    packings += [token for token in _tokens(headers, "Transfer-Encoding") if token in UNPACKED]
    if len(packings) > MAX_PACKINGS:
        raise FailedError(Outcome.UNAVAILABLE, f"the answer is packed more than {MAX_PACKINGS} times")
    body = packed
    for packing in reversed(packings):
        if not body:
            break
        if packing in NOT_ASKED_FOR:
            raise FailedError(Outcome.UNAVAILABLE, f"the answer is packed as {packing}, which was not asked for")
        body = _without(packing, body, max_bytes)
    return body


def _tokens(headers: HTTPHeaderDict, name: str) -> list[str]:
    return [token.strip(" \t\"'") for token in headers.get(name, "").lower().split(",")]


def _without(packing: str, body: bytes, max_bytes: int) -> bytes:
    """Undo one packing, if the bytes have it."""
    if body.startswith(_GZIP):
        return _gunzipped(body, max_bytes)
    if _has_zlib_header(body):
        return _inflated(body, _ZLIB_HEADER_BYTES, max_bytes, max_bytes)[0]
    if packing.endswith("deflate"):
        return _raw_inflated(body, max_bytes)
    return body


def _has_zlib_header(body: bytes) -> bool:
    return len(body) > 1 and body[0] & 0x0F == zlib.DEFLATED and (body[0] << 8 | body[1]) % 31 == 0


def _gunzipped(body: bytes, max_bytes: int) -> bytes:
    """Unpack all gzip members. What follows the last one, zeros or rubbish, is ignored as browsers ignore it."""
    files: list[bytes] = []
    left = max_bytes
    at = _after_gzip_header(body, 0)
    if at is None:
        raise TransientError("the answer's packing is broken")
    while at is not None:
        if len(files) == MAX_MEMBERS:
            raise FailedError(Outcome.UNAVAILABLE, f"the answer has more than {MAX_MEMBERS} gzip members")
        file, end = _inflated(body, at, left, max_bytes)
        left -= len(file)
        files.append(file)
        at = _after_gzip_header(body, end + _GZIP_FOOTER_BYTES)
    return b"".join(files)


def _after_gzip_header(body: bytes, at: int) -> int | None:
    """Where the data of a gzip member begins whose header begins at `at` (RFC 1952, 2.3); None if there is none."""
    if not body.startswith(_GZIP + b"\x08", at) or len(body) < at + _GZIP_HEADER_BYTES:
        return None
    flags = body[at + 3]
    at += _GZIP_HEADER_BYTES
    if flags & 4:  # extra field
        at += 2 + int.from_bytes(body[at : at + 2], "little")
    for flag in (8, 16):  # name, comment
        if flags & flag:
            at = body.find(b"\0", at) + 1 or len(body) + 1
    if flags & 2:  # checksum of the header
        at += 2
    return at if at <= len(body) else None


def _raw_inflated(body: bytes, max_bytes: int) -> bytes:
    """Unpack deflate without a header, as many servers send it; a body that is none is returned as it is.

    Other bytes can look like a short stream by chance. So what follows the stream is ignored only if it is shorter.
    """
    try:
        file, end = _inflate(body, 0, max_bytes, max_bytes)
    except zlib.error:
        return body
    return file if len(body) - end < end else body


def _inflated(body: bytes, at: int, left: int, max_bytes: int) -> tuple[bytes, int]:
    try:
        return _inflate(body, at, left, max_bytes)
    except zlib.error as error:
        raise TransientError("the answer's packing is broken") from error


def _inflate(body: bytes, at: int, left: int, max_bytes: int) -> tuple[bytes, int]:
    """Unpack the deflate stream that begins at `at`, to at most `left` bytes; also where it ends.

    The stream says itself whether it is whole. The checksum behind it is not compared, as in browsers: the decoder
    judges what came. It is read in windows: what zlib did not use is copied, and of thousands of members that must not
    be all the rest.
    """
    unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
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
