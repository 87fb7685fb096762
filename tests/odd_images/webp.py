"""WebP: containers that are wrong around pixels that are right."""

import struct
from collections.abc import Iterator

import numpy as np
from PIL import Image

from image_release.outcomes import Outcome
from tests.odd_images.cases import HEIGHT, WIDTH, Case, encoded, scene
from tests.odd_images.png_colours import swapped_profile

PICTURE = scene()
LOSSLESS = encoded(PICTURE, "WEBP", lossless=True)
ORIENTATION = b"II*\0" + struct.pack("<LHHHLHHL", 8, 1, 0x112, 3, 1, 1, 0, 0)
EXTENDED = encoded(PICTURE, "WEBP", lossless=True, exif=ORIENTATION)


def stating(data: bytes, length: int) -> bytes:
    return data[:4] + struct.pack("<L", length) + data[8:]


def cases() -> Iterator[Case]:
    truth = np.asarray(PICTURE)
    for name, data in {
        "lossless": LOSSLESS,
        "rubbish behind the end": LOSSLESS + b"rubbish" * 99,
        "an unknown chunk": EXTENDED + b"abcd\4\0\0\0data",
    }.items():
        yield Case(f"webp {name}", "WEBP", data, truth=truth)
    for name, data in {  # Chromium waits for the rest, or gives up
        "a length that is too great": stating(LOSSLESS, len(LOSSLESS) + 100),
        "a length that is too small": stating(LOSSLESS, len(LOSSLESS) - 100),
        "a length of zero": stating(LOSSLESS, 0),
        "EXIF that breaks off": EXTENDED[:-8],
    }.items():
        yield Case(f"webp {name}", "WEBP", data, truth=truth, in_chromium=False)
    yield Case("webp lossy", "WEBP", encoded(PICTURE, "WEBP", quality=92))
    profile = swapped_profile()
    yield Case("webp with a profile", "WEBP", encoded(PICTURE, "WEBP", lossless=True, icc_profile=profile))
    broken = encoded(PICTURE, "WEBP", lossless=True, icc_profile=b"rubbish!" * 9)
    yield Case("webp with a broken profile", "WEBP", broken, truth=truth)
    holes = PICTURE.copy()
    holes.putalpha(Image.linear_gradient("L").resize((WIDTH, HEIGHT)))
    yield Case("webp lossless with alpha", "WEBP", encoded(holes, "WEBP", lossless=True))
    yield Case("webp lossy with alpha", "WEBP", encoded(holes, "WEBP", quality=92))
    moving = encoded(PICTURE, "WEBP", lossless=True, save_all=True, append_images=[scene(2)])
    yield Case("webp an animation", "WEBP", moving, truth=truth)
    for name, data in {
        "half": LOSSLESS[: len(LOSSLESS) // 2],
        "without its last 20 bytes": LOSSLESS[:-20],
        "the header alone": LOSSLESS[:30],
        "half with a length that fits": stating(LOSSLESS[: len(LOSSLESS) // 2 * 2 // 2], len(LOSSLESS) // 2 - 8),
    }.items():
        yield Case(f"webp {name}", "WEBP", data, Outcome.TRUNCATED)
