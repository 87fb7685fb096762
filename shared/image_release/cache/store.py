"""Where an accommodation's knowledge is kept, and how it is read and merged under compare-and-swap.

accommodations/<partner>/<accommodation>/state.json            URLs and contents (records.Memory)
accommodations/<partner>/<accommodation>/fingerprints-<version>.bin  what grouping needs, by SHA-256
accommodations/<partner>/<accommodation>/originals/<sha256>    the bytes as downloaded, written once
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import cache

from pydantic import TypeAdapter, ValidationError

from image_release.cache.records import CachedImages, merge
from image_release.fingerprint import (
    FINGERPRINT_VERSION,
    Fingerprint,
    FingerprintsUnreadableError,
    pack_fingerprints,
    unpack_fingerprints,
)
from image_release.storage import ConditionFailedError, Store
from image_release.values import Accommodation, key_part

log = logging.getLogger(__name__)

MAX_SWAPS = 20
"""Writers of one accommodation are few; who loses so often has met a fault, not a rival."""


class MemoryContendedError(Exception):
    """Other writers kept winning the swap of an accommodation's state."""


def accommodation_prefix(accommodation: Accommodation) -> str:
    """All that is kept of an accommodation lies under this."""
    return f"accommodations/{key_part(accommodation.partner_id)}/{key_part(accommodation.accommodation_id)}/"


def original_key(accommodation: Accommodation, sha256: str) -> str:
    """Where the bytes of an image are kept as downloaded."""
    return f"{accommodation_prefix(accommodation)}originals/{sha256}"


def cached_images_key(accommodation: Accommodation) -> str:
    """Where the memory of an accommodation is kept."""
    return accommodation_prefix(accommodation) + "state.json"


def fingerprints_key(accommodation: Accommodation) -> str:
    """Where the fingerprints of an accommodation are kept, of the present version."""
    return f"{accommodation_prefix(accommodation)}prints-{FINGERPRINT_VERSION}.bin"


def read_cached_images(state: Store, accommodation: Accommodation) -> CachedImages:
    """Read what is remembered. What cannot be read is forgotten, with a warning: it is a cache."""
    stored = state.get(cached_images_key(accommodation))
    return _parsed(cached_images_key(accommodation), stored.data) if stored else CachedImages()


def merge_cached_images(
    state: Store,
    accommodation: Accommodation,
    learned: CachedImages,
    keep: Callable[[CachedImages], CachedImages] = lambda memory: memory,
) -> None:
    """Add what was learned to what is stored, whoever wrote in between; `keep` may drop records from the union."""
    key = cached_images_key(accommodation)
    for _ in range(MAX_SWAPS):
        stored = state.get(key)
        present = _parsed(key, stored.data) if stored else CachedImages()
        wanted = keep(merge(present, learned))
        if stored and wanted == present:
            return
        try:
            state.put(key, _serialised(wanted), if_absent=stored is None, if_match=stored.etag if stored else None)
        except ConditionFailedError:
            continue
        return
    raise MemoryContendedError(key)


def read_fingerprints(state: Store, accommodation: Accommodation) -> dict[str, Fingerprint]:
    """Read the fingerprints of an accommodation's contents, by SHA-256. An unreadable file counts as none."""
    key = fingerprints_key(accommodation)
    stored = state.get(key)
    return _unpacked(key, stored.data) if stored else {}


def merge_fingerprints(
    state: Store, accommodation: Accommodation, learned: Mapping[str, Fingerprint], forget: frozenset[str] = frozenset()
) -> None:
    """Add fingerprints by SHA-256. A fingerprint depends on its content alone, so either copy may stay."""
    key = fingerprints_key(accommodation)
    for _ in range(MAX_SWAPS):
        stored = state.get(key)
        present = _unpacked(key, stored.data) if stored else {}
        wanted = {sha: item for sha, item in {**learned, **present}.items() if sha not in forget}
        if wanted.keys() == present.keys():
            return
        try:
            state.put(
                key, pack_fingerprints(wanted), if_absent=stored is None, if_match=stored.etag if stored else None
            )
        except ConditionFailedError:
            continue
        return
    raise MemoryContendedError(key)


@cache
def _document() -> TypeAdapter[CachedImages]:
    """The JSON form of a memory: the values themselves, validated when they are read back."""
    return TypeAdapter(CachedImages)


def _parsed(key: str, data: bytes) -> CachedImages:
    try:
        return _document().validate_json(data)
    except ValidationError:
        log.warning("%s cannot be read and is forgotten", key)
        return CachedImages()


def _serialised(memory: CachedImages) -> bytes:
    in_order = CachedImages(dict(sorted(memory.urls.items())), dict(sorted(memory.contents.items())))
    return _document().dump_json(in_order)


def _unpacked(key: str, data: bytes) -> dict[str, Fingerprint]:
    try:
        return unpack_fingerprints(data)
    except FingerprintsUnreadableError:
        log.warning("%s cannot be read and is forgotten", key)
        return {}
