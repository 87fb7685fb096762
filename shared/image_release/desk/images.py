"""Small pictures of every image that a hotel's manifest names: copies and rejected images, too.

They are made from the originals in the state. Originals are hostile bytes, so a child process decodes them, within the
budget of any other image. What was made is remembered by content, up to a limit of memory.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from image_release.child_process import ChildCrashedError
from image_release.decode import UndecodableError, read_header, thumbnail_jpeg
from image_release.hotel import Caller
from image_release.outcomes import Rejection
from image_release.publish import Manifest, ManifestUnreadableError, read_before
from image_release.settings import FilterSettings, Settings
from image_release.storage import Stores
from image_release.store_keys import original_key
from image_release.values import Accommodation, sha256_hex

SIDES = {"small": 320, "large": 1_280}
"""Sizes by name: the longest side in pixels."""
QUALITY = 82
MOST_BYTES = 96 << 20
"""Maximum size of all small pictures that are remembered: those of about 5,000 images."""
MOST_HOTELS = 64
"""Maximum number of hotels whose images are remembered by name."""
DECODE_TIMEOUT_S = 20.0
"""Maximum time for one small picture."""

Names = dict[str, tuple[Accommodation, ...]]
"""SHA-256 of an image -> the accommodations that may keep its bytes."""


class UnknownImageError(Exception):
    """The hotel's manifest names no such image, so nothing of it is shown."""


@dataclass(frozen=True, slots=True)
class _Missing:
    """An image of which no picture can be made, and why in a few words."""

    why: str


NOT_KEPT = _Missing("not kept")
UNREADABLE = _Missing("cannot be opened")


class HotelImages:
    """Originals and small pictures of hotels' images. Threads may share it. `call` decodes in a child process."""

    def __init__(self, stores: Stores, settings: Settings, call: Caller) -> None:
        self._stores = stores
        self._filter = settings.filter.model_copy(update={"min_short_side_px": 1, "min_long_side_px": 1})
        self._call = call
        self._lock = threading.Lock()
        self._made: OrderedDict[tuple[str, str], bytes | _Missing] = OrderedDict()
        self._made_bytes = 0
        self._hotels: OrderedDict[str, Names] = OrderedDict()

    def remember(self, manifest: Manifest) -> None:
        """Remember which images a manifest names, beside those that earlier ones of the hotel named."""
        with self._lock:
            names = self._hotels.setdefault(manifest.hotel_id, {})
            names.update(_names(manifest))
            self._hotels.move_to_end(manifest.hotel_id)
            while len(self._hotels) > MOST_HOTELS:
                self._hotels.popitem(last=False)

    def picture(self, hotel_id: str, sha256: str, size: str) -> bytes | None:
        """A JPEG of an image; None if its bytes are not kept or cannot be opened. Raises UnknownImageError."""
        keepers = self._keepers(hotel_id, sha256)
        with self._lock:
            made = self._made.get((sha256, size))
            if made is not None:
                self._made.move_to_end((sha256, size))
        if made is None:
            data = self._original(keepers, sha256)
            made = NOT_KEPT if data is None else self._make(data, sha256, size)
            if made is not NOT_KEPT:
                self._keep((sha256, size), made)
        return made if isinstance(made, bytes) else None

    def original(self, hotel_id: str, sha256: str) -> bytes | None:
        """The bytes of an image as a partner sent them; None if they are not kept. Raises UnknownImageError."""
        return self._original(self._keepers(hotel_id, sha256), sha256)

    def _keepers(self, hotel_id: str, sha256: str) -> tuple[Accommodation, ...]:
        with self._lock:
            keepers = self._hotels.get(hotel_id, {}).get(sha256)
        if keepers is None:
            try:
                manifest = read_before(self._stores.published, hotel_id).manifest
            except ManifestUnreadableError:
                manifest = None
            if manifest is None or (keepers := _names(manifest).get(sha256)) is None:
                raise UnknownImageError(sha256)
            self.remember(manifest)
        return keepers

    def _original(self, keepers: tuple[Accommodation, ...], sha256: str) -> bytes | None:
        for accommodation in keepers:
            stored = self._stores.state.get(original_key(accommodation, sha256))
            if stored and sha256_hex(stored.data) == sha256:
                return stored.data
        return None

    def _make(self, data: bytes, sha256: str, size: str) -> bytes | _Missing:
        try:
            return self._call(small_jpeg, data, sha256, SIDES[size], self._filter) or UNREADABLE
        except ChildCrashedError:
            return UNREADABLE

    def _keep(self, key: tuple[str, str], made: bytes | _Missing) -> None:
        with self._lock:
            self._made_bytes += _size(made) - (_size(self._made[key]) if key in self._made else 0)
            self._made[key] = made
            while self._made_bytes > MOST_BYTES:
                self._made_bytes -= _size(self._made.popitem(last=False)[1])


def small_jpeg(data: bytes, sha256: str, side_px: int, settings: FilterSettings) -> bytes | None:
    """A JPEG of hostile bytes, with a long side of at most `side_px`; None if they cannot be decoded."""
    facts = read_header(data, sha256, settings)
    if isinstance(facts, Rejection):
        return None
    try:
        return thumbnail_jpeg(data, facts, side_px, QUALITY)
    except UndecodableError:
        return None


def _size(made: bytes | _Missing) -> int:
    """What something that is remembered counts, in bytes."""
    return len(made) + 200 if isinstance(made, bytes) else 200


def _names(manifest: Manifest) -> Names:
    names: dict[str, dict[Accommodation, None]] = {}
    for sha256, accommodation in _named(manifest):
        names.setdefault(sha256, {})[accommodation] = None
    return {sha256: tuple(keepers) for sha256, keepers in names.items()}


def _named(manifest: Manifest) -> Iterator[tuple[str, Accommodation]]:
    for picture in manifest.pictures:
        for image in (picture.best, *picture.merged):
            yield image.sha256, Accommodation(image.partner_id, image.accommodation_id)
    for rejected in manifest.rejected:
        if rejected.sha256:
            yield rejected.sha256, Accommodation(rejected.partner_id, rejected.accommodation_id)
