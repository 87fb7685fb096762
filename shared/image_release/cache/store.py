"""Where the cache of an accommodation is kept, and how what two writers learned is united.

`state.json` holds what is known by URL and by content (records.CachedImages), `prints-<version>.bin` the fingerprints
by SHA-256, `labels-<tagger>.json` what further taggers said (labels.py), `credits.json` who made the images
(credits.py), and `originals/<sha256>` the bytes as downloaded, each written once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from functools import cache

from pydantic import TypeAdapter, ValidationError

from image_release.cache.credits import parsed_credits
from image_release.cache.labels import parsed_labels
from image_release.cache.records import CachedImages, merge
from image_release.fingerprint import (
    FINGERPRINT_VERSION,
    Fingerprint,
    FingerprintsUnreadableError,
    pack_fingerprints,
    unpack_fingerprints,
)
from image_release.state import swap
from image_release.storage import Store
from image_release.store_keys import cached_images_key, credits_key, fingerprints_key, labels_key
from image_release.values import Accommodation

log = logging.getLogger(__name__)


def read_cached_images(state: Store, accommodation: Accommodation) -> CachedImages:
    """Read what is known of an accommodation's images. An unreadable file counts as none, with a warning."""
    key = cached_images_key(accommodation)
    stored = state.get(key)
    return (_parsed(key, stored.data) if stored else None) or CachedImages()


def merge_cached_images(
    state: Store,
    accommodation: Accommodation,
    learned: CachedImages,
    keep: Callable[[CachedImages], CachedImages] = lambda images: images,
) -> None:
    """Add what was learned to what is stored, whoever wrote in between. Raises DocumentContendedError.

    A file that cannot be read is replaced.
    `keep` gets the union of both and may drop records from it.
    """
    key = cached_images_key(accommodation)

    def change(data: bytes | None) -> bytes | None:
        present = None if data is None else _parsed(key, data)
        wanted = keep(merge(present or CachedImages(), learned))
        return None if wanted == present else _serialised(wanted)

    swap(state, key, change)


def read_fingerprints(state: Store, accommodation: Accommodation) -> dict[str, Fingerprint]:
    """Read the fingerprints of an accommodation's images, by SHA-256. An unreadable file counts as none."""
    return readable_fingerprints(state, accommodation) or {}


def readable_fingerprints(state: Store, accommodation: Accommodation) -> dict[str, Fingerprint] | None:
    """The same; None if the file cannot be read, with a warning."""
    key = fingerprints_key(accommodation, FINGERPRINT_VERSION)
    stored = state.get(key)
    return _unpacked(key, stored.data) if stored else {}


def merge_fingerprints(
    state: Store, accommodation: Accommodation, learned: Mapping[str, Fingerprint], forget: frozenset[str] = frozenset()
) -> None:
    """Add fingerprints by SHA-256 and drop those of `forget`. Raises DocumentContendedError.

    A fingerprint depends on its content alone, so of two for one content either may stay. One with hashes of another
    kind is replaced.
    """
    key = fingerprints_key(accommodation, FINGERPRINT_VERSION)

    def change(data: bytes | None) -> bytes | None:
        present = {} if data is None else _unpacked(key, data)
        stays = {
            sha256: item
            for sha256, item in (present or {}).items()
            if sha256 not in learned or learned[sha256].hash_kind == item.hash_kind
        }
        wanted = {sha256: item for sha256, item in {**learned, **stays}.items() if sha256 not in forget}
        is_unchanged = present is not None and wanted.keys() == present.keys() == stays.keys()
        return None if is_unchanged else pack_fingerprints(wanted)

    swap(state, key, change)


@cache
def _document() -> TypeAdapter[CachedImages]:
    """The JSON form of the records: the values themselves, validated when they are read back."""
    return TypeAdapter(CachedImages)


def _parsed(key: str, data: bytes) -> CachedImages | None:
    try:
        return _document().validate_json(data)
    except ValidationError:
        log.warning("%s cannot be read and counts as empty", key)
        return None


def _serialised(images: CachedImages) -> bytes:
    in_order = CachedImages(dict(sorted(images.urls.items())), dict(sorted(images.contents.items())))
    return _document().dump_json(in_order)


def unreadable_caches(state: Store, accommodation: Accommodation, taggers: Iterable[str]) -> tuple[str, ...]:
    """Keys of the files of an accommodation's cache that cannot be read; `taggers` are those with a document of it."""
    reads: dict[str, Callable[[str, bytes], object]] = {
        cached_images_key(accommodation): _parsed,
        fingerprints_key(accommodation, FINGERPRINT_VERSION): _unpacked,
        credits_key(accommodation): parsed_credits,
        **{labels_key(accommodation, identity): parsed_labels for identity in sorted(taggers)},
    }
    return tuple(key for key, read in reads.items() if (stored := state.get(key)) and read(key, stored.data) is None)


def _unpacked(key: str, data: bytes) -> dict[str, Fingerprint] | None:
    try:
        return unpack_fingerprints(data)
    except FingerprintsUnreadableError:
        log.warning("%s cannot be read and counts as empty", key)
        return None
