"""AVIF: turned, grey, transparent, of wide colours and of a high dynamic range."""

from collections.abc import Iterator

import numpy as np
from PIL import Image

from image_release.outcomes import Outcome
from tests.odd_images.cases import HEIGHT, WIDTH, Case, encoded, linear, scene
from tests.odd_images.png_colours import hlg_signal, pq_signal, swapped_profile

PICTURE = scene()
SPEED = {"speed": 10, "quality": 95, "subsampling": "4:4:4", "max_threads": 1}


def stating(data: bytes, primaries: int, transfer: int) -> bytes:
    """The same file with other numbers for its colours."""
    at = data.index(b"nclx") + 4
    return data[:at] + bytes([0, primaries, 0, transfer]) + data[at + 4 :]


def cases() -> Iterator[Case]:
    plain = encoded(PICTURE, "AVIF", **SPEED)
    truth = np.asarray(PICTURE)
    yield Case("avif plain", "AVIF", plain, truth=truth)
    yield Case("avif rubbish behind the end", "AVIF", plain + b"\0\0\0\7rubbish" * 9, truth=truth, in_chromium=False)
    for turn in range(2, 9):
        exif = Image.Exif()
        exif[0x112] = turn
        yield Case(f"avif turned {turn}", "AVIF", encoded(PICTURE, "AVIF", exif=exif, **SPEED))
    yield Case("avif grey", "AVIF", encoded(PICTURE.convert("L"), "AVIF", **SPEED))
    holes = PICTURE.copy()
    holes.putalpha(Image.linear_gradient("L").resize((WIDTH, HEIGHT)))
    share = np.asarray(holes.getchannel("A"), np.float64)[..., None] / 255
    on_white = truth * share + 255 * (1 - share)  # Chromium stretches this alpha from 16…235, which its file denies
    yield Case("avif with alpha", "AVIF", encoded(holes, "AVIF", **SPEED), truth=on_white, in_chromium=False)
    yield Case("avif with a profile", "AVIF", encoded(PICTURE, "AVIF", icc_profile=swapped_profile(), **SPEED))
    yield Case("avif of P3", "AVIF", stating(plain, 12, 13))
    yield Case("avif of BT.2020", "AVIF", stating(plain, 9, 13))
    yield Case("avif of television's transfer", "AVIF", stating(plain, 1, 1), truth=truth)
    nits = linear(PICTURE) * 203
    for name, signal, transfer in (("PQ", pq_signal(nits), 16), ("HLG", hlg_signal(nits), 18)):
        image = Image.fromarray(np.round(signal * 255).astype(np.uint8))
        data = stating(encoded(image, "AVIF", **SPEED), 1, transfer)
        yield Case(f"avif {name}", "AVIF", data, truth=truth, in_chromium=False, tolerance=12)
    for name, data in {"half": plain[: len(plain) // 2], "without its last bytes": plain[:-9]}.items():
        yield Case(f"avif {name}", "AVIF", data, Outcome.TRUNCATED)
