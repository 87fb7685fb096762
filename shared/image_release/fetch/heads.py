"""The head of an answer: status line and headers, read as browsers read them and never more than allowed.

http.client and the email parser below it are stricter than browsers: they take at most 100 headers, read past 100 alone
of the interim answers, and drop all headers that follow one they do not like. A lost Content-Length would make a body
that was cut short look whole.
"""

from __future__ import annotations

import http.client
import io
import re
from dataclasses import dataclass

MAX_HEAD_BYTES = 262_144
"""Maximum length of all that comes before a body, interim answers included; Chromium's limit."""

MAX_HEADERS = 256
"""Maximum number of headers of one answer."""

MAX_INTERIM_ANSWERS = 100
"""Maximum number of 1xx answers before the answer itself."""

SWITCHING_PROTOCOLS = 101
"""The one 1xx status that is no interim answer: what follows it is not HTTP."""

HTTP_1_0 = 10
HTTP_1_1 = 11

# Up to four bytes of rubbish before it, such as a BOM: Chromium reads past them too.
_STATUS_LINE = re.compile(r".{0,4}?HTTP(?:/(\d+)(?:\.(\d+))?)?[ \t]+([1-9]\d\d)(?!\d)(.*)", re.IGNORECASE | re.ASCII)


class MalformedAnswerError(http.client.HTTPException):
    """An answer that is not understood as HTTP; its text is a short reason of our own, safe to print."""


@dataclass(frozen=True, slots=True)
class Head:
    """Status and headers of an answer; `version` is HTTP_1_0 or HTTP_1_1."""

    version: int
    status: int
    reason: str
    headers: http.client.HTTPMessage


class Lines:
    """Reads the lines of a head, at most MAX_HEAD_BYTES together. A line ends with LF, or with CR and LF."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        self._left = MAX_HEAD_BYTES

    def next(self) -> str:
        """The next line without its end, as Latin-1.

        Raises MalformedAnswerError if too many bytes came, and ConnectionResetError if the line is cut short.
        """
        line = self._stream.readline(self._left + 1)
        self._left -= len(line)
        if self._left < 0:
            raise MalformedAnswerError(f"more than {MAX_HEAD_BYTES} bytes of headers")
        if not line.endswith(b"\n"):
            raise ConnectionResetError("the connection ended within the headers")
        return line.rstrip(b"\r\n").decode("latin-1")


def read_head(stream: io.BufferedReader) -> Head:
    """Read the head of the next answer, past the interim answers before it.

    Raises MalformedAnswerError or http.client.BadStatusLine if it is not understood, and ConnectionResetError if it is
    cut short.
    """
    lines = Lines(stream)
    for _ in range(MAX_INTERIM_ANSWERS + 1):
        head = _one_head(lines)
        if head.status >= http.client.OK or head.status == SWITCHING_PROTOCOLS:
            return head
    raise MalformedAnswerError(f"more than {MAX_INTERIM_ANSWERS} interim answers")


def _one_head(lines: Lines) -> Head:
    line = lines.next()
    while not line:  # servers that wrote a line end too many after the last body (RFC 9112, 2.2)
        line = lines.next()
    found = _STATUS_LINE.fullmatch(line)
    if found is None:
        raise http.client.BadStatusLine(line[:80])
    version = (int((found[1] or "1")[:4]), int((found[2] or "0")[:4]))
    return Head(HTTP_1_1 if version > (1, 0) else HTTP_1_0, int(found[3]), found[4].strip(), _headers(lines))


def _headers(lines: Lines) -> http.client.HTTPMessage:
    """Read headers up to the empty line. A folded line belongs to the header before it; one without a colon is none."""
    fields: list[tuple[str, list[str]]] = []
    while line := lines.next():
        name, colon, value = line.partition(":")
        if line[0] in " \t":
            if fields:
                fields[-1][1].append(line.strip(" \t"))
        elif colon and name.strip():
            fields.append((name.strip(), [value.strip(" \t")]))
            if len(fields) > MAX_HEADERS:
                raise MalformedAnswerError(f"more than {MAX_HEADERS} headers")
    message = http.client.HTTPMessage()
    for name, values in fields:
        message[name] = " ".join(values)
    return message
