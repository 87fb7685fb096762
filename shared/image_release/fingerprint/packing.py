"""A fingerprint: all that grouping needs of an image's content, so that no image is decoded again to be compared.

It holds the 36 hashes of the published method, a small working image with its keypoints for registration, and cues
about the quality of the file. A packed fingerprint takes about 25 KB. Packed fingerprints are compressed plain arrays,
so reading them never runs code.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from image_release.decode import Draft, contrast
from image_release.fingerprint.arrays import UNREADABLE, all_arrays, first_arrays
from image_release.fingerprint.cues import COUNT, Cues, measure
from image_release.fingerprint.hashes import HASH_VERSION, Kind, crop_hashes
from image_release.fingerprint.keypoints import EVEN, MOST_POINTS, ODD, Keypoints, keypoints
from image_release.fingerprint.working_image import WorkingImage, working_image
from image_release.settings import FingerprintSettings

FINGERPRINT_VERSION = f"4-{HASH_VERSION}"
HASHES = 36
MOST_UNPACKED = 4_000_000
"""Maximum size of one fingerprint that somebody hands in, unpacked, in bytes. Ours have about 60,000."""
LEAST_SIDE = 8
"""Minimum side of the working image of a fingerprint that somebody hands in, in pixels."""
MOST_SIDE = 2_000
"""Maximum side of the working image of a fingerprint that somebody hands in, in pixels. Ours have about 200."""
COMPRESSION = 1
"""The fastest level of zlib. Higher levels hardly make grey images smaller."""


class FingerprintsUnreadableError(Exception):
    """The bytes are no packed fingerprints of this version."""


@dataclass(frozen=True, slots=True, eq=False)
class Fingerprint:
    """What grouping and the choice of the best image know of one content."""

    hashes: NDArray[np.uint64]
    """(36,): the hashes of the published method."""
    contrast: float
    """Standard deviation of the brightness, in grey levels."""
    working: WorkingImage
    keypoints: Keypoints
    cues: Cues
    hash_kind: Kind = "phash"
    """Which perceptual hash the hashes are."""


def fingerprint(draft: Draft, settings: FingerprintSettings) -> Fingerprint:
    """Make the fingerprint of a draft."""
    grey = draft.image.convert("L")
    working = working_image(grey)
    cues = measure(draft, np.asarray(grey), working.inside)
    return Fingerprint(
        hashes=crop_hashes(grey, settings.hash),
        contrast=contrast(draft),
        working=working,
        keypoints=keypoints(working.grey),
        cues=Cues.from_array(cues.to_array()),  # rounded to float32, as packing does
        hash_kind=settings.hash,
    )


def pack_fingerprints(fingerprints: Mapping[str, Fingerprint]) -> bytes:
    """Pack fingerprints, by SHA-256, into bytes; the same fingerprints give the same bytes."""
    shas = sorted(fingerprints)
    items = [fingerprints[sha256] for sha256 in shas]
    arrays = {
        "shas": np.array([list(bytes.fromhex(sha256)) for sha256 in shas], np.uint8).reshape(-1, 32),
        "hashes": np.array([item.hashes for item in items], np.uint64).reshape(-1, HASHES),
        "numbers": np.array([[item.contrast, *item.working.inside] for item in items], np.float64).reshape(-1, 5),
        "cues": np.array([item.cues.to_array() for item in items], np.float32).reshape(-1, COUNT),
        "shapes": np.array([[*item.working.grey.shape, len(item.keypoints.places)] for item in items]).reshape(-1, 3),
        "grey": _joined([item.working.grey.ravel() for item in items], np.uint8),
        "places": _joined([item.keypoints.places.ravel() for item in items], np.float32),
        "even": _joined([item.keypoints.even.ravel() for item in items], np.int8),
        "odd": _joined([item.keypoints.odd.ravel() for item in items], np.int8),
    }
    if any(item.hash_kind != "phash" for item in items):  # otherwise the bytes are those of all stored fingerprints
        arrays["dhashes"] = np.array([item.hash_kind == "dhash" for item in items], np.bool_)
    out = io.BytesIO()
    np.savez(out, allow_pickle=False, **arrays)  # type: ignore[arg-type]  # numpy's stub mistakes the arrays for it
    del arrays  # compressing needs the memory
    return zlib.compress(out.getvalue(), COMPRESSION)


def unpack_fingerprints(data: bytes) -> dict[str, Fingerprint]:
    """Unpack fingerprints, by SHA-256. Raises FingerprintsUnreadableError if the bytes are none of this version."""
    try:
        return _fingerprints(all_arrays(zlib.decompress(data)))
    except UNREADABLE as error:
        raise FingerprintsUnreadableError(str(error)) from error


def unpack_hashes(data: bytes) -> dict[str, NDArray[np.uint64]]:
    """Unpack the 36 hashes alone, by SHA-256. Raises FingerprintsUnreadableError if they cannot be read.

    They lie at the beginning, so what follows is neither unpacked nor checked.
    """
    try:
        shas, hashes = first_arrays(data, ("shas", "hashes"))
        shas, hashes = shas.astype(np.uint8, copy=False), hashes.astype(np.uint64, copy=False)
        if hashes.shape != (len(shas), HASHES):
            raise ValueError("the arrays do not fit together")
        return {sha.tobytes().hex(): own for sha, own in zip(shas, hashes, strict=True)}
    except UNREADABLE as error:
        raise FingerprintsUnreadableError(str(error)) from error


def unpack_one(data: bytes, sha256: str) -> Fingerprint:
    """Unpack the one fingerprint that somebody handed in, within limits of size. Raises FingerprintsUnreadableError."""
    try:
        unpacker = zlib.decompressobj()
        plain = unpacker.decompress(data, MOST_UNPACKED)
        with zipfile.ZipFile(io.BytesIO(plain)) as packed:
            size = sum(entry.file_size for entry in packed.infolist())
        if not unpacker.eof or size > MOST_UNPACKED:
            raise FingerprintsUnreadableError(f"it is larger than {MOST_UNPACKED} bytes or cut short")
        found = unpack_fingerprints(data)
    except UNREADABLE as error:
        raise FingerprintsUnreadableError(str(error)) from error
    if found.keys() != {sha256}:
        raise FingerprintsUnreadableError("it is another image's")
    if not _is_plausible(found[sha256]):
        raise FingerprintsUnreadableError("its numbers are none that a fingerprint has")
    return found[sha256]


def _is_plausible(item: Fingerprint) -> bool:
    """Whether a fingerprint that somebody handed in can be compared with others."""
    height, width = item.working.grey.shape
    sized = min(height, width) >= LEAST_SIDE and max(height, width) <= MOST_SIDE and item.hashes.shape == (HASHES,)
    places = item.keypoints.places
    return sized and len(places) <= MOST_POINTS and bool(np.isfinite(places).all() and (places[:, 2] > 0).all())


def _fingerprints(arrays: dict[str, NDArray[np.generic]]) -> dict[str, Fingerprint]:
    shapes = arrays["shapes"].astype(np.int64)
    pixels, points = np.cumsum([0, *shapes[:, 0] * shapes[:, 1]]), np.cumsum([0, *shapes[:, 2]])
    grey, places = arrays["grey"].astype(np.uint8, copy=False), arrays["places"].astype(np.float32, copy=False)
    places = places.reshape(-1, 3)
    even = arrays["even"].astype(np.int8, copy=False).reshape(-1, EVEN)
    odd = arrays["odd"].astype(np.int8, copy=False).reshape(-1, ODD)
    hashes, cues = arrays["hashes"].astype(np.uint64, copy=False), arrays["cues"].astype(np.float32, copy=False)
    whole = len(grey) == pixels[-1] and len(places) == len(even) == len(odd) == points[-1]
    if not (whole and cues.shape[1:] == (COUNT,)):
        raise ValueError("the arrays do not fit together")
    dhashes = arrays.get("dhashes", np.zeros(len(hashes), np.bool_))
    result = {}
    for index, sha in enumerate(arrays["shas"].astype(np.uint8, copy=False)):
        height, width, _ = shapes[index]
        mine = slice(points[index], points[index + 1])
        contrast_, *inside = (float(number) for number in arrays["numbers"][index].astype(np.float64))
        result[sha.tobytes().hex()] = Fingerprint(
            hashes=hashes[index],
            contrast=contrast_,
            working=WorkingImage(
                grey[pixels[index] : pixels[index + 1]].reshape(height, width),
                (inside[0], inside[1], inside[2], inside[3]),
            ),
            keypoints=Keypoints(places[mine], even[mine], odd[mine]),
            cues=Cues.from_array(cues[index]),
            hash_kind="dhash" if dhashes[index] else "phash",
        )
    return result


def _joined(parts: list[NDArray[np.generic]], kind: type[np.generic]) -> NDArray[np.generic]:
    return np.concatenate(parts).astype(kind, copy=False) if parts else np.zeros(0, kind)
