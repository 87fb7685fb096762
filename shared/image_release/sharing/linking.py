"""Verifies candidates by their pixels, and unites what is a copy of one another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from image_release.dedup import is_copy, may_be_copy
from image_release.fingerprint import Fingerprint
from image_release.sharing.families import NearImage, OpenFingerprints
from image_release.sharing.images import ImagesUnreadableError, pack, unpack
from image_release.sharing.prints import SHA_BYTES
from image_release.storage import Store
from image_release.values import Accommodation

Shas = NDArray[np.uint8]
Link = tuple[bytes, bytes]
"""An image, and the one that it is a copy of."""


@dataclass(frozen=True, slots=True)
class ToVerify:
    """An image, an accommodation that has it, and its candidates, the nearest first.

    Of `candidates` the first copy counts, of `beside` each one.
    """

    sha: bytes
    accommodation: Accommodation
    candidates: Sequence[NearImage]
    beside: Sequence[NearImage] = ()


class Verifier:
    """Compares images by their fingerprints, of which those that were read last are kept."""

    def __init__(self, state: Store) -> None:
        self._fingerprints = OpenFingerprints(state)

    def links(self, image: ToVerify) -> Iterator[Link]:
        """The image with the nearest candidate that is a copy of it, and with each copy beside it."""
        mine = self._fingerprints.of(image.sha, image.accommodation) if image.candidates or image.beside else None
        if mine is None:
            return
        copies = (candidate for candidate in image.candidates if self._is_copy(mine, candidate))
        for candidate in chain(islice(copies, 1), (other for other in image.beside if self._is_copy(mine, other))):
            yield image.sha, candidate.sha

    def _is_copy(self, mine: Fingerprint, candidate: NearImage) -> bool:
        theirs = self._fingerprints.of(candidate.sha, candidate.accommodation)
        return theirs is not None and may_be_copy(mine, theirs) and is_copy(mine, theirs)


def pack_links(links: Sequence[Link]) -> bytes:
    """Links as bytes."""
    return pack(links=np.frombuffer(b"".join(map(b"".join, links)), np.uint8).reshape(-1, 2 * SHA_BYTES))


def parse_links(data: bytes) -> Shas:
    """(n, 64): links that were packed. Raises ImagesUnreadableError."""
    links = unpack(data).get("links")
    if links is None or links.dtype != np.uint8 or links.shape[1:] != (2 * SHA_BYTES,):
        raise ImagesUnreadableError("no links")
    return links


@dataclass(frozen=True, slots=True, eq=False)
class FamilyMap:
    """The families of copies: SHA-256 of each image (n, 32), sorted, and of the image that names its family."""

    shas: Shas
    families: Shas

    @classmethod
    def none(cls) -> FamilyMap:
        """No families."""
        return cls(np.empty((0, SHA_BYTES), np.uint8), np.empty((0, SHA_BYTES), np.uint8))

    def packed(self) -> bytes:
        """As bytes."""
        return pack(shas=self.shas, families=self.families)

    @classmethod
    def parsed(cls, data: bytes) -> FamilyMap:
        """Read back what was packed. Raises ImagesUnreadableError."""
        arrays = unpack(data)
        found = arrays.get("shas"), arrays.get("families")
        if any(item is None or item.dtype != np.uint8 or item.shape[1:] != (SHA_BYTES,) for item in found):
            raise ImagesUnreadableError("no families")
        if len(arrays["shas"]) != len(arrays["families"]):
            raise ImagesUnreadableError("the arrays do not fit together")
        return cls(arrays["shas"], arrays["families"])

    def of(self, shas: Shas) -> Shas:
        """(n, 32): the family of each image; one that is a copy of no other is a family of its own."""
        if not len(self.shas) or not len(shas):
            return shas
        mine, known = _whole(shas), _whole(self.shas)
        place = np.minimum(np.searchsorted(known, mine), len(known) - 1)
        found = shas.copy()
        has_family = known[place] == mine
        found[has_family] = self.families[place[has_family]]
        return found

    def members(self) -> Callable[[bytes], list[bytes]]:
        """What tells the images of a family."""
        order = np.argsort(_whole(self.families), kind="stable")
        families = _whole(self.families)[order]

        def of_family(family: bytes) -> list[bytes]:
            first, end = (np.searchsorted(families, np.bytes_(family), side) for side in ("left", "right"))
            return [self.shas[image].tobytes() for image in order[first:end].tolist()]

        return of_family

    def joined_by(self, links: Iterable[Shas]) -> FamilyMap:
        """The families after some more links, whatever their order: what is linked is one family."""
        edges = np.concatenate([np.concatenate([self.shas, self.families], axis=1), *links])
        if not len(edges):
            return self
        both = np.ascontiguousarray(edges).reshape(-1, SHA_BYTES)
        names, numbers = np.unique(_whole(both), return_inverse=True)
        label = _components(len(names), *numbers.reshape(-1, 2).T)
        shas = names.view(np.uint8).reshape(-1, SHA_BYTES)
        return FamilyMap(shas, shas[label])


def _components(count: int, one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    """(count,): for each node the smallest one that edges lead to."""
    label = np.arange(count)
    while True:
        smaller = np.minimum(label[one], label[other])
        before = label.copy()
        np.minimum.at(label, label[one], smaller)
        np.minimum.at(label, label[other], smaller)
        label = label[label]
        if np.array_equal(before, label):
            return label


def _whole(shas: Shas) -> NDArray[np.bytes_]:
    return np.ascontiguousarray(shas).view(f"S{SHA_BYTES}").ravel()
