"""BMP: alpha that nobody filled in, masks, runs and sizes that are wrong."""

import struct
from collections.abc import Iterator

import numpy as np

from image_release.outcomes import Outcome
from tests.odd_images.cases import HEIGHT, WIDTH, Case, encoded, scene

PICTURE = np.asarray(scene())
PLAIN = encoded(scene(), "BMP")
MASKS = struct.pack("<LLLL", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)


def bmp(
    pixels: bytes, bits: int, header: bytes = b"", compression: int = 0, palette: bytes = b"", down: int = 1
) -> bytes:
    """A BMP of packed rows, the lowest first; `header` follows the 40 bytes that all have."""
    size = 40 + len(header)
    start = 14 + size + len(palette)
    head = struct.pack("<LiiHHLLiiLL", size, WIDTH, down * HEIGHT, 1, bits, compression, len(pixels), 0, 0, 0, 0)
    return b"BM" + struct.pack("<LHHL", start + len(pixels), 0, 0, start) + head + header + palette + pixels


def with_alpha(alpha: np.ndarray) -> bytes:
    return np.dstack([PICTURE[::-1, :, ::-1], alpha[::-1]]).tobytes()


def masked(levels: np.ndarray, masks: tuple[int, ...]) -> np.ndarray:
    """Pixels whose channels are where the masks say."""
    pixels = np.zeros(levels.shape[:2], np.uint32)
    for channel, mask in enumerate(masks):
        lowest = (mask & -mask).bit_length() - 1
        pixels |= levels[..., channel] * (mask >> lowest) // 255 << lowest
    return pixels


def cases() -> Iterator[Case]:
    empty, full = np.zeros((HEIGHT, WIDTH), np.uint8), np.full((HEIGHT, WIDTH), 255, np.uint8)
    fading = np.linspace(0, 255, WIDTH).astype(np.uint8)[None].repeat(HEIGHT, axis=0)
    fourth, fifth = MASKS + bytes(52), MASKS + b"BGRs" + bytes(64)
    grey = np.asarray(scene().convert("L"))
    palette = bytes(value for level in range(256) for value in (level, level // 2, 255 - level, 0))
    for name, data in {
        "plain": PLAIN,
        "version 5 with full alpha": bmp(with_alpha(full), 32, fifth, 3),
        "32 bits with an empty fourth byte": bmp(with_alpha(empty), 32),
        "32 bits with a fourth byte": bmp(with_alpha(fading), 32),
        "from the top down": bmp(PICTURE[..., ::-1].tobytes(), 24, down=-1),
        "rubbish behind the end": PLAIN + b"rubbish" * 99,
        "a length of zero": PLAIN[:2] + bytes(4) + PLAIN[6:],
        "a length of pixels that is wrong": PLAIN[:34] + b"\7\0\0\0" + PLAIN[38:],
    }.items():
        yield Case(f"bmp {name}", "BMP", data, truth=PICTURE)
    for version, header in ((4, fourth), (5, fifth)):  # this Chromium shows nothing; other programs show the picture
        data = bmp(with_alpha(empty), 32, header, 3)
        yield Case(f"bmp version {version} with empty alpha", "BMP", data, truth=PICTURE, in_chromium=False)
    yield Case("bmp version 5 with alpha", "BMP", bmp(with_alpha(fading), 32, fifth, 3))
    rgb = PICTURE[::-1].astype(np.uint16)
    five = (rgb[..., 0] >> 3 << 10 | rgb[..., 1] >> 3 << 5 | rgb[..., 2] >> 3).tobytes()
    six = (rgb[..., 0] >> 3 << 11 | rgb[..., 1] >> 2 << 5 | rgb[..., 2] >> 3).tobytes()
    yield Case("bmp 15 bits", "BMP", bmp(five, 16))
    yield Case("bmp 16 bits by masks", "BMP", bmp(six, 16, struct.pack("<LLL", 0xF800, 0x7E0, 0x1F), 3))
    for name, masks in {
        "red in the lowest byte": (0xFF, 0xFF00, 0xFF0000),
        "10 bits a channel": (0x3FF00000, 0xFFC00, 0x3FF),
        "7 bits a channel": (0x7F, 0x3F80, 0x1FC000),
    }.items():
        data = bmp(masked(rgb.astype(np.uint32), masks).astype("<u4").tobytes(), 32, struct.pack("<LLL", *masks), 3)
        yield Case(f"bmp {name}", "BMP", data)
    four = (0xF00, 0xF0, 0xF)
    small = masked(rgb.astype(np.uint32), four).astype("<u2").tobytes()
    yield Case("bmp 4 bits a channel", "BMP", bmp(small, 16, struct.pack("<LLL", *four), 3))
    yield Case("bmp a palette", "BMP", bmp(grey[::-1].tobytes(), 8, palette=palette))
    runs = b"".join(bytes([1, value]) for row in grey[::-1] for value in [*row.tolist()])
    rows = [runs[place : place + 2 * WIDTH] + b"\0\0" for place in range(0, len(runs), 2 * WIDTH)]
    yield Case("bmp runs", "BMP", bmp(b"".join(rows)[:-2] + b"\0\1", 8, compression=1, palette=palette))
    yield Case("bmp one bit", "BMP", encoded(scene().convert("1"), "BMP"))
    for name, data in {"half": PLAIN[: len(PLAIN) // 2], "one byte too few": PLAIN[:-1]}.items():
        yield Case(f"bmp {name}", "BMP", data, Outcome.TRUNCATED)
