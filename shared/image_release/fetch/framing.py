"""Where the body of an answer ends: by its length, by its chunks, or with the connection (RFC 9112, 6).

Read as browsers do: chunks come before a length, a length that is said twice counts once, and one that is no number
counts for nothing. Lines may end with LF alone. A body that ends before its end is told, never taken for whole.
"""

from __future__ import annotations

import http.client
import io
import re
from dataclasses import dataclass

from image_release.fetch.heads import HTTP_1_0, HTTP_1_1, Head, Lines, MalformedAnswerError

NO_BODY = frozenset({101, 204, 304})
"""Statuses whose answers have no body, whatever their headers say."""

MAX_LENGTH_DIGITS = 18
"""A longer number is cut to this many nines: more bytes than anybody sends."""

MAX_CHUNK_LINE_BYTES = 16_384
"""Maximum length of the line before a chunk, extensions included."""

_CHUNK = re.compile(rb"[ \t]*([0-9A-Fa-f]+)[ \t]*(?:;.*)?\r*\n", re.DOTALL)
_BEGINS_LIKE_A_CHUNK = re.compile(rb"[ \t]*[0-9A-Fa-f]+[ \t]*(?:[;\r\n]|\Z)")


@dataclass(frozen=True, slots=True)
class Framing:
    """How a body is bounded; `length` is None if only chunks or the end of the connection bound it."""

    chunked: bool
    length: int | None
    keeps_open: bool


def framing_of(head: Head, stream: io.BufferedReader) -> Framing:
    """How the body that follows on `stream` is bounded. Raises MalformedAnswerError if two lengths contradict."""
    if head.status in NO_BODY:
        return Framing(chunked=False, length=0, keeps_open=_keeps_open(head))
    chunked = "chunked" in _tokens(head, "Transfer-Encoding")
    # Some old proxies unpack the chunks and leave the header; HTTP/1.0 has no chunks.
    if chunked and head.version == HTTP_1_0 and not _BEGINS_LIKE_A_CHUNK.match(stream.peek(1)):
        chunked = False
    length = None if chunked else _length(head)
    return Framing(chunked, length, _keeps_open(head) and (chunked or length is not None))


def _tokens(head: Head, name: str) -> list[str]:
    values = head.headers.get_all(name, [])
    return [token.strip().lower() for value in values for token in value.split(",")]


def _keeps_open(head: Head) -> bool:
    tokens = _tokens(head, "Connection")
    return "close" not in tokens and (head.version >= HTTP_1_1 or "keep-alive" in tokens)


def _length(head: Head) -> int | None:
    written = _tokens(head, "Content-Length")
    if not written or not all(length.isascii() and length.isdecimal() for length in written):
        return None
    lengths = {length.lstrip("0") or "0" for length in written}
    if len(lengths) > 1:
        raise MalformedAnswerError("two lengths contradict each other")
    (digits,) = lengths
    return int(digits if len(digits) <= MAX_LENGTH_DIGITS else "9" * MAX_LENGTH_DIGITS)


class Dechunked(io.RawIOBase):
    """The bytes of a chunked body. Reading raises http.client.IncompleteRead or MalformedAnswerError."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        self._left = 0
        self._within = False
        self._over = False

    def read1(self, size: int) -> bytes:
        """Read at most `size` bytes; none at the end of the last chunk."""
        if not self._left and not self._over:
            self._start_chunk()
        if self._over:
            return b""
        data = self._stream.read1(min(size, self._left))
        if not data:
            raise http.client.IncompleteRead(b"")
        self._left -= len(data)
        return data

    def close(self) -> None:
        """Close the stream below."""
        self._stream.close()
        super().close()

    def _start_chunk(self) -> None:
        if self._within and self._line().strip(b"\r\n"):
            raise MalformedAnswerError("a chunk is longer than announced")
        size = _CHUNK.fullmatch(self._line())
        if size is None:
            raise MalformedAnswerError("the length of a chunk is no number")
        self._within = True
        self._left = int(size[1], 16)
        if not self._left:
            self._over = True
            self._skip_trailers()

    def _line(self) -> bytes:
        line = self._stream.readline(MAX_CHUNK_LINE_BYTES + 1)
        if len(line) > MAX_CHUNK_LINE_BYTES:
            raise MalformedAnswerError(f"more than {MAX_CHUNK_LINE_BYTES} bytes before a chunk")
        if not line.endswith(b"\n"):
            raise http.client.IncompleteRead(b"")
        return line

    def _skip_trailers(self) -> None:
        trailers = Lines(self._stream)
        try:
            while trailers.next():
                pass
        except ConnectionResetError:
            pass  # all chunks came: the line that is missing after them changes nothing
