"""Odd answers of servers: those that every browser shows, and those that are no whole image, with the reason.

Each case is the bytes that a server sends before it closes the connection.
"""

import gzip
import io
import zlib

from PIL import Image


def picture() -> bytes:
    encoded = io.BytesIO()
    Image.linear_gradient("L").resize((48, 32)).save(encoded, "JPEG")
    return encoded.getvalue()


IMAGE = picture()
HALF = IMAGE[: len(IMAGE) // 2]
SIZE = len(IMAGE)
OK = "HTTP/1.1 200 OK"
LENGTH = f"Content-Length: {SIZE}"
CHUNKED = "Transfer-Encoding: chunked"


def head(*lines, end="\r\n"):
    return (end.join(lines) + end * 2).encode("latin-1")


def answer(*headers, body=IMAGE, status=OK):
    return head(status, *headers, f"Content-Length: {len(body)}") + body


def chunks(*parts, end=b"\r\n", last=b"0", extension=b""):
    return b"".join(b"%x%s%s%s%s" % (len(part), extension, end, part, end) for part in parts) + last + end * 2


def deflated(body=IMAGE, wbits=zlib.MAX_WBITS):
    packing = zlib.compressobj(wbits=wbits)
    return packing.compress(body) + packing.flush()


GZIP = gzip.compress(IMAGE)
RAW = deflated(wbits=-15)
MEMBERS = gzip.compress(HALF) + gzip.compress(IMAGE[len(HALF) :])
THREE = [HALF[:100], HALF[100:], IMAGE[len(HALF) :]]


def packed(coding, body):
    return answer(f"Content-Encoding: {coding}", body=body)


SHOWN = {
    # the status line
    "no reason": head("HTTP/1.1 200", LENGTH) + IMAGE,
    "no reason, but its space": head("HTTP/1.1 200 ", LENGTH) + IMAGE,
    "a reason in UTF-8": head("HTTP/1.1 200 D'accord \xc3\xa9", LENGTH) + IMAGE,
    "two spaces": head("HTTP/1.1  200  OK", LENGTH) + IMAGE,
    "lower case": head("http/1.1 200 ok", LENGTH) + IMAGE,
    "HTTP/1.0": head("HTTP/1.0 200 OK", LENGTH) + IMAGE,
    "HTTP/1.2": head("HTTP/1.2 200 OK", LENGTH) + IMAGE,
    "HTTP/2 in text": head("HTTP/2 200", LENGTH) + IMAGE,
    "no version": head("HTTP 200 OK", LENGTH) + IMAGE,
    "empty lines before it": b"\r\n\n" + answer(),
    "status 203": answer(status="HTTP/1.1 203 Non-Authoritative Information"),
    "HTTP/1.10": head("HTTP/1.10 200 OK", LENGTH) + IMAGE,
    "HTTP/5": head("HTTP/5.0 200 OK", LENGTH) + IMAGE,
    "a tab in it": head("HTTP/1.1\t200\tOK", LENGTH) + IMAGE,
    "a BOM before it": b"\xef\xbb\xbf" + answer(),
    "status 201": answer(status="HTTP/1.1 201 Created"),
    "an unknown 2xx": answer(status="HTTP/1.1 299 x"),
    "status 226 without a change": answer(status="HTTP/1.1 226 IM Used"),
    # interim answers
    "100": head("HTTP/1.1 100 Continue") + answer(),
    "102": head("HTTP/1.1 102 Processing") + answer(),
    "103 with headers": head("HTTP/1.1 103 Early Hints", "Link: </a.css>", "Content-Length: 5") + answer(),
    "an unknown 1xx": head("HTTP/1.1 199 x") + answer(),
    "three of them": head("HTTP/1.1 100 x") + head("HTTP/1.1 103 x", "A: b") + head("HTTP/1.1 103 x") + answer(),
    "a hundred of them": head("HTTP/1.1 103 Early Hints", "A: b") * 100 + answer(),
    "103 with LF alone": head("HTTP/1.1 103 Early Hints", "A: b", end="\n") + answer(),
    # headers
    "256 headers": answer(*(f"X-{number}: y" for number in range(255))),
    "120 equal headers": answer(*["X: y"] * 120),
    "a long header": answer("X: " + "y" * 60_000),
    "a longer header": answer("X: " + "y" * 200_000),
    "long headers together": answer(*["X: " + "y" * 12_000] * 20),
    "a folded header": head(OK, "X: a", "  b", "\tc", LENGTH) + IMAGE,
    "a folded length": head(OK, "Content-Length:", f" {SIZE}") + IMAGE,
    "a fold like a header": head(OK, "X: y", " Content-Length: 5", LENGTH) + IMAGE,
    "a fold before all headers": head(OK, " folded", LENGTH) + IMAGE,
    "LF instead of CRLF": head(OK, "X: y", LENGTH, end="\n") + IMAGE,
    "CR CR LF": head(OK, "X: y", LENGTH, end="\r\r\n") + IMAGE,
    "no space after the colon": head(OK, f"Content-Length:{SIZE}") + IMAGE,
    "a space before the colon": head(OK, f"Content-Length : {SIZE}") + IMAGE,
    "names in odd case": head(OK, f"cOnTeNt-LENGTH: {SIZE}") + IMAGE,
    "a name with a space": head(OK, "X Y: z", LENGTH) + IMAGE,
    "a name with odd characters": head(OK, "X@(é)\x01: z", LENGTH) + IMAGE,
    "no name": head(OK, ": z", LENGTH) + IMAGE,
    "no colon": head(OK, "this is no header", LENGTH) + IMAGE,
    "no value": head(OK, "X:", LENGTH) + IMAGE,
    "a value with NEL and separators": head(OK, "X: a\x85b\x1cc\x0bd", LENGTH) + IMAGE,
    "a value with NUL": head(OK, "X: a\x00b", LENGTH) + IMAGE,
    "From as in mail": head(OK, "From nobody Mon Jan 1", LENGTH) + IMAGE,
    "a multipart type": answer("Content-Type: multipart/mixed; boundary=x"),
    "no headers at all": head(OK) + IMAGE,
    # lengths
    "a length twice": head(OK, LENGTH, LENGTH) + IMAGE,
    "a length twice in a line": head(OK, f"{LENGTH}, {SIZE}") + IMAGE,
    "a length with zeros before it": head(OK, f"Content-Length: 000000000000000000000{SIZE}") + IMAGE,
    "a length that is no number": head(OK, "Content-Length: all of it") + IMAGE,
    "a length below zero": head(OK, "Content-Length: -1") + IMAGE,
    "an empty length": head(OK, "Content-Length:") + IMAGE,
    "a length with a sign": head(OK, f"Content-Length: +{SIZE - 9}") + IMAGE,
    "a length with an underscore": head(OK, "Content-Length: 1_0") + IMAGE,
    "more than announced": head(OK, LENGTH) + IMAGE + b"<!-- served by x -->",
    "an answer more than announced": answer() + answer(body=b"other"),
    "HTTP/1.0 kept open": head("HTTP/1.0 200 OK", "Connection: Keep-Alive", LENGTH) + IMAGE,
    "HTTP/1.0 kept open without a length": head("HTTP/1.0 200 OK", "Connection: keep-alive") + IMAGE,
    "the length of the unpacked file": head(OK, "Content-Encoding: gzip", f"Content-Length: {SIZE * 2}")
    + gzip.compress(IMAGE * 2),
    # chunks
    "chunks": head(OK, CHUNKED) + chunks(*THREE),
    "one chunk": head(OK, CHUNKED) + chunks(IMAGE),
    "chunked in capitals": head(OK, "TRANSFER-ENCODING: CHUNKED") + chunks(*THREE),
    "chunked twice": head(OK, CHUNKED, CHUNKED) + chunks(*THREE),
    "identity, chunked": head(OK, "Transfer-Encoding: identity, chunked") + chunks(*THREE),
    "gzip, chunked": head(OK, "Transfer-Encoding: gzip, chunked") + chunks(GZIP[:50], GZIP[50:]),
    "gzip in chunks": head(OK, CHUNKED, "Content-Encoding: gzip") + chunks(GZIP[:50], GZIP[50:]),
    "br, chunked": head(OK, "Transfer-Encoding: br, chunked") + chunks(*THREE),
    "an unknown transfer encoding": answer("Transfer-Encoding: identity"),
    "chunks and a length": head(OK, CHUNKED, LENGTH) + chunks(*THREE),
    "chunks and a wrong length": head(OK, "Content-Length: 5", CHUNKED) + chunks(*THREE),
    "chunk extensions": head(OK, CHUNKED) + chunks(*THREE, extension=b';a=b;c="d"'),
    "chunk sizes padded": head(OK, CHUNKED) + chunks(*THREE, extension=b"  "),
    "chunk sizes with zeros and capitals": head(OK, CHUNKED) + b"000%X\r\n%s\r\n00\r\n\r\n" % (SIZE, IMAGE),
    "chunks with LF alone": head(OK, CHUNKED, end="\n") + chunks(*THREE, end=b"\n"),
    "trailers": head(OK, CHUNKED) + chunks(*THREE)[:-2] + b"X-Checksum: 1\r\nContent-Length: 3\r\n\r\n",
    "no empty line after the chunks": head(OK, CHUNKED) + chunks(*THREE)[:-2],
    "HTTP/1.0 with chunks": head("HTTP/1.0 200 OK", CHUNKED) + chunks(*THREE),
    "HTTP/1.0 with the header alone": head("HTTP/1.0 200 OK", CHUNKED) + IMAGE,
    # packings that are none
    **{
        f"encoded as {name}": packed(name, IMAGE)
        for name in ("aws-chunked", "UTF-8", "utf8", "binary", "none", "NONE", "identity", "jpeg", "image/jpeg", "7bit")
    },
    "encoded as base64 in name alone": packed("base64", IMAGE),
    "encoded as compress in name alone": packed("compress", IMAGE),
    "encoded as a control character": packed("\x01", IMAGE),
    "encoded as nothing": packed("", IMAGE),
    "gzip in name alone": packed("gzip", IMAGE),
    "deflate in name alone": packed("deflate", IMAGE),
    "gzip, gzip in name alone": packed("gzip, gzip", IMAGE),
    "gzip and an empty body": packed("gzip", b""),
    "deflate and an empty body": packed("deflate", b""),
    "br and an empty body": packed("br", b""),
    # packings
    "gzip": packed("gzip", GZIP),
    "GZIP": packed("GZIP", GZIP),
    "x-gzip": packed("x-gzip", GZIP),
    "gzip in quotes": packed('"gzip"', GZIP),
    "gzip, aws-chunked": packed("gzip, aws-chunked", GZIP),
    "aws-chunked,gzip": packed("aws-chunked,gzip", GZIP),
    "gzip in two headers": answer("Content-Encoding: gzip", "Content-Encoding: UTF-8", body=GZIP),
    "gzip twice": packed("gzip, gzip", gzip.compress(GZIP)),
    "gzip named twice, once packed": packed("gzip, gzip", GZIP),
    "deflate, gzip": packed("deflate, gzip", gzip.compress(deflated())),
    "gzip, deflate": packed("gzip, deflate", deflated(GZIP)),
    "five packings": packed("gzip,gzip,gzip,gzip,gzip", gzip.compress(gzip.compress(gzip.compress(GZIP)))),
    "two members": packed("gzip", MEMBERS),
    "an empty member": packed("gzip", gzip.compress(b"") + GZIP),
    "many members": packed("gzip", b"".join(gzip.compress(IMAGE[at : at + 1]) for at in range(SIZE))),
    "gzip with name and comment": packed("gzip", GZIP[:3] + b"\x18" + GZIP[4:10] + b"a.jpg\0x\0" + GZIP[10:]),
    "gzip with an extra field": packed("gzip", GZIP[:3] + b"\x06" + GZIP[4:10] + b"\3\0abc12" + GZIP[10:]),
    "zeros after gzip": packed("gzip", GZIP + bytes(512)),
    "rubbish after gzip": packed("gzip", GZIP + b"<!-- cached -->"),
    "rubbish after two members": packed("gzip", MEMBERS + b"\r\n"),
    "rubbish like gzip after gzip": packed("gzip", GZIP + b"\x1f\x8b" + b"rubbish"),
    "gzip without its checksum": packed("gzip", GZIP[:-8]),
    "gzip with half its checksum": packed("gzip", GZIP[:-6]),
    "gzip with a wrong checksum": packed("gzip", GZIP[:-8] + bytes(8)),
    "two members with wrong checksums": packed(
        "gzip", gzip.compress(HALF)[:-8] + bytes(8) + gzip.compress(IMAGE[len(HALF) :])[:-8] + bytes(8)
    ),
    "zlib without its checksum": packed("deflate", deflated()[:-4]),
    "zlib": packed("deflate", deflated()),
    "zlib of level 0": packed("deflate", zlib.compress(IMAGE, 0)),
    "raw deflate": packed("deflate", RAW),
    "rubbish after raw deflate": packed("deflate", RAW + b"<!-- cached -->"),
    "a short deflate stream by chance": packed("deflate", b"\x03\x00" + IMAGE),
    "rubbish after zlib": packed("deflate", deflated() + b"rubbish"),
    "gzip called deflate": packed("deflate", GZIP),
    "zlib called gzip": packed("gzip", deflated()),
    # ranges that nobody asked for
    "206 that is all of it": answer(
        f"Content-Range: bytes 0-{SIZE - 1}/{SIZE}", status="HTTP/1.1 206 Partial Content"
    ),
    "200 with the whole range": answer(f"Content-Range: bytes 0-{SIZE - 1}/{SIZE}"),
    "200 with a range without a size": answer("Content-Range: bytes 0-99/*"),
    "200 with a senseless range": answer("Content-Range: all"),
}  # fmt: skip


ENDED = "the answer ended"
BROKEN = "the answer's packing is broken"
PART = "with a part of the file"
NOT_HTTP = "the answer is not understood as HTTP (BadStatusLine)"
TOO_LONG = "a chunk is longer than announced"
NO_SIZE = "the length of a chunk is no number"
HEAVY = "more than 262144 bytes of headers"

FAILED = {
    "shorter than announced": (head(OK, f"Content-Length: {SIZE + 1}") + IMAGE, ENDED),
    "shorter than the unpacked file": (
        head(OK, "Content-Encoding: gzip", f"Content-Length: {SIZE * 2 + 1}") + gzip.compress(IMAGE * 2),
        ENDED,
    ),
    "shorter than announced, and gzip in name alone": (
        head(OK, "Content-Encoding: gzip", f"Content-Length: {SIZE + 1}") + IMAGE,
        ENDED,
    ),
    "shorter than announced twice": (head(OK, f"Content-Length: {SIZE + 1}, {SIZE + 1}") + IMAGE, ENDED),
    "shorter than announced after a bad header": (
        head(OK, "no header", f"Content-Length: {SIZE + 1}") + IMAGE,
        ENDED,
    ),
    "two lengths": (head(OK, LENGTH, "Content-Length: 5") + IMAGE, "two lengths contradict each other"),
    "no last chunk": (head(OK, CHUNKED) + chunks(*THREE)[:-5], ENDED),
    "half a chunk": (head(OK, CHUNKED) + chunks(*THREE)[:200], ENDED),
    "a last chunk without a line end": (head(OK, CHUNKED) + chunks(*THREE)[:-4], ENDED),
    "half a chunk with a fitting length": (head(OK, LENGTH, CHUNKED) + b"%x\r\n" % (SIZE * 2) + IMAGE, ENDED),
    "a chunk longer than its size": (head(OK, CHUNKED) + b"5\r\nabcdefg\r\n0\r\n\r\n", TOO_LONG),
    "a chunk size below zero": (head(OK, CHUNKED) + b"-5\r\nabcde\r\n0\r\n\r\n", NO_SIZE),
    "a chunk size as in Python": (head(OK, CHUNKED) + b"0x5\r\nabcde\r\n0\r\n\r\n", NO_SIZE),
    "no chunks": (head(OK, CHUNKED) + IMAGE, NO_SIZE),
    "endless chunk extension": (head(OK, CHUNKED) + b"5;" + b"x" * 20_000, "more than 16384 bytes before a chunk"),
    "endless trailers": (head(OK, CHUNKED) + chunks(IMAGE)[:-2] + b"x: y\r\n" * 50_000, HEAVY),
    "cut within the headers": (head(OK, LENGTH)[:-3], "the connection broke off"),
    "cut after a 103": (head("HTTP/1.1 103 x"), "the connection broke off"),
    "257 headers": (answer(*["X: y"] * 256), "more than 256 headers"),
    "a head of more than 256 KiB": (answer("X: " + "y" * 262_144), HEAVY),
    "many folds": (head(OK, "X: y", *[" "] * 100_000) + IMAGE, HEAVY),
    "101 interim answers": (head("HTTP/1.1 103 Early Hints") * 101 + answer(), "more than 100 interim answers"),
    "another protocol after 101": (answer(status="HTTP/1.1 101 Switching Protocols"), "the server answered 101"),
    "a status of four digits": (answer(status="HTTP/1.1 2000 OK"), NOT_HTTP),
    "a status below 100": (answer(status="HTTP/1.1 099 OK"), NOT_HTTP),
    "HTTP/0.9": (IMAGE + b"\n", NOT_HTTP),
    "gzip cut short": (packed("gzip", GZIP[:-20]), "the packed answer ended before its end"),
    "gzip cut to its first bytes": (packed("gzip", GZIP[:2]), BROKEN),
    "a second member cut short": (packed("gzip", MEMBERS[:-20]), "the packed answer ended before its end"),
    "gzip cut within its header": (packed("gzip", GZIP[:9]), BROKEN),
    "gzip with a name without an end": (packed("gzip", GZIP[:3] + b"\x08" + b"a" * 20), BROKEN),
    "gzip broken inside": (packed("gzip", GZIP[:10] + b"\xff" * 20), BROKEN),
    "a second member broken inside": (packed("gzip", GZIP + GZIP[:10] + b"\xff" * 20), BROKEN),
    "zlib broken inside": (packed("deflate", deflated()[:2] + b"\xff" * 20), BROKEN),
    "gzip twice, cut inside": (packed("gzip, gzip", gzip.compress(GZIP[:-20])), "the packed answer ended before"),
    "zlib cut short": (packed("deflate", deflated()[:-20]), "the packed answer ended before its end"),
    "raw deflate cut short": (packed("deflate", RAW[:-20]), "the packed answer ended before its end"),
    "br": (packed("br", b"\x0b\x02\x80hello\x03"), "the answer is packed as br, which was not asked for"),
    "zstd": (packed("zstd", b"\x28\xb5\x2f\xfd"), "the answer is packed as zstd, which was not asked for"),
    "gzip, br": (packed("gzip, BR", GZIP), "the answer is packed as br, which was not asked for"),
    "br, gzip": (packed("br, gzip", GZIP), "the answer is packed as br, which was not asked for"),
    "six packings": (packed("gzip," * 6, GZIP), "the answer is packed more than 5 times"),
    "too many members": (packed("gzip", gzip.compress(b"") * 10_001), "the answer has more than 10000 gzip members"),
    "206": (answer(status="HTTP/1.1 206 Partial Content"), PART),
    "206 of the first bytes": (
        answer(f"Content-Range: bytes 0-{SIZE - 1}/{SIZE + 1}", status="HTTP/1.1 206 Partial Content"),
        PART,
    ),
    "206 of the last bytes": (
        answer(f"Content-Range: bytes 1-{SIZE}/{SIZE + 1}", status="HTTP/1.1 206 Partial Content"),
        PART,
    ),
    "206 of an unknown size": (
        answer(f"Content-Range: bytes 0-{SIZE - 1}/*", status="HTTP/1.1 206 Partial Content"),
        PART,
    ),
    "206 with a packed part": (
        head("HTTP/1.1 206 x", f"Content-Range: bytes 0-{SIZE}/{SIZE * 9}", "Content-Encoding: gzip", LENGTH) + GZIP,
        PART,
    ),
    "206 that says all and sends less": (
        answer(f"Content-Range: bytes 0-{SIZE - 1}/{SIZE}", body=HALF, status="HTTP/1.1 206 Partial Content"),
        PART,
    ),
    "200 with a part": (answer(f"Content-Range: bytes 0-{len(HALF) - 1}/{SIZE}", body=HALF), PART),
    "203 with a part": (
        answer(f"Content-Range: bytes 0-{len(HALF) - 1}/{SIZE}", body=HALF, status="HTTP/1.1 203 x"),
        PART,
    ),
    "226 with a difference": (answer("IM: vcdiff", status="HTTP/1.1 226 IM Used"), PART),
    "a refresh": (answer("Refresh: 0; url=/plain", body=b"", status="HTTP/1.1 403 x"), "the server answered 403"),
    "202": (answer(status="HTTP/1.1 202 Accepted"), "the server answered 202"),
    "five bytes before the status line": (b"12345" + answer(), NOT_HTTP),
    "304 unasked": (head("HTTP/1.1 304 Not Modified", LENGTH), "the server answered 304"),
}  # fmt: skip
