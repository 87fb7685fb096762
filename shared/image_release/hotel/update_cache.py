"""Update the cache: write what was learned about each accommodation's images, and delete originals that nothing names.

This happens before the renditions are made, so a hotel that runs out of time or loses the swap has paid only once for
its downloads and labels. Originals have the same grace period as renditions (invariant 4). It begins with the first run
that finds neither a catalogue nor an override that names them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from image_release.cache import CachedImages, ContentRecord, merge_cached_images, merge_fingerprints
from image_release.hotel.acquire import Acquired
from image_release.hotel.cached import HotelCache
from image_release.hotel.load import Hotel
from image_release.storage import Store
from image_release.store_keys import original_key
from image_release.values import Accommodation, Label


def update_cache(
    hotel: Hotel,
    cached: HotelCache,
    acquired: Acquired,
    labels: Mapping[str, tuple[Label, ...]],
    tagger_identity: str,
    state: Store,
    *,
    now: datetime,
    grace: timedelta,
) -> datetime | None:
    """Merge what was learned into the accommodations' caches; `labels` are new ones by SHA-256.

    Returns when the next original may be deleted, None if all are named. Raises DocumentContendedError, storage faults.
    """
    unnamed: list[datetime] = []
    for accommodation in hotel.accommodations:
        learned = _with_labels(acquired.learned[accommodation], labels, tagger_identity, now)
        contents = _with_names(hotel, cached.accommodations[accommodation], learned, now)
        forgotten = frozenset(
            sha256
            for sha256, content in contents.items()
            if content.unnamed_since and content.unnamed_since + grace <= now
        )
        unnamed += [
            content.unnamed_since
            for sha256, content in contents.items()
            if content.unnamed_since and sha256 not in forgotten
        ]
        learned = replace(learned, contents=contents)
        new_fingerprints = contents.keys() & (acquired.fingerprints.keys() - cached.fingerprints.keys())
        if forgotten or new_fingerprints or learned != cached.accommodations[accommodation]:
            _write(hotel, accommodation, learned, acquired, forgotten, state)
    return min(unnamed) + grace if unnamed else None


def _with_labels(
    learned: CachedImages, labels: Mapping[str, tuple[Label, ...]], tagger_identity: str, now: datetime
) -> CachedImages:
    contents = {
        sha256: replace(content, labels=labels[sha256], labels_by=tagger_identity, at=now)
        if sha256 in labels
        else content
        for sha256, content in learned.contents.items()
    }
    return replace(learned, contents=contents)


def _with_names(hotel: Hotel, before: CachedImages, learned: CachedImages, now: datetime) -> dict[str, ContentRecord]:
    """All contents of an accommodation, each with the time since when nothing names it."""
    named = {record.sha256 for record in learned.urls.values()} | hotel.named_by_people()
    contents = {}
    for sha256, content in {**before.contents, **learned.contents}.items():
        since = None if sha256 in named else content.unnamed_since or now
        changed = since != content.unnamed_since
        contents[sha256] = replace(content, unnamed_since=since, at=now) if changed else content
    return contents


def _write(
    hotel: Hotel,
    accommodation: Accommodation,
    learned: CachedImages,
    acquired: Acquired,
    forgotten: frozenset[str],
    state: Store,
) -> None:
    """Write fingerprints before the records that make them count, and delete originals after their records."""
    listed = {image.url for image in hotel.images if image.accommodation == accommodation}

    def kept(images: CachedImages) -> CachedImages:
        return CachedImages(
            {url: record for url, record in images.urls.items() if url in listed},
            {sha256: content for sha256, content in images.contents.items() if sha256 not in forgotten},
        )

    fingerprints = {
        sha256: acquired.fingerprints[sha256] for sha256 in learned.contents if sha256 in acquired.fingerprints
    }
    if fingerprints or forgotten:
        merge_fingerprints(state, accommodation, fingerprints, forgotten)
    merge_cached_images(state, accommodation, learned, kept)
    for sha256 in sorted(forgotten):
        state.delete(original_key(accommodation, sha256))
