"""The grouping methods that are compared: how each hashes an image, and which thresholds are tried.

Every method except ours makes a set of hashes of up to 64 bits for each image. The distance of two images is the
smallest Hamming distance of any two of their hashes. For the 36 crops this is the published rule (any pair of crops);
for the crop-resistant hash it is the rule of ImageHash (any matching segment).

The product does not need ImageHash, so it is imported only when one of its methods is chosen.
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
    """A method is unknown, or needs a package that is not installed. The message says which."""


@dataclass(frozen=True, slots=True)
class Method:
    """A grouping method. `hashes` is None for ours, which compares no hashes; `thresholds` go from strict to loose."""

    name: str
    title: str
    unit: str
    thresholds: tuple[float, ...]
    hashes: Callable[[Image.Image], Hashes] | None
    package: str | None = None


def choose_methods(names: Sequence[str]) -> tuple[Method, ...]:
    """The methods with these names; all methods if no name is given. Raises MethodUnavailableError."""
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
                f"{', '.join(needing)}: needs the extra `lab`: pip install 'image-release[lab]', or choose from "
                f"--methods {free}"
            ) from error
    return methods


def distances(sets: Sequence[Hashes]) -> NDArray[np.uint8]:
    """The smallest Hamming distance of any hash of one image to any hash of another; shape (n, n)."""
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


def _single_hash(function: str) -> Callable[[Image.Image], Hashes]:
    def hashes(image: Image.Image) -> Hashes:
        return _packed([getattr(_imagehash(), function)(image).hash])

    return hashes


def _segments(image: Image.Image) -> Hashes:
    return _packed([segment.hash for segment in _imagehash().crop_resistant_hash(image).segment_hashes])


def _packed(bits: Sequence[NDArray[np.bool_]]) -> Hashes:
    """Hashes of up to 64 bits as numbers, without duplicates."""
    numbers = [int("".join("01"[bit] for bit in each.ravel().tolist()), 2) for each in bits]
    return np.unique(np.array(numbers, np.uint64))


def _crops_phash(image: Image.Image) -> Hashes:
    return np.unique(crop_hashes(image.convert("L"), "phash"))


def _crops_dhash(image: Image.Image) -> Hashes:
    return np.unique(crop_hashes(image.convert("L"), "dhash"))


def _hash_method(
    name: str, title: str, max_bits: int, hashes: Callable[[Image.Image], Hashes], package: str | None
) -> Method:
    return Method(
        name, title, "bits that may differ", tuple(float(bits) for bits in range(max_bits + 1)), hashes, package
    )


SHIFTS = tuple(half / 2 for half in range(10, -8, -1))
"""Amounts by which all score thresholds of `settings.grouping` are moved, strict to loose."""
METHODS = {
    method.name: method
    for method in (
        _hash_method("phash", "pHash", 24, _single_hash("phash"), "imagehash"),
        _hash_method("dhash", "dHash", 24, _single_hash("dhash"), "imagehash"),
        _hash_method("ahash", "aHash", 24, _single_hash("average_hash"), "imagehash"),
        _hash_method("whash", "wHash", 24, _single_hash("whash"), "imagehash"),
        _hash_method("colorhash", "colour hash", 12, _single_hash("colorhash"), "imagehash"),
        _hash_method("crop-resistant", "crop-resistant hash", 16, _segments, "imagehash"),
        _hash_method("crops-phash", "36 crops, pHash (published)", 16, _crops_phash, None),
        _hash_method("crops-dhash", "36 crops, dHash (published)", 16, _crops_dhash, None),
        Method("ours", "registration (ours)", "shift of all scores in settings.grouping", SHIFTS, None),
    )
}
