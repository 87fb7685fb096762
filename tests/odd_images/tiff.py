"""TIFF, which Chromium does not show: its truth is known by arithmetic."""

import struct
from collections.abc import Iterator

import numpy as np
from PIL import Image

from image_release.outcomes import Outcome
from tests.odd_images.cases import HEIGHT, WIDTH, Case, encoded, scene

PICTURE = scene()
GREY = np.asarray(PICTURE.convert("L"))
PLAIN = encoded(PICTURE, "TIFF")


def tiff(samples: np.ndarray, bits: int, photometric: int, order: str = "<", sample_format: int = 1) -> bytes:
    """A TIFF of one strip of grey samples."""
    data = samples.tobytes()
    tags = ((256, 4, WIDTH), (257, 4, HEIGHT), (258, 3, bits), (259, 3, 1), (262, 3, photometric), (273, 4, 8))
    tags += ((277, 3, 1), (278, 4, HEIGHT), (279, 4, len(data)), (339, 3, sample_format))
    table = b"".join(
        struct.pack(f"{order}HHLHH" if kind == 3 else f"{order}HHLL", tag, kind, 1, value, *([0] if kind == 3 else []))
        for tag, kind, value in tags
    )
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}L", 8 + len(data))
    return head + data + struct.pack(f"{order}H", len(tags)) + table + bytes(4)


def cases() -> Iterator[Case]:
    colours, grey = np.asarray(PICTURE), GREY[..., None].repeat(3, axis=2)
    sixteen = GREY.astype(np.uint16) * 257
    shown = {
        "plain": (PLAIN, colours),
        "rubbish behind the end": (PLAIN + b"rubbish" * 99, colours),
        "of 16 bits": (tiff(sixteen, 16, 1), grey),
        "of 16 bits, highest byte first": (tiff(sixteen.astype(">u2"), 16, 1, ">"), grey),
        "of 16 bits whose white is zero": (tiff(65_535 - sixteen, 16, 0), grey),
        "of 16 bits whose white is zero, highest byte first": (
            tiff((65_535 - sixteen).astype(">u2"), 16, 0, ">"),
            grey,
        ),
        "whose white is zero": (tiff(255 - GREY, 8, 0), grey),
        "of numbers up to 1": (tiff((GREY / 255).astype("<f4"), 32, 1, sample_format=3), grey),
        "of numbers up to 1 whose white is zero": (tiff((1 - GREY / 255).astype("<f4"), 32, 0, sample_format=3), grey),
    }
    for compression in ("tiff_lzw", "tiff_deflate", "packbits"):
        shown[f"packed by {compression}"] = (encoded(PICTURE, "TIFF", compression=compression), colours)
    for turn in range(2, 9):
        exif = Image.Exif()
        exif[0x112] = turn
        shown[f"turned {turn}"] = (encoded(PICTURE, "TIFF", exif=exif), upright(colours, turn))
    for name, (data, truth) in shown.items():
        yield Case(f"tiff {name}", "TIFF", data, truth=truth, in_chromium=False)
    yield Case("tiff inks", "TIFF", encoded(PICTURE.convert("CMYK"), "TIFF"), truth=colours, in_chromium=False)
    for name, data in {"half": PLAIN[: len(PLAIN) // 2], "the header alone": PLAIN[:8]}.items():
        yield Case(f"tiff {name}", "TIFF", data, Outcome.TRUNCATED)


def upright(levels: np.ndarray, turn: int) -> np.ndarray:
    """What a picture stored in one of EXIF's orientations looks like."""
    if turn in (2, 4, 3):
        return levels[:: -1 if turn in (3, 4) else 1, :: -1 if turn in (2, 3) else 1]
    sideways = levels.transpose(1, 0, 2)
    return sideways[:: -1 if turn in (7, 8) else 1, :: -1 if turn in (6, 7) else 1]
