"""Verifies candidates by their pixels, and unites what is a copy of one another.

Families of 100 million images have to fit into the memory of one invocation, so they are arrays of short names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from image_release.dedup import is_copy, may_be_copy
from image_release.fingerprint import Fingerprint
from image_release.sharing.families import NearImage, OpenFingerprints
from image_release.sharing.images import ImagesUnreadableError, pack, unpack
from image_release.storage import Store
from image_release.values import Accommodation

Link = tuple[bytes, bytes]
"""An image, and the one that it is a copy of."""
Names = NDArray[np.uint64]
Links = NDArray[np.uint64]
PREFIX_BYTES = 8
"""An image is named by so many bytes of its SHA-256. Of 100 million, two have one name in one of 3,700 cases."""
LINK_BYTES = 2 * PREFIX_BYTES
MOST_LINKS = 20_000_000
"""Maximum number of links that families are made of: so many need 1.1 GB."""
AT_ONCE = 1_000_000
"""Images that are worked on together; bounds the memory."""


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


def pack_links(links: Iterable[Link]) -> bytes:
    """Links as bytes, by the first 8 bytes of both images."""
    ends = b"".join(one[:PREFIX_BYTES] + other[:PREFIX_BYTES] for one, other in links)
    return join_links([np.frombuffer(ends, np.uint64).reshape(-1, 2)])


def join_links(parts: Sequence[Links]) -> bytes:
    """Links that were packed in parts as the bytes of one."""
    return pack(links=np.concatenate([np.empty((0, 2), np.uint64), *parts]))


def parse_links(data: bytes) -> Links:
    """(n, 2): links that were packed. Raises ImagesUnreadableError."""
    links = unpack(data).get("links")
    if links is None or links.dtype != np.uint64 or links.shape[1:] != (2,):
        raise ImagesUnreadableError("no links")
    return links


@dataclass(frozen=True, slots=True, eq=False)
class FamilyMap:
    """The families of copies: the names (n,) of all images that name no family, sorted, and of their families.

    An image is named by the first 8 bytes of its SHA-256, and a family by the smallest name of its images.
    """

    images: Names
    families: Names

    @classmethod
    def none(cls) -> FamilyMap:
        """No families."""
        return cls(np.empty(0, np.uint64), np.empty(0, np.uint64))

    def packed(self) -> bytes:
        """As bytes."""
        return pack(images=self.images, families=self.families)

    @classmethod
    def parsed(cls, data: bytes) -> FamilyMap:
        """Read back what was packed. Raises ImagesUnreadableError."""
        arrays = unpack(data)
        images, families = arrays.get("images"), arrays.get("families")
        if images is None or families is None or not images.dtype == families.dtype == np.uint64:
            raise ImagesUnreadableError("no families")
        if images.ndim != 1 or images.shape != families.shape:
            raise ImagesUnreadableError("the arrays do not fit together")
        return cls(images, families)

    def of(self, shas: NDArray[np.uint8]) -> Names:
        """(n,): the family of each image; one that is a copy of no other is a family of its own."""
        found = short_names(shas).copy()  # which may be the images themselves
        if len(self.images) and len(found):
            place = np.minimum(np.searchsorted(self.images, found), len(self.images) - 1)
            has_family = self.images[place] == found
            found[has_family] = self.families[place[has_family]]
        return found

    def joined_by(self, links: Iterable[Links]) -> tuple[FamilyMap, int]:
        """The families after some more links, whatever their order, and for how many links there was no room.

        What is linked is one family. There is room for the first links; those that were known already come before.
        """
        ends = bytearray(np.stack([self.images, self.families], axis=1).tobytes())
        left_out = 0
        for part in links:
            fitting = part[: max(0, MOST_LINKS - len(ends) // LINK_BYTES)]
            ends += fitting.tobytes()
            left_out += len(part) - len(fitting)
        names = np.sort(np.frombuffer(ends, np.uint64))
        names = names[: _without_repetitions(names)]
        label = _components(len(names), _numbered(names, ends))
        is_copy = np.flatnonzero(label != np.arange(len(names), dtype=np.uint32))
        return FamilyMap(names[is_copy], names[label[is_copy]]), left_out


def short_names(shas: NDArray[np.uint8]) -> Names:
    """(n,): the first 8 bytes of each SHA-256."""
    return np.ascontiguousarray(shas[:, :PREFIX_BYTES]).view(np.uint64).ravel()


def _without_repetitions(ordered: Names) -> int:
    """Move the different ones of ordered names to the front; returns how many they are."""
    is_first = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
    count = 0
    for part in _parts(len(ordered)):
        different = ordered[part][is_first[part]]
        ordered[count : count + len(different)] = different
        count += len(different)
    return count


def _numbered(names: Names, ends: bytearray) -> NDArray[np.uint32]:
    """(n, 2): the places of the ends of links among the names. The ends are forgotten."""
    wanted = np.frombuffer(ends, np.uint64)
    numbers = np.empty(len(wanted), np.uint32)
    for part in _parts(len(wanted)):
        numbers[part] = np.searchsorted(names, wanted[part])
    del wanted
    ends.clear()
    return numbers.reshape(-1, 2)


def _components(count: int, edges: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """(count,): for each node the smallest one that edges lead to.

    Each turn puts the larger end of each edge beneath a smaller one, and goes on with the edges between what is left.
    """
    label = np.arange(count, dtype=np.uint32)
    while len(edges):
        edges.sort(axis=1)
        for part in _parts(len(edges)):
            np.minimum.at(label, edges[part, 1], edges[part, 0])
        is_moving = True
        while is_moving:
            is_moving = False
            for part in _parts(count):
                above = label[label[part]]
                is_moving |= not np.array_equal(above, label[part])
                label[part] = above
        for part in _parts(len(edges)):
            edges[part] = label[edges[part]]
        edges = edges[edges[:, 0] != edges[:, 1]]
    return label


def _parts(count: int) -> Iterator[slice]:
    """The parts of so many items that are worked on together."""
    return (slice(start, start + AT_ONCE) for start in range(0, count, AT_ONCE))
