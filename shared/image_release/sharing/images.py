"""The images of a range of hotels as one object: what each is compared by, and where it is."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from image_release.dedup import GLANCE_CROPS, GLANCE_SIDE, HASHES_INDEXED
from image_release.fingerprint import UNREADABLE, all_arrays
from image_release.sharing.prints import SHA_BYTES, Prints, Row

_GLANCE = (len(GLANCE_CROPS), GLANCE_SIDE**2)


class ImagesUnreadableError(Exception):
    """The bytes are no packed images."""


def pack(**arrays: NDArray[Any]) -> bytes:
    """Arrays as bytes."""
    out = io.BytesIO()
    np.savez(out, allow_pickle=False, **arrays)
    return out.getvalue()


def unpack(data: bytes) -> dict[str, NDArray[Any]]:
    """The arrays that `pack` was given. Raises ImagesUnreadableError."""
    try:
        return all_arrays(data)
    except UNREADABLE as error:
        raise ImagesUnreadableError(str(error)) from error


@dataclass(frozen=True, slots=True, eq=False)
class HeldImages:
    """Which images the hotels of a range have: all that were found are in `prints`.

    Of `hotels` all fingerprints were read, and the next round takes them from here. Others are read again.

    The hashes of these prints are not kept.
    """

    hotels: tuple[str, ...]
    prints: Prints

    def packed(self) -> bytes:
        """As bytes."""
        return pack(hotels=text_array(self.hotels), **_placed(self.prints))

    @classmethod
    def parsed(cls, data: bytes) -> HeldImages:
        """Read back what was packed. Raises ImagesUnreadableError."""
        arrays = unpack(data)
        try:
            hotels = tuple(map(str, json.loads(arrays["hotels"].tobytes())))
            shas = arrays["shas"].astype(np.uint8, copy=False).reshape(-1, SHA_BYTES)
            return cls(hotels, _prints(arrays, np.zeros((len(shas), HASHES_INDEXED), np.uint64)))
        except UNREADABLE as error:
            raise ImagesUnreadableError(str(error)) from error


@dataclass(frozen=True, slots=True, eq=False)
class Images:
    """Different images with all that they are compared by, in their order.

    `places` (n,) rise in the order of all images of all ranges; `is_new` tells those that no round compared before.
    """

    prints: Prints
    glances: NDArray[np.int8]
    places: NDArray[np.int64]
    is_new: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.places)

    def those(self, wanted: NDArray[np.bool_]) -> Images:
        """Some of the images."""
        kept = self.prints
        prints = Prints(
            kept.rows, kept.shas[wanted], kept.hashes[wanted], kept.owners[wanted], kept.is_in_several[wanted]
        )
        return Images(prints, self.glances[wanted], self.places[wanted], self.is_new[wanted])

    @classmethod
    def joined(cls, parts: Sequence[Images]) -> Images:
        """The images of several ranges, one after the other. One that several have comes as often."""
        rows: list[Row] = []
        owners = [np.empty(0, np.int64)]
        for part in parts:
            owners.append(part.prints.owners + len(rows))
            rows += part.prints.rows
        nothing = cls.none()
        every = [nothing, *parts]
        prints = Prints(
            rows,
            np.concatenate([part.prints.shas for part in every]),
            np.concatenate([part.prints.hashes for part in every]),
            np.concatenate(owners),
            np.concatenate([part.prints.is_in_several for part in every]),
        )
        return cls(
            prints,
            np.concatenate([part.glances for part in every]),
            np.concatenate([part.places for part in every]),
            np.concatenate([part.is_new for part in every]),
        )

    @classmethod
    def none(cls) -> Images:
        """No images."""
        return cls(Prints.of([]), np.empty((0, *_GLANCE), np.int8), np.empty(0, np.int64), np.empty(0, np.bool_))

    def packed(self) -> bytes:
        """As bytes."""
        several = self.prints.is_in_several
        return pack(
            **_placed(self.prints),
            hashes=self.prints.hashes,
            several=several,
            glances=self.glances,
            places=self.places,
            is_new=self.is_new,
        )

    @classmethod
    def parsed(cls, data: bytes) -> Images:
        """Read back what was packed. Raises ImagesUnreadableError."""
        arrays = unpack(data)
        try:
            prints = replace(
                _prints(arrays, arrays["hashes"].astype(np.uint64, copy=False)),
                is_in_several=arrays["several"].astype(np.bool_, copy=False),
            )
            glances = arrays["glances"].astype(np.int8, copy=False).reshape(-1, *_GLANCE)
            places, is_new = arrays["places"].astype(np.int64), arrays["is_new"].astype(np.bool_)
            if not len(glances) == len(places) == len(is_new) == len(prints.is_in_several) == len(prints.shas):
                raise ValueError("the arrays do not fit together")
            return cls(prints, glances, places, is_new)
        except UNREADABLE as error:
            raise ImagesUnreadableError(str(error)) from error


def _placed(prints: Prints) -> dict[str, NDArray[Any]]:
    rows = text_array([row[1:4] for row in prints.rows])
    return {"rows": rows, "shas": prints.shas, "owners": prints.owners.astype(np.int64)}


def _prints(arrays: dict[str, NDArray[Any]], hashes: NDArray[np.uint64]) -> Prints:
    rows: list[Row] = [
        (number, str(hotel_id), str(partner_id), str(accommodation_id), b"", b"")
        for number, (hotel_id, partner_id, accommodation_id) in enumerate(json.loads(arrays["rows"].tobytes()))
    ]
    shas = arrays["shas"].astype(np.uint8, copy=False).reshape(-1, SHA_BYTES)
    owners = arrays["owners"].astype(np.int64, copy=False)
    fits = len(shas) == len(owners) == len(hashes) and hashes.shape[1:] == (HASHES_INDEXED,)
    if not fits or (len(owners) and not 0 <= int(owners.min()) <= int(owners.max()) < len(rows)):
        raise ValueError("the arrays do not fit together")
    return Prints(rows, shas, hashes, owners, np.zeros(len(shas), np.bool_))


def text_array(items: Iterable[Any]) -> NDArray[np.uint8]:
    """Items as JSON in an array of bytes."""
    return np.frombuffer(json.dumps(list(items)).encode(), np.uint8)
