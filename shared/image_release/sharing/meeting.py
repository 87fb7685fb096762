"""Brings images of all ranges together: the candidates of new images among those of some ranges.

The candidates of an image are those before it, and all that an earlier round compared. An image that another range has,
too, is compared there; only what lies in one hotel with it there is left to this one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from image_release.dedup import alike_at_a_glance
from image_release.fingerprint import UNREADABLE
from image_release.sharing.alike import alike
from image_release.sharing.families import MOST_CANDIDATES, NearImage
from image_release.sharing.images import Images, ImagesUnreadableError, pack, unpack
from image_release.sharing.prints import SHA_BYTES
from image_release.values import Accommodation

GLANCES_AT_ONCE = 4_000
"""Pairs that are looked at together; bounds the memory."""

_Owner = tuple[str, str]


@dataclass(slots=True)
class Meeting:
    """What is found of new images, by their numbers: candidates, and those that lie in one hotel with it elsewhere.

    `elsewhere` are the images that another range has before this one.
    """

    near: dict[int, dict[bytes, NearImage]] = field(default_factory=dict)
    beside: dict[int, dict[bytes, NearImage]] = field(default_factory=dict)
    elsewhere: set[int] = field(default_factory=set)

    def meet(self, new: Images, others: Images) -> None:
        """Add the candidates among the images of another range, or the same."""
        left, right, apart = alike(new.prints.hashes, others.prints.hashes)
        is_before = ~others.is_new[right] | (others.places[right] < new.places[left])
        left, right, apart = left[is_before], right[is_before], apart[is_before]
        twins = _twins(new, others)
        self.elsewhere |= twins.keys()
        for image, other, bits in _glanced(new, others, left, right, apart):
            if twins.get(image) == other or new.prints.name(image) == others.prints.name(other):
                continue
            self._add(new, others, image, other, bits, twins.get(image))

    def _add(self, new: Images, others: Images, image: int, other: int, bits: float, twin: int | None) -> None:
        sha, is_beside = others.prints.name(other), False
        if twin is not None:
            is_beside = others.prints.is_in_one_hotel_with(twin, others.prints, other)
        elif new.prints.is_in_one_hotel_with(image, others.prints, other):
            return
        kept = (self.beside if is_beside else self.near).setdefault(image, {})
        kept.setdefault(sha, NearImage(sha, others.prints.accommodation(other), bits))
        _bound(kept)

    def add(self, other: Meeting) -> None:
        """Add what another share found of the same images."""
        for mine, theirs in ((self.near, other.near), (self.beside, other.beside)):
            for image, found in theirs.items():
                kept = mine.setdefault(image, {})
                kept.update(found)
                _bound(kept)
        self.elsewhere |= other.elsewhere

    def candidates(self, image: int) -> list[NearImage]:
        """What an image is compared with by its pixels until one is a copy, the nearest first."""
        found = {} if image in self.elsewhere else self.near.get(image, {})
        return _nearest(found)[:MOST_CANDIDATES]

    def all_beside(self, image: int) -> list[NearImage]:
        """What an image is compared with in any case: nobody else compares these with it."""
        return _nearest(self.beside.get(image, {}))[:MOST_CANDIDATES]

    def packed(self) -> bytes:
        """As bytes."""
        owners: dict[_Owner, int] = {}
        numbers: list[tuple[int, int, int]] = []
        shas: list[bytes] = []
        apart: list[float] = []
        for is_beside, kept in enumerate((self.near, self.beside)):
            for image, found in kept.items():
                for candidate in _nearest(found)[:MOST_CANDIDATES]:
                    owner = (candidate.accommodation.partner_id, candidate.accommodation.accommodation_id)
                    numbers.append((image, is_beside, owners.setdefault(owner, len(owners))))
                    shas.append(candidate.sha)
                    apart.append(candidate.apart)
        return pack(
            owners=np.frombuffer(json.dumps(list(owners)).encode(), np.uint8),
            numbers=np.array(numbers, np.int64).reshape(-1, 3),
            shas=np.frombuffer(b"".join(shas), np.uint8).reshape(-1, SHA_BYTES),
            apart=np.array(apart, np.float32),
            elsewhere=np.array(sorted(self.elsewhere), np.int64),
        )

    @classmethod
    def parsed(cls, data: bytes, wanted: range) -> Meeting:
        """Read back what was packed of some images. Raises ImagesUnreadableError."""
        arrays = unpack(data)
        try:
            return cls._of(arrays, wanted)
        except UNREADABLE as error:
            raise ImagesUnreadableError(str(error)) from error

    @classmethod
    def _of(cls, arrays: dict[str, NDArray[Any]], wanted: range) -> Meeting:
        owners = [Accommodation(*owner) for owner in json.loads(arrays["owners"].tobytes())]
        found = cls(elsewhere=set(arrays["elsewhere"].tolist()).intersection(wanted))
        numbers = arrays["numbers"]
        if not len(numbers) == len(arrays["shas"]) == len(arrays["apart"]):
            raise ValueError("the arrays do not fit together")
        some = (numbers[:, 0] >= wanted.start) & (numbers[:, 0] < wanted.stop)
        for (image, is_beside, owner), sha, apart in zip(
            numbers[some].tolist(), arrays["shas"][some], arrays["apart"][some].tolist(), strict=True
        ):
            kept = (found.beside if is_beside else found.near).setdefault(image, {})
            kept[sha.tobytes()] = NearImage(sha.tobytes(), owners[owner], apart)
        return found


def meet(new: Images, others: Iterable[Images]) -> Meeting:
    """What is found of new images among those of some ranges."""
    found = Meeting()
    for images in others:
        found.meet(new, images)
    return found


def _bound(candidates: dict[bytes, NearImage]) -> None:
    """Drop those that are not among the nearest, now and then: that bounds the memory."""
    if len(candidates) > 2 * MOST_CANDIDATES:
        for found in _nearest(candidates)[MOST_CANDIDATES:]:
            del candidates[found.sha]


def _nearest(candidates: dict[bytes, NearImage]) -> list[NearImage]:
    return sorted(candidates.values(), key=lambda candidate: (candidate.apart, candidate.sha))


def _twins(new: Images, others: Images) -> dict[int, int]:
    """New image -> the same bytes in the other range, where that comes before or was compared by an earlier round."""
    known = others.prints
    wanted = {known.name(image): image for image in np.flatnonzero(known.known_in(new.prints)).tolist()}
    found = {}
    for image in np.flatnonzero(new.prints.known_in(known)).tolist():
        other = wanted[new.prints.name(image)]
        if not others.is_new[other] or others.places[other] < new.places[image]:
            found[image] = other
    return found


def _glanced(
    new: Images, others: Images, left: NDArray[np.int64], right: NDArray[np.int64], apart: NDArray[np.float32]
) -> Iterable[tuple[int, int, float]]:
    """Of pairs those that look alike at a glance."""
    for start in range(0, len(left), GLANCES_AT_ONCE):
        mine, theirs = left[start : start + GLANCES_AT_ONCE], right[start : start + GLANCES_AT_ONCE]
        alike_here = alike_at_a_glance(new.glances[mine], others.glances[theirs])
        bits = apart[start : start + GLANCES_AT_ONCE]
        yield from zip(mine[alike_here].tolist(), theirs[alike_here].tolist(), bits[alike_here].tolist(), strict=True)
