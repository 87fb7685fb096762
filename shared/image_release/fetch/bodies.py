"""A response's body, whole or not at all, and never more of it than allowed.

Bytes are counted while they stream, as they come and as they unpack: a length that was announced is a claim.
"""

from __future__ import annotations

import io
import zlib

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from image_release.fetch.answers import FailedError, TooManyBytesError, TransientError
from image_release.fetch.connections import READ_BYTES
from image_release.outcomes import Outcome

PLAIN = ("", "identity")
PACKED = ("gzip", "x-gzip", "deflate")
"""Taken though nobody asked: object stores send files that were stored packed, whatever the request says."""

MAX_DRAINED_BYTES = 65_536
"""Of a body nobody wants (an error page): reading so little is cheaper than a new connection."""


def read_body(response: BaseHTTPResponse, max_bytes: int) -> bytes:
    """Read a body of at most `max_bytes`, packed and unpacked.

    Raises FailedError: too many bytes, a packing nobody asked for, or (passing) a damaged one; a body shorter than
    announced is an error of urllib3's. What follows an announced length is not read.
    """
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in PLAIN + PACKED:
        raise FailedError(Outcome.UNAVAILABLE, "the answer is packed in a way that was not asked for")
    announced = response.headers.get("Content-Length", "")
    if announced.isdecimal() and int(announced[:20]) > max_bytes:  # int() refuses thousands of digits
        raise TooManyBytesError(f"more than {max_bytes} bytes announced ({announced[:20]})")
    packed = _read_at_most(response, max_bytes)
    return packed if encoding in PLAIN else _unpacked(packed, max_bytes)


def drain(response: BaseHTTPResponse) -> None:
    """Read a body nobody wants to its end if that is near, so that the connection can be used again."""
    try:
        _read_at_most(response, MAX_DRAINED_BYTES)
    except (FailedError, HTTPError):
        response.close()  # the status that came before it stands


def _read_at_most(response: BaseHTTPResponse, max_bytes: int) -> bytes:
    body = io.BytesIO()
    while chunk := response.read1(READ_BYTES, decode_content=False):
        body.write(chunk)
        if body.tell() > max_bytes:
            raise TooManyBytesError(f"more than {max_bytes} bytes")
    return body.getvalue()


def _unpacked(packed: bytes, max_bytes: int) -> bytes:
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # + 32: gzip and zlib headers are both understood
    try:
        body = unpacking.decompress(packed, max_bytes + 1)
    except zlib.error as error:
        raise TransientError("the answer's packing is broken") from error
    if len(body) > max_bytes:
        raise TooManyBytesError(f"more than {max_bytes} bytes when unpacked")
    if not unpacking.eof:
        raise TransientError("the packed answer ended before its end")
    return body
