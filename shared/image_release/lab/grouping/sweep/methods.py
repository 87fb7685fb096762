"""The methods that a sweep compares: what each makes of a picture, and the thresholds that are tried.

Every method but ours makes a set of hashes of at most 64 bits of each image; two images are as far apart as their
nearest two hashes. For one hash that is its Hamming distance; for the 36 crops it is the published rule (any pair of
crops); for the crop-resistant hash it is ImageHash's own (any segment that matches).

ImageHash is a tool of measurement, not of the product: it is imported when one of its methods is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from types import ModuleType

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from image_release.fingerprint import crop_hashes

Hashes = NDArray[np.uint64]


class MethodUnavailableError(Exception):
    """A method that is unknown, or that needs a package that is not installed; the message says which."""


@dataclass(frozen=True, slots=True)
class Method:
    """`hashes` is None for ours, which compares pictures and not hashes; `thresholds` go from strict to loose."""

    name: str
    title: str
    unit: str
    thresholds: tuple[float, ...]
    hashes: Callable[[Image.Image], Hashes] | None
    package: str | None = None


def chosen(names: Sequence[str]) -> tuple[Method, ...]:
    """The methods of these names, all for none. Raises MethodUnavailableError."""
    unknown = [name for name in names if name not in METHODS]
    if unknown:
        raise MethodUnavailableError(f"no method {', '.join(unknown)}; there are {', '.join(METHODS)}")
    methods = tuple(METHODS[name] for name in dict.fromkeys(names or METHODS))
    needing = [method.name for method in methods if method.package == "imagehash"]
    if needing:
        try:
            _imagehash()
        except ImportError as error:
            free = ", ".join(name for name, method in METHODS.items() if method.package is None)
            raise MethodUnavailableError(
                f"{', '.join(needing)}: needs ImageHash, which is no part of the product: `pip install imagehash`, "
                f"or choose among --methods {free}"
            ) from error
    return methods


def distances(sets: Sequence[Hashes]) -> NDArray[np.uint8]:
    """(n, n): the smallest Hamming distance of any hash of one image to any of another."""
    found = np.full((len(sets), len(sets)), 64, np.uint8)
    if not sets:
        return found
    starts = np.cumsum([0, *(len(hashes) for hashes in sets)])[:-1]
    everything = np.concatenate(sets)
    for row, hashes in enumerate(sets):
        nearest = np.bitwise_count(hashes[:, None] ^ everything[None]).min(axis=0)
        found[row] = np.minimum.reduceat(nearest, starts)
    return found


@cache
def _imagehash() -> ModuleType:
    import imagehash

    module: ModuleType = imagehash
    return module


def _one(function: str) -> Callable[[Image.Image], Hashes]:
    def hashes(picture: Image.Image) -> Hashes:
        return _packed([getattr(_imagehash(), function)(picture).hash])

    return hashes


def _segments(picture: Image.Image) -> Hashes:
    return _packed([segment.hash for segment in _imagehash().crop_resistant_hash(picture).segment_hashes])


def _packed(bits: Sequence[NDArray[np.bool_]]) -> Hashes:
    """Hashes of up to 64 bits as numbers, without repetitions."""
    numbers = [int("".join("01"[bit] for bit in each.ravel().tolist()), 2) for each in bits]
    return np.unique(np.array(numbers, np.uint64))


def _crops_phash(picture: Image.Image) -> Hashes:
    return np.unique(crop_hashes(picture.convert("L"), "phash"))


def _crops_dhash(picture: Image.Image) -> Hashes:
    return np.unique(crop_hashes(picture.convert("L"), "dhash"))


def _hashing(name: str, title: str, most: int, hashes: Callable[[Image.Image], Hashes], package: str | None) -> Method:
    return Method(name, title, "bits that may differ", tuple(float(bits) for bits in range(most + 1)), hashes, package)


OURS = "ours"
SHIFTS = tuple(half / 2 for half in range(10, -8, -1))
"""By how much all thresholds of `settings.grouping` are moved, strict to loose."""
METHODS = {
    method.name: method
    for method in (
        _hashing("phash", "pHash", 24, _one("phash"), "imagehash"),
        _hashing("dhash", "dHash", 24, _one("dhash"), "imagehash"),
        _hashing("ahash", "aHash", 24, _one("average_hash"), "imagehash"),
        _hashing("whash", "wHash", 24, _one("whash"), "imagehash"),
        _hashing("colorhash", "colour hash", 12, _one("colorhash"), "imagehash"),
        _hashing("crop-resistant", "crop-resistant hash", 16, _segments, "imagehash"),
        _hashing("crops-phash", "36 crops, pHash (published)", 16, _crops_phash, None),
        _hashing("crops-dhash", "36 crops, dHash (published)", 16, _crops_dhash, None),
        Method(OURS, "registration (ours)", "shift of all scores in settings.grouping", SHIFTS, None),
    )
}
