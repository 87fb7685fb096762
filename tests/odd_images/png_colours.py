"""PNG: what the samples mean, by the precedence of the specification, and profiles of grey."""

import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageCms

from tests.odd_images.cases import Case, encoded, linear, scene
from tests.odd_images.png import before, chunk, png

SRGB_XY = (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
P3_XY = (31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
ADOBE_XY = (31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000)
LINEAR = chunk(b"gAMA", struct.pack(">L", 100_000))
ORDINARY = chunk(b"gAMA", struct.pack(">L", 45_455))
SRGB = chunk(b"sRGB", b"\0")
D50 = (0.9642, 1.0, 0.8249)


def fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">l", round(value * 65_536)) for value in values)


def grey_profile(gamma: float) -> bytes:
    """A profile of grey, written by the rules of ICC and not by the program."""
    text = "grey".encode("utf-16-be")
    named = b"mluc\0\0\0\0" + struct.pack(">LL4sLL", 1, 12, b"enUS", len(text), 28) + text
    tags = {b"desc": named, b"cprt": named, b"wtpt": b"XYZ \0\0\0\0" + fixed(*D50)}
    tags[b"kTRC"] = b"para\0\0\0\0\0\0\0\0" + fixed(gamma)
    table, body, start = b"", b"", 132 + 12 * len(tags)
    for kind, data in tags.items():
        table += struct.pack(">4sLL", kind, start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = struct.pack(">L4sL", start + len(body), b"", 0x04300000) + b"mntrGRAYXYZ "
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + fixed(*D50)
    return head.ljust(128, b"\0") + struct.pack(">L", len(tags)) + table + body


def swapped_profile() -> bytes:
    """A profile whose red and green are exchanged."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"....").replace(b"gXYZ", b"rXYZ").replace(b"....", b"gXYZ")


def chromaticities(values: tuple[int, ...]) -> bytes:
    return chunk(b"cHRM", struct.pack(">8L", *values))


def cicp(*values: int) -> bytes:
    return chunk(b"cICP", bytes(values))


def icc(profile: bytes) -> bytes:
    return chunk(b"iCCP", b"p\0\0" + zlib.compress(profile))


def pq_signal(nits: np.ndarray) -> np.ndarray:
    """SMPTE ST 2084."""
    power = (nits / 10_000) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375


def hlg_signal(nits: np.ndarray) -> np.ndarray:
    """BT.2100's HLG for a screen of 1,000 cd/m²: the inverse of its OOTF, then its OETF."""
    luminance = nits @ np.array([0.2627, 0.678, 0.0593]) / 1_000
    scene_light = nits / 1_000 * np.maximum(luminance, 1e-6)[..., None] ** (1 / 1.2 - 1)
    bright = 0.17883277 * np.log(np.maximum(12 * scene_light - 0.28466892, 1e-9)) + 0.55991073
    return np.where(scene_light <= 1 / 12, np.sqrt(3 * scene_light), bright)


def cases() -> Iterator[Case]:
    picture = np.asarray(scene())
    own = {
        "the usual gamma": before(ORDINARY),
        "sRGB before gamma": before(LINEAR, SRGB),
        "sRGB before primaries": before(chromaticities(P3_XY), ORDINARY, SRGB),
        "cICP before all others": before(cicp(1, 13, 0, 1), icc(swapped_profile()), LINEAR),
        "primaries without gamma": before(chromaticities(P3_XY)),
        "cICP that is too short": before(cicp(12, 13)),
        "primaries that span nothing": before(ORDINARY, chromaticities((31270, 32900, *(30000, 30000) * 3))),
    }
    for name, data in own.items():
        yield Case(f"png {name}", "PNG", data, truth=picture)
    for name, chunks in {
        "the usual gamma and primaries": [ORDINARY, chromaticities(SRGB_XY)],
        "television's transfer in cICP": [cicp(1, 1, 0, 1)],
        "gamma 1": [LINEAR],
        "gamma 1 and primaries of P3": [LINEAR, chromaticities(P3_XY)],
        "the usual gamma and primaries of Adobe": [ORDINARY, chromaticities(ADOBE_XY)],
        "a broken profile before gamma": [chunk(b"iCCP", b"p\0\0rubbish"), LINEAR],
        "a profile before gamma": [icc(swapped_profile()), LINEAR],
        "a profile before sRGB": [icc(swapped_profile()), SRGB],
        "P3 in cICP": [cicp(12, 13, 0, 1)],
        "BT.2020 in cICP": [cicp(9, 13, 0, 1)],
        "linear light in cICP": [cicp(1, 8, 0, 1)],
        "P3 in cICP before a profile": [icc(swapped_profile()), cicp(12, 13, 0, 1)],
    }.items():
        yield Case(f"png {name}", "PNG", before(*chunks))
    differences = before(cicp(12, 13, 1, 1))  # Chromium refuses the file; the specification has the chunk ignored
    name = "png cICP of brightness and colour differences"
    yield Case(name, "PNG", differences, truth=picture, in_chromium=False)
    light = (linear(scene()) * 255 + 0.5).astype(np.uint8)
    yield Case("png linear light that states it", "PNG", png(light, 8, 2, LINEAR), truth=picture, tolerance=6)
    yield from of_grey()
    yield from of_high_range(picture)


def of_grey() -> Iterator[Case]:
    """A profile of grey counts with alpha, with a transparent level, and with 16 bits, as it does without."""
    grey = np.asarray(scene().convert("L"))[..., None]
    profile = grey_profile(1.8)
    shown = Image.fromarray(grey[..., 0])
    light = (grey / 255.0) ** 1.8
    srgb = np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055) * 255
    truth = np.round(srgb).astype(np.uint8).repeat(3, axis=2)
    opaque = np.full_like(grey, 255)
    files = {
        "": encoded(shown, "PNG", icc_profile=profile),
        " with alpha": png(np.dstack([grey, opaque]), 8, 4, icc(profile)),
        " with alpha of 16 bits": png(np.dstack([grey, opaque]).astype(np.uint16) * 257, 16, 4, icc(profile)),
        " with a transparent level": png(grey, 8, 0, icc(profile), chunk(b"tRNS", b"\0\0")),
        " of 16 bits": png(grey.astype(np.uint16) * 257, 16, 0, icc(profile)),
    }
    for name, data in files.items():
        yield Case(f"png a profile of grey{name}", "PNG", data, truth=truth)
    for name, data in {
        "grey with gamma 1": png(grey, 8, 0, LINEAR),
        "grey with alpha and gamma 1": png(np.dstack([grey, opaque]), 8, 4, LINEAR),
        "grey with a profile of colours": png(grey, 8, 0, icc(swapped_profile())),
    }.items():
        yield Case(f"png {name}", "PNG", data)


def of_high_range(picture: np.ndarray) -> Iterator[Case]:
    """Without highlights a picture in PQ or HLG looks as the plain one; Chromium darkens it for highlights to come."""
    nits = linear(scene()) * 203
    for name, signal, transfer in (("PQ", pq_signal(nits), 16), ("HLG", hlg_signal(nits), 18)):
        samples = np.round(signal * 65_535).astype(np.uint16)
        data = png(samples, 16, 2, cicp(1, transfer, 0, 1))
        yield Case(f"png {name}", "PNG", data, truth=picture, in_chromium=False, tolerance=8)
