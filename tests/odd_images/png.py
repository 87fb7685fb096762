"""PNG: chunks that decide about pixels, and those that do not."""

import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image

from image_release.outcomes import Outcome
from tests.odd_images.cases import HEIGHT, WIDTH, Case, encoded, scene

SIGNATURE = b"\x89PNG\r\n\x1a\n"
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def chunk(kind: bytes, data: bytes, checksum: bytes | None = None) -> bytes:
    right = struct.pack(">L", zlib.crc32(kind + data))
    return struct.pack(">L", len(data)) + kind + data + (right if checksum is None else checksum)


def png(samples: np.ndarray, bits: int, colour_type: int, *before: bytes, interlaced: bool = False) -> bytes:
    """A PNG of (height, width, channels) samples."""
    height, width, _ = samples.shape
    passes = [samples[y::dy, x::dx] for x, y, dx, dy in ADAM7] if interlaced else [samples]
    rows = b"".join(b"\0" + _packed(row, bits) for part in passes for row in part)
    head = struct.pack(">LLBBBBB", width, height, bits, colour_type, 0, 0, interlaced)
    return SIGNATURE + chunk(b"IHDR", head) + b"".join(before) + chunk(b"IDAT", zlib.compress(rows)) + END


def _packed(row: np.ndarray, bits: int) -> bytes:
    if bits >= 8:
        return row.astype(">u2" if bits == 16 else np.uint8).tobytes()
    each = np.unpackbits(row.reshape(-1, 1).astype(np.uint8), axis=1)[:, 8 - bits :]
    return np.packbits(each.reshape(-1)).tobytes()


END = chunk(b"IEND", b"")
PICTURE = np.asarray(scene())
PLAIN = png(PICTURE, 8, 2)
AT = PLAIN.index(b"IDAT") - 4
LENGTH = struct.unpack_from(">L", PLAIN, AT)[0]
PACKED = PLAIN[AT + 8 : AT + 8 + LENGTH]
ROWS = zlib.decompress(PACKED)
HEAD = PLAIN[:AT]
ORIENTATION = b"II*\0" + struct.pack("<LHHHLHHL", 8, 1, 0x112, 3, 1, 6, 0, 0)


def with_pixels(*chunks: bytes) -> bytes:
    return HEAD + b"".join(chunks) + END


def before(*chunks: bytes) -> bytes:
    return HEAD + b"".join(chunks) + PLAIN[AT:]


def after(*chunks: bytes) -> bytes:
    return PLAIN[: -len(END)] + b"".join(chunks) + END


def frame(number: int, width: int, height: int, left: int, top: int) -> bytes:
    return chunk(b"fcTL", struct.pack(">LLLLLHHBB", number, width, height, left, top, 1, 10, 0, 0))


def cases() -> Iterator[Case]:
    for name, data in (BESIDE | WHOLE).items():
        yield Case(f"png {name}", "PNG", data, truth=PICTURE)
    for name, data in BROKEN_ANIMATIONS.items():  # Chromium shows nothing, as if the rest were still to come
        yield Case(f"png {name}", "PNG", data, truth=PICTURE, in_chromium=False)
    for name, data in BROKEN.items():
        yield Case(f"png {name}", "PNG", data, Outcome.TRUNCATED)
    yield from animations()
    yield from kinds()


BESIDE = {
    "plain": PLAIN,
    "a comment with a wrong checksum": before(chunk(b"tEXt", b"Comment\0hi", b"\0\0\0\0")),
    "a comment without a keyword": before(chunk(b"tEXt", b"\0\0\0")),
    "2 MB of packed text": before(chunk(b"zTXt", b"note\0\0" + zlib.compress(bytes(2_000_000)))),
    "2 MB of packed international text": before(chunk(b"iTXt", b"n\0\1\0\0\0" + zlib.compress(bytes(2_000_000)))),
    "packed text that is no zlib stream": before(chunk(b"zTXt", b"note\0\0rubbish")),
    "packed text by an unknown method": before(chunk(b"zTXt", b"note\0\7rubbish")),
    "broken international text": before(chunk(b"iTXt", b"\xff\xfe")),
    "2,000 comments": before(chunk(b"tEXt", b"a\0b") * 2_000),
    "a profile that is no zlib stream": before(chunk(b"iCCP", b"p\0\0rubbish")),
    "a profile by an unknown method": before(chunk(b"iCCP", b"p\0\7" + zlib.compress(b"x" * 200))),
    "a profile of zeros": before(chunk(b"iCCP", b"p\0\0" + zlib.compress(bytes(500)))),
    "a profile of 6 MB": before(chunk(b"iCCP", b"p\0\0" + zlib.compress(bytes(6_000_000)))),
    "a profile without a name's end": before(chunk(b"iCCP", b"no end")),
    "broken EXIF": before(chunk(b"eXIf", b"II*\0\xff\xff\xff\xff")),
    "EXIF with a wrong checksum": before(chunk(b"eXIf", ORIENTATION, b"abcd")),
    "EXIF behind the pixels": after(chunk(b"eXIf", ORIENTATION)),
    "a short time": before(chunk(b"tIME", b"\7")),
    "a short density": before(chunk(b"pHYs", b"\7")),
    "a short gamma": before(chunk(b"gAMA", b"\0")),
    "a gamma of 0": before(chunk(b"gAMA", bytes(4))),
    "a gamma with a wrong checksum": before(chunk(b"gAMA", struct.pack(">L", 100_000), b"abcd")),
    "short chromaticities": before(chunk(b"cHRM", b"\0" * 9)),
    "an empty sRGB": before(chunk(b"sRGB", b"")),
    "an unknown ancillary chunk": before(chunk(b"quAb", b"x")),
    "a name that is no letters": before(chunk(b"t\1Xt", b"x")),
    "transparency with a wrong checksum": before(chunk(b"tRNS", PICTURE[0, 0].astype(">u2").tobytes(), b"abcd")),
    "transparency that breaks off": before(chunk(b"tRNS", b"\0\1")),
    "a broken comment behind the pixels": after(chunk(b"tEXt", b"x", b"abcd")),
    "2 MB of text behind the pixels": after(chunk(b"zTXt", b"n\0\0" + zlib.compress(bytes(2_000_000)))),
    "a comment behind the pixels that breaks off": PLAIN[: -len(END)] + b"\0\0\xff\xfftEXtshort",
    "no end": PLAIN[: -len(END)],
    "half an end": PLAIN[:-6],
    "an end with a wrong checksum": PLAIN[:-4] + b"abcd",
    "rubbish behind the end": PLAIN + b"\0rubbish\xff" * 1_000,
    "a second image behind the end": PLAIN + encoded(scene(2), "PNG"),
}
WHOLE = {
    "pixels without their own checksum": with_pixels(chunk(b"IDAT", PACKED[:-4])),
    "more rows than stated": with_pixels(chunk(b"IDAT", zlib.compress(ROWS + b"\0" * 5_000))),
    "a file that breaks off behind the last row": HEAD + chunk(b"IDAT", PACKED)[:-6],
    "pixels in pieces of 100 bytes": with_pixels(
        *(chunk(b"IDAT", PACKED[place : place + 100]) for place in range(0, LENGTH, 100))
    ),
    "empty pieces of pixels": with_pixels(chunk(b"IDAT", b""), chunk(b"IDAT", PACKED), chunk(b"IDAT", b"")),
    "an animation of no frames": before(chunk(b"acTL", bytes(8))),
    "a short animation": before(chunk(b"acTL", b"\0")),
}
BROKEN_ANIMATIONS = {
    "an animation without frames": before(chunk(b"acTL", struct.pack(">LL", 3, 0))),
    "frames in a wrong order": before(chunk(b"acTL", struct.pack(">LL", 2, 0)), frame(7, WIDTH, HEIGHT, 0, 0)),
    "a hidden frame without pixels": before(chunk(b"acTL", struct.pack(">LL", 1, 0)))[: -len(END)]
    + frame(0, WIDTH, HEIGHT, 0, 0)
    + END,
}
BROKEN = {
    "an advised palette with a wrong checksum": before(chunk(b"PLTE", b"abc", b"abcd")),
    "half": PLAIN[: len(PLAIN) // 2],
    "half with an end": with_pixels(chunk(b"IDAT", PACKED[: LENGTH // 2])),
    "one row too few": with_pixels(chunk(b"IDAT", zlib.compress(ROWS[: -(3 * WIDTH + 1)]))),
    "pixels with a wrong checksum": with_pixels(chunk(b"IDAT", PACKED, b"abcd")),
    "a header with a wrong checksum": PLAIN[:29] + b"abcd" + PLAIN[33:],
    "an unknown critical chunk": before(chunk(b"QUAB", b"x")),
    "pixels with a comment in between": with_pixels(
        chunk(b"IDAT", PACKED[: LENGTH // 2]), chunk(b"tEXt", b"a\0b"), chunk(b"IDAT", PACKED[LENGTH // 2 :])
    ),
    "no pixels": HEAD + END,
    "the header alone": HEAD,
    "no header": SIGNATURE + PLAIN[AT:],
    "a palette image without palette": png(PICTURE[..., :1] % 4, 8, 3),
    "a palette with a wrong checksum": png(PICTURE[..., :1] % 4, 8, 3, chunk(b"PLTE", bytes(range(12)), b"abcd")),
    "a comment that is longer than the file": before(b"\x7f\xff\xff\xfftEXt"),
}


def animations() -> Iterator[Case]:
    """Of an animation the first frame is shown, and what is not part of it is not."""
    first, second = scene(2), scene(3)
    hidden = encoded(scene(), "PNG", save_all=True, append_images=[first, second], default_image=True)
    yield Case("png a hidden default image", "PNG", hidden, truth=np.asarray(first))
    shown = encoded(scene(), "PNG", save_all=True, append_images=[first, second])
    yield Case("png an animation", "PNG", shown, truth=PICTURE)
    part = scene(4, 160, 120)
    pixels = zlib.compress(b"".join(b"\0" + row.tobytes() for row in np.asarray(part)))
    behind = frame(0, 160, 120, 80, 40) + chunk(b"fdAT", struct.pack(">L", 1) + pixels)
    data = before(chunk(b"acTL", struct.pack(">LL", 1, 0)))[: -len(END)] + behind + END
    truth = np.full_like(PICTURE, 255)
    truth[40:160, 80:240] = np.asarray(part)
    yield Case("png a hidden default image and a small frame", "PNG", data, truth=truth)


def kinds() -> Iterator[Case]:
    """Every bit depth and colour type, plain and interlaced."""
    grey = np.asarray(scene().convert("L"))[..., None]
    wide = PICTURE.astype(np.uint16) * 257
    alpha = np.linspace(0, 255, WIDTH).astype(np.uint8)[None, :, None].repeat(HEIGHT, axis=0)
    kinds_of = {
        "grey of 1 bit": (grey >> 7, 1, 0),
        "grey of 2 bits": (grey >> 6, 2, 0),
        "grey of 4 bits": (grey >> 4, 4, 0),
        "grey": (grey, 8, 0),
        "grey of 16 bits": (grey.astype(np.uint16) * 257, 16, 0),
        "grey with alpha": (np.dstack([grey, alpha]), 8, 4),
        "grey of 16 bits with alpha": (np.dstack([grey, alpha]).astype(np.uint16) * 257, 16, 4),
        "colours of 16 bits": (wide, 16, 2),
        "colours with alpha": (np.dstack([PICTURE, alpha]), 8, 6),
        "colours of 16 bits with alpha": (np.dstack([wide, alpha.astype(np.uint16) * 257]), 16, 6),
    }
    for name, (samples, bits, colour_type) in kinds_of.items():
        for interlaced in (False, True):
            data = png(samples, bits, colour_type, interlaced=interlaced)
            yield Case(f"png {name}{', interlaced' * interlaced}", "PNG", data)
    for bits in (1, 2, 4, 8):
        kept = min(bits, 4)
        palette = chunk(b"PLTE", bytes(range(0, 240, 5))[: 3 << kept][::-1])
        yield Case(f"png a palette of {bits} bits", "PNG", png(grey >> 8 - kept, bits, 3, palette))
    holes = chunk(b"tRNS", bytes([0, 128, 255]))
    yield Case("png a palette with alpha", "PNG", png(grey >> 4, 8, 3, palette, holes))
    for bits, value in ((1, 1), (2, 2), (4, 9), (8, 200), (16, 200 * 257)):
        samples = grey.astype(np.uint16) * 257 >> 16 - bits
        samples[60:120, 60:120] = value
        yield Case(
            f"png grey of {bits} bits with a transparent level",
            "PNG",
            png(samples, bits, 0, chunk(b"tRNS", struct.pack(">H", value))),
        )
    for bits, factor in ((8, 1), (16, 257)):
        samples = PICTURE.astype(np.uint16) * factor
        samples[60:120, 60:120] = (7 * factor, 250 * factor, 9 * factor)
        key = chunk(b"tRNS", struct.pack(">HHH", 7 * factor, 250 * factor, 9 * factor))
        yield Case(f"png colours of {bits} bits with a transparent one", "PNG", png(samples, bits, 2, key))
    for turn in range(2, 9):
        block = ORIENTATION.replace(struct.pack("<HH", 6, 0), struct.pack("<HH", turn, 0))
        yield Case(f"png turned {turn}", "PNG", before(chunk(b"eXIf", block)))
    image = Image.fromarray(PICTURE)
    yield Case("png optimised", "PNG", encoded(image, "PNG", optimize=True), truth=PICTURE)
