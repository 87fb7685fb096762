"""GIF: ends that are missing, and frames that are smaller than their canvas."""

import struct
from collections.abc import Iterator

import numpy as np

from image_release.outcomes import Outcome
from tests.odd_images.cases import HEIGHT, WIDTH, Case, encoded, scene

PICTURE = scene().quantize(64, dither=0)
PLAIN = encoded(PICTURE, "GIF", interlace=0)
IMAGE_AT = PLAIN.index(b"," + bytes(4) + struct.pack("<HH", WIDTH, HEIGHT))


def cases() -> Iterator[Case]:
    truth = np.asarray(PICTURE.convert("RGB"))
    for name, data in {
        "plain": PLAIN,
        "interlaced": encoded(PICTURE, "GIF", interlace=1),
        "no trailer": PLAIN[:-1],
        "no end of blocks": PLAIN[:-2],
        "rubbish behind the end": PLAIN + b"rubbish" * 99,
        "a comment": PLAIN[:IMAGE_AT] + b"!\xfe\3abc\0" + PLAIN[IMAGE_AT:],
        "an unknown extension": PLAIN[:IMAGE_AT] + b"!\x77\3abc\0" + PLAIN[IMAGE_AT:],
        "an animation": encoded(PICTURE, "GIF", save_all=True, append_images=[scene(2).quantize(64)]),
    }.items():
        yield Case(f"gif {name}", "GIF", data, truth=truth)
    wide = struct.pack("<HH", WIDTH + 80, HEIGHT + 60)
    placed = PLAIN[:6] + wide + PLAIN[10:IMAGE_AT] + b"," + struct.pack("<HH", 40, 30) + PLAIN[IMAGE_AT + 5 :]
    yield Case("gif a frame that is smaller than its canvas", "GIF", placed)
    hole = PICTURE.getpixel((180, 120))
    yield Case("gif with a transparent colour", "GIF", encoded(PICTURE, "GIF", transparency=hole))
    short = encoded(PICTURE.crop((0, 0, WIDTH, HEIGHT - 9)), "GIF", interlace=0)
    sides = struct.pack("<HH", WIDTH, HEIGHT), struct.pack("<HH", WIDTH, HEIGHT - 9)
    yield Case("gif nine rows too few", "GIF", short.replace(sides[1], sides[0]), Outcome.TRUNCATED)
    for name, data in {"half": PLAIN[: len(PLAIN) // 2], "the header alone": PLAIN[:IMAGE_AT]}.items():
        yield Case(f"gif {name}", "GIF", data, Outcome.TRUNCATED)
