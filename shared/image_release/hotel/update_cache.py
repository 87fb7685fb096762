"""Keep: write what was learned into the accommodations' memories, and forget originals that nothing names any more.

It happens before the renditions are made: a hotel that runs out of time, or loses the swap, has paid for its downloads
and labels once. Originals go by the same grace period as renditions (invariant 4), counted from the first look at
which neither a catalogue nor an override named them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from image_release.cache import CachedImages, ContentRecord, merge_cached_images, merge_fingerprints
from image_release.hotel.acquire import Acquired, HotelCache
from image_release.hotel.load import Hotel
from image_release.hotel.ports import Ports
from image_release.keys import original_key
from image_release.values import Accommodation, Label


def keep(
    hotel: Hotel, known: HotelCache, acquired: Acquired, labels: Mapping[str, tuple[Label, ...]], ports: Ports
) -> datetime | None:
    """Merge what was learned. Returns when the next original may be forgotten, if any is unnamed."""
    now = ports.now()
    grace = timedelta(days=ports.settings.publishing.grace_days)
    resting: list[datetime] = []
    for accommodation in hotel.accommodations:
        learned = _with_labels(acquired.learned[accommodation], labels, ports.tagger.identity, now)
        contents = _with_names(hotel, known.memories[accommodation], learned, now)
        forgotten = frozenset(
            sha256
            for sha256, content in contents.items()
            if content.unnamed_since and content.unnamed_since + grace <= now
        )
        resting += [
            content.unnamed_since
            for sha256, content in contents.items()
            if content.unnamed_since and sha256 not in forgotten
        ]
        learned = replace(learned, contents=contents)
        if forgotten or learned != known.memories[accommodation]:  # else it is there already, fingerprints too
            _write(hotel, accommodation, learned, acquired, forgotten, ports)
    return min(resting) + grace if resting else None


def _with_labels(
    learned: CachedImages, labels: Mapping[str, tuple[Label, ...]], identity: str, now: datetime
) -> CachedImages:
    contents = {
        sha256: replace(content, labels=labels[sha256], labels_by=identity, at=now) if sha256 in labels else content
        for sha256, content in learned.contents.items()
    }
    return replace(learned, contents=contents)


def _with_names(hotel: Hotel, before: CachedImages, learned: CachedImages, now: datetime) -> dict[str, ContentRecord]:
    """All contents of an accommodation, each with since when nothing names it."""
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
    ports: Ports,
) -> None:
    """Fingerprints before the memory that makes them count; records leave before the originals that they speak of."""
    listed = {candidate.url for candidate in hotel.images if candidate.accommodation == accommodation}

    def kept(memory: CachedImages) -> CachedImages:
        return CachedImages(
            {url: record for url, record in memory.urls.items() if url in listed},
            {sha256: content for sha256, content in memory.contents.items() if sha256 not in forgotten},
        )

    fingerprints = {
        sha256: acquired.fingerprints[sha256] for sha256 in learned.contents if sha256 in acquired.fingerprints
    }
    if fingerprints or forgotten:
        merge_fingerprints(ports.state, accommodation, fingerprints, forgotten)
    merge_cached_images(ports.state, accommodation, learned, kept)
    for sha256 in sorted(forgotten):
        ports.state.delete(original_key(accommodation, sha256))
