"""JPEG: where it ends, what lacks pixels, and what its metadata cannot break."""

import io
import struct
from collections.abc import Iterator

import numpy as np
from PIL import Image

from image_release.outcomes import Outcome
from tests.odd_images.cases import Case, encoded, scene

END = b"\xff\xd9"
PICTURE = scene()
PLAIN = encoded(PICTURE, "JPEG", quality=92)
PROGRESSIVE = encoded(PICTURE, "JPEG", quality=92, progressive=True)
RESTARTS = encoded(PICTURE, "JPEG", quality=92, restart_marker_rows=1)
OTHER = encoded(scene(2), "JPEG")
BODY = PLAIN[20:]
"""What follows SOI and JFIF's segment."""
SCANS_LIKE = b"\xff\xda\0\x08" * 50_000


def segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def headed(*segments: bytes) -> bytes:
    return PLAIN[:20] + b"".join(segments) + BODY


def exif(turn: int) -> bytes:
    return b"Exif\0\0II*\0" + struct.pack("<LHHHLHHL", 8, 1, 0x112, 3, 1, turn, 0, 0)


def last_scan(data: bytes) -> int:
    """Where the tables of the last scan begin."""
    return data.rindex(b"\xff\xc4", 0, data.rindex(b"\xff\xda"))


def without_adobe(data: bytes) -> bytes:
    at = data.index(b"\xff\xee")
    return data[:at] + data[at + 2 + struct.unpack_from(">H", data, at + 2)[0] :]


def cases() -> Iterator[Case]:
    truth = np.asarray(Image.open(io.BytesIO(PLAIN)))
    for name, data in WHOLE.items():
        yield Case(f"jpeg {name}", "JPEG", data, truth=truth)
    surplus = PROGRESSIVE[:-2] + PROGRESSIVE[last_scan(PROGRESSIVE) : -2] * 30 + END
    yield Case("jpeg scans behind the last one", "JPEG", surplus, truth=truth, tolerance=6)
    for name, data in UNENDED.items():  # Chromium goes on waiting for the end of these
        yield Case(f"jpeg {name}", "JPEG", data, truth=truth, in_chromium=False)
    for name, data in CUT.items():
        yield Case(f"jpeg {name}", "JPEG", data, Outcome.TRUNCATED)
    for turn in range(2, 9):
        yield Case(f"jpeg turned {turn}", "JPEG", headed(segment(0xE1, exif(turn))))
    inks = encoded(PICTURE.convert("CMYK"), "JPEG", quality=92)
    yield Case("jpeg inks", "JPEG", inks)
    yield Case("jpeg inks without Adobe's segment", "JPEG", without_adobe(inks))
    at = inks.index(b"Adobe") + 11
    yield Case("jpeg inks as brightness and colour differences", "JPEG", inks[:at] + b"\2" + inks[at + 1 :])
    yield Case("jpeg colours without transform", "JPEG", encoded(PICTURE, "JPEG", quality=92, keep_rgb=True))
    yield Case("jpeg grey", "JPEG", encoded(PICTURE.convert("L"), "JPEG", quality=92))
    grey_end = PICTURE.copy()
    grey_end.paste((128, 128, 128), (300, 200, 360, 240))
    yield Case("jpeg that ends in grey", "JPEG", encoded(grey_end, "JPEG", quality=92))


THUMBNAIL_LIKE = segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\0\0" + b"\xff\xda\0\x08" * 10_000 + END)
WHOLE = {
    "plain": PLAIN,
    "progressive": PROGRESSIVE,
    "with restarts": RESTARTS,
    "rubbish behind the end": PLAIN + b"rubbish" * 1_000,
    "what looks like scans behind the end": PLAIN + SCANS_LIKE,
    "a second image behind the end": PLAIN + OTHER,
    "what looks like scans in a thumbnail": headed(THUMBNAIL_LIKE),
    "a short JFIF": PLAIN[:2] + segment(0xE0, b"JFIF\0") + BODY,
    "no JFIF": PLAIN[:2] + BODY,
    "a short segment of Adobe": headed(segment(0xEE, b"Adobe\0")),
    "broken EXIF": headed(segment(0xE1, b"Exif\0\0II*\0\xff\xff\xff\xff")),
    "EXIF of nothing": headed(segment(0xE1, b"Exif\0\0")),
    "half a profile": headed(segment(0xE2, b"ICC_PROFILE\0\1\2" + b"x" * 100)),
    "a profile without a number": headed(segment(0xE2, b"ICC_PROFILE\0")),
    "broken data of Photoshop": headed(segment(0xED, b"Photoshop 3.0\x008BIM\4\4\xff")),
    "a broken index of images": headed(segment(0xE2, b"MPF\0II*\0\xff\xff")),
    "an empty comment": headed(segment(0xFE, b"")),
    "rubbish between segments": headed(b"rubbish"),
    "fill bytes before a marker": headed(b"\xff" * 9),
}
UNENDED = {
    "no end": PLAIN[:-2],
    "half an end": PLAIN[:-1],
    "progressive without end": PROGRESSIVE[:-2],
    "restarts without end": RESTARTS[:-2],
    "no end, and zeros": PLAIN[:-2] + bytes(5_000),
    "no end, and an error page": PLAIN[:-2] + b"<html><p>The server is back soon.</p></html>" * 2_000,
    "no end, and what looks like scans": PLAIN[:-2] + SCANS_LIKE,
    "no end, and a second image": PLAIN[:-2] + OTHER,
    "no end, and a comment": PLAIN[:-2] + segment(0xFE, b"the end"),
}
CUT = {
    "half": PLAIN[: len(PLAIN) // 2],
    "half with an end": PLAIN[: len(PLAIN) // 2] + END,
    "half, and zeros": PLAIN[: len(PLAIN) // 2] + bytes(20_000),
    "half, and an error page": PLAIN[: len(PLAIN) // 2] + b"<html><p>The server is back soon.</p></html>" * 2_000,
    "half, and a second image": PLAIN[: len(PLAIN) // 2] + OTHER,
    "nine tenths with an end": PLAIN[: len(PLAIN) * 9 // 10] + END,
    "without its last 12 bytes": PLAIN[:-14],
    "without its last 12 bytes, with an end": PLAIN[:-40] + END,
    "progressive half": PROGRESSIVE[: len(PROGRESSIVE) // 2],
    "progressive half with an end": PROGRESSIVE[: len(PROGRESSIVE) // 2] + END,
    "progressive without its last scan": PROGRESSIVE[: last_scan(PROGRESSIVE)],
    "progressive without its last bytes": PROGRESSIVE[:-14],
    "restarts without the last ones": RESTARTS[: len(RESTARTS) * 8 // 10],
    "restarts without the last ones, with an end": RESTARTS[: len(RESTARTS) * 8 // 10] + END,
    "the header alone": PLAIN[: PLAIN.index(b"\xff\xda")],
    "the header with an end": PLAIN[: PLAIN.index(b"\xff\xda")] + END,
    "an end alone": PLAIN[:2] + END,
}
