"""Update the cache: write what was learned about each accommodation's images, and delete originals that nothing names.

This happens before the renditions are made, so a hotel that runs out of time or loses the swap has paid only once for
its downloads and labels. Originals have the same grace period as renditions (invariant 4). It begins with the first run
that finds neither a catalogue nor an override that names them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime, timedelta

from image_release.cache import (
    CachedImages,
    ContentRecord,
    LabelRecord,
    labelling_taggers,
    merge_cached_images,
    merge_credits,
    merge_fingerprints,
    merge_labels,
)
from image_release.hotel.acquire import Acquired
from image_release.hotel.cached import HotelCache
from image_release.hotel.load import Hotel
from image_release.storage import Store
from image_release.store_keys import original_key
from image_release.tag import Tagged
from image_release.values import Accommodation


def update_cache(
    hotel: Hotel,
    cached: HotelCache,
    acquired: Acquired,
    tagged: Mapping[str, Mapping[str, Tagged]],
    state: Store,
    *,
    now: datetime,
    grace: timedelta,
) -> datetime | None:
    """Merge what was learned into the accommodations' caches; `tagged` is new: tagger's identity -> SHA-256 -> answer.

    Returns when the next original may be deleted, None if all are named. Raises DocumentContendedError, storage faults.
    """
    unnamed: list[datetime] = []
    for accommodation in hotel.accommodations:
        learned = acquired.learned[accommodation]
        contents = _with_names(hotel, cached.accommodations[accommodation], learned, now)
        contents = {sha256: _with_labels(content, cached.contents(sha256)) for sha256, content in contents.items()}
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
        new_fingerprints = contents.keys() & {
            sha256 for sha256, made in acquired.fingerprints.items() if cached.fingerprints.get(sha256) is not made
        }
        answers = _Answers(tagged, learned, now)
        _write_credits(cached, accommodation, acquired, contents.keys() - forgotten, forgotten, state)
        if forgotten or new_fingerprints or answers or learned != cached.accommodations[accommodation]:
            _write(hotel, accommodation, learned, acquired, answers, forgotten, state)
    return min(unnamed) + grace if unnamed else None


def _write_credits(
    cached: HotelCache,
    accommodation: Accommodation,
    acquired: Acquired,
    kept: AbstractSet[str],
    forgotten: frozenset[str],
    state: Store,
) -> None:
    """Write who made the images of an accommodation, where that is new, and drop what is forgotten."""
    known = cached.credits.get(accommodation, {})
    new = {sha256: acquired.credits[sha256] for sha256 in kept & (acquired.credits.keys() - known.keys())}
    if new or not forgotten.isdisjoint(known):
        merge_credits(state, accommodation, new, forgotten)


class _Answers:
    """What taggers said now of an accommodation's images, and where it is kept: in `state.json`, or beside it."""

    def __init__(self, tagged: Mapping[str, Mapping[str, Tagged]], learned: CachedImages, now: datetime) -> None:
        self._now = now
        self._by_tagger = {
            identity: {sha256: answer for sha256, answer in answers.items() if sha256 in learned.contents}
            for identity, answers in tagged.items()
        }
        self.beside: dict[str, dict[str, LabelRecord]] = {}
        """Tagger's identity -> SHA-256 -> what `state.json` has no place for."""

    def __bool__(self) -> bool:
        return any(self._by_tagger.values())

    def put_into(self, contents: dict[str, ContentRecord]) -> None:
        """Put labels where no other tagger's are; `beside` is the rest of them, and what local models say."""
        self.beside = {}
        for identity, answers in self._by_tagger.items():
            for sha256, answer in answers.items():
                content = contents.get(sha256)
                if content and answer.look is None and content.labels_by in (None, identity):
                    contents[sha256] = replace(content, labels=answer.labels, labels_by=identity, at=self._now)
                else:
                    record = LabelRecord(self._now, answer.labels, answer.look)
                    self.beside.setdefault(identity, {})[sha256] = record


def _with_names(hotel: Hotel, before: CachedImages, learned: CachedImages, now: datetime) -> dict[str, ContentRecord]:
    """All contents of an accommodation, each with the time since when nothing names it."""
    named = {record.sha256 for record in learned.urls.values()} | hotel.named_by_people()
    contents = {}
    for sha256, content in {**before.contents, **learned.contents}.items():
        since = None if sha256 in named else content.unnamed_since or now
        changed = since != content.unnamed_since
        contents[sha256] = replace(content, unnamed_since=since, at=now) if changed else content
    return contents


def _with_labels(content: ContentRecord, known: Sequence[ContentRecord]) -> ContentRecord:
    """A content with the labels that the hotel's other accommodations know: they may forget it, or leave the hotel."""
    labelled = [record for record in known if record.labels is not None]
    if content.labels is not None or not labelled:
        return content
    latest = max(labelled, key=lambda record: (record.at, record.labels_by or ""))
    return replace(content, labels=latest.labels, labels_by=latest.labels_by)


def _write(
    hotel: Hotel,
    accommodation: Accommodation,
    learned: CachedImages,
    acquired: Acquired,
    answers: _Answers,
    forgotten: frozenset[str],
    state: Store,
) -> None:
    """Write fingerprints before the records that make them count, and delete originals after their records."""
    listed = {image.url for image in hotel.images if image.accommodation == accommodation}

    def kept(images: CachedImages) -> CachedImages:
        contents = {sha256: content for sha256, content in images.contents.items() if sha256 not in forgotten}
        answers.put_into(contents)
        return CachedImages({url: record for url, record in images.urls.items() if url in listed}, contents)

    fingerprints = {
        sha256: acquired.fingerprints[sha256] for sha256 in learned.contents if sha256 in acquired.fingerprints
    }
    if fingerprints or forgotten:
        merge_fingerprints(state, accommodation, fingerprints, forgotten)
    merge_cached_images(state, accommodation, learned, kept)
    taggers = answers.beside.keys() | (labelling_taggers(state, accommodation) if forgotten else set())
    for identity in sorted(taggers):
        merge_labels(state, accommodation, identity, answers.beside.get(identity, {}), forgotten)
    for sha256 in sorted(forgotten):
        state.delete(original_key(accommodation, sha256))
