"""Acquire: for every image asked for, a copy whose fingerprint is known, or the reason why there is none.

Downloads overlap with each other and with decoding. Memory stays bounded because a thread holds at most one original
and at most DECODERS threads decode at once. What was learned is returned as values; `update_cache` writes them.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from image_release.cache import (
    CachedImages,
    ContentRecord,
    UrlCheck,
    UrlRecord,
    after_failure,
    after_success,
    believed_gone,
    check_needed,
    may_go,
    read_cached_images,
    read_fingerprints,
)
from image_release.child_process import ChildCrashedError
from image_release.fetch import Fetched, FetchFailed, NotModified, Validators
from image_release.fingerprint import Fingerprint
from image_release.hotel.examine import Unreadable, examine, examiner_version, judge_content
from image_release.hotel.load import Hotel
from image_release.hotel.ports import Ports
from image_release.outcomes import Outcome, Rejection
from image_release.storage import ConditionFailedError, Store
from image_release.store_keys import original_key
from image_release.values import Accommodation, CatalogueImage, ImageFacts, PartnerImage, sha256_hex

DECODERS = 2
"""Images decoded at once in a hotel. Decoding frees the interpreter lock, but each may hold max_pixels in memory."""


@dataclass(frozen=True, slots=True)
class HotelCache:
    """What is cached of a hotel's accommodations, and the fingerprints of their images by SHA-256."""

    accommodations: Mapping[Accommodation, CachedImages]
    fingerprints: Mapping[str, Fingerprint]

    def facts(self) -> dict[str, ImageFacts]:
        """What the headers of all cached images say, by SHA-256."""
        return {
            sha256: content.facts
            for images in self.accommodations.values()
            for sha256, content in images.contents.items()
            if content.facts
        }

    def contents(self, sha256: str) -> list[ContentRecord]:
        """What the accommodations know of one content."""
        return [images.contents[sha256] for images in self.accommodations.values() if sha256 in images.contents]


def read_cache(hotel: Hotel, state: Store) -> HotelCache:
    """Read what is cached of the hotel's accommodations."""
    accommodations = {accommodation: read_cached_images(state, accommodation) for accommodation in hotel.accommodations}
    fingerprints: dict[str, Fingerprint] = {}
    for accommodation, images in accommodations.items():
        if images.contents:
            fingerprints |= read_fingerprints(state, accommodation)
    return HotelCache(accommodations, fingerprints)


@dataclass(slots=True)
class Acquired:
    """What became of every image asked for, a copy (SHA-256) or a rejection; and what was learned on the way."""

    copies: dict[PartnerImage, str] = field(default_factory=dict)
    rejected: dict[PartnerImage, Rejection] = field(default_factory=dict)
    kept_because: dict[PartnerImage, str] = field(default_factory=dict)
    """Why an earlier copy is used, where the last check of the URL failed."""
    records: dict[PartnerImage, UrlRecord] = field(default_factory=dict)
    fingerprints: dict[str, Fingerprint] = field(default_factory=dict)
    facts: dict[str, ImageFacts] = field(default_factory=dict)
    learned: dict[Accommodation, CachedImages] = field(default_factory=dict)


def acquire(hotel: Hotel, cached: HotelCache, ports: Ports, *, redownload: bool) -> Acquired:
    """Check every URL that needs it, examine every content that is new, and judge all images.

    `redownload` checks all of them, without conditions. Raises storage faults.
    """
    now = ports.context.now()
    checker = _UrlChecker(cached, ports, now, redownload=redownload)
    with ThreadPoolExecutor(max_workers=max(1, min(ports.settings.download.connections, len(hotel.images)))) as pool:
        records = dict(zip(hotel.images, pool.map(checker.check, hotel.images, hotel.images.values()), strict=True))
    records = _drop_gone(records, ports, now)
    acquired = Acquired(
        records=records,
        fingerprints={**cached.fingerprints, **checker.fingerprints},
        facts={**cached.facts(), **checker.facts},
    )
    for image, record in records.items():
        _judge(image, record, acquired, checker, ports)
    for accommodation in hotel.accommodations:
        acquired.learned[accommodation] = _learned(accommodation, acquired, checker, now)
    return acquired


class _UrlChecker:
    """Checks one hotel's URLs from many threads. Each content is examined once, whichever thread has it first."""

    def __init__(self, cached: HotelCache, ports: Ports, now: datetime, *, redownload: bool) -> None:
        self.cached, self.ports, self.now = cached, ports, now
        self.redownload = redownload
        self.facts: dict[str, ImageFacts] = {}
        self.fingerprints: dict[str, Fingerprint] = {}
        version = examiner_version(ports.settings)
        self.unreadable: dict[str, Unreadable] = {
            sha256: Unreadable(Rejection(content.unreadable[0], content.unreadable[1]), content.facts)
            for images in cached.accommodations.values()
            for sha256, content in images.contents.items()
            if content.unreadable and content.unreadable[2] == version and not redownload
        }
        self._cached_facts = cached.facts()
        self._claimed: set[str] = set()
        self._lock = threading.Lock()
        self._decoders = threading.BoundedSemaphore(DECODERS)

    def check(self, image: PartnerImage, listed: CatalogueImage) -> UrlRecord:
        """Check one URL if that is needed, and examine what it gives if that is new."""
        record = self.cached.accommodations[image.accommodation].urls.get(image.url)
        revalidate_after = timedelta(days=self.ports.settings.download.revalidate_after_days)
        needed = check_needed(record, listed, self.now, revalidate_after, redownload=self.redownload)
        if needed is UrlCheck.KEEP and record is not None:
            if record.sha256 is None or not self._claim(record.sha256):
                return record
            data = self._original(image, record.sha256)
            if data is not None:
                self._examine(record.sha256, data)
                return record
        return self._fetch(image, listed, record, conditional=needed is UrlCheck.REVALIDATE)

    def _fetch(
        self, image: PartnerImage, listed: CatalogueImage, record: UrlRecord | None, *, conditional: bool
    ) -> UrlRecord:
        validators = Validators(record.etag, record.last_modified) if conditional and record else None
        answer = self.ports.fetcher.fetch(image.url, validators, deadline_s=self.ports.context.deadline_s)
        if isinstance(answer, FetchFailed):
            return after_failure(record, answer.rejection, answer.retry_after_s, listed, self.now)
        if isinstance(answer, NotModified):
            return self._not_modified(answer, image, listed, record)
        self.ports.context.work.count(downloads=1)
        sha256 = sha256_hex(answer.data)
        keep_original(self.ports.stores.state, image.accommodation, sha256, answer.data)
        if self._claim(sha256):
            self._examine(sha256, answer.data)
        return _success(sha256, answer, listed, self.now)

    def _not_modified(
        self, answer: NotModified, image: PartnerImage, listed: CatalogueImage, record: UrlRecord | None
    ) -> UrlRecord:
        """The copy that we have is still right; if it has to be examined and is lost, download it after all."""
        if record is None or record.sha256 is None:
            raise ValueError(f"not modified, but never had: {image.url!r}")
        if self._claim(record.sha256):
            data = self._original(image, record.sha256)
            if data is None:
                return self._fetch(image, listed, record, conditional=False)
            self._examine(record.sha256, data)
        return _success(record.sha256, answer, listed, self.now)

    def _claim(self, sha256: str) -> bool:
        """Whether this thread is the one that has to examine a content."""
        if sha256 in self.unreadable or (sha256 in self.cached.fingerprints and sha256 in self._cached_facts):
            return False
        with self._lock:
            new = sha256 not in self._claimed
            self._claimed.add(sha256)
            return new

    def _examine(self, sha256: str, data: bytes) -> None:
        settings = self.ports.settings
        self.ports.context.work.count(decodes=1)
        with self._decoders:
            try:
                result = self.ports.call(examine, data, sha256, settings.filter, settings.fingerprint)
            except ChildCrashedError as error:
                result = Unreadable(Rejection(Outcome.CRASHED, f"decoding it killed the process: {error}"), None)
        if isinstance(result, Unreadable):
            self.unreadable[sha256] = result
        else:
            self.facts[sha256], self.fingerprints[sha256] = result

    def _original(self, image: PartnerImage, sha256: str) -> bytes | None:
        stored = self.ports.stores.state.get(original_key(image.accommodation, sha256))
        return stored.data if stored else None


def keep_original(state: Store, accommodation: Accommodation, sha256: str, data: bytes) -> None:
    """Keep an original under its SHA-256, written once."""
    try:
        state.put(original_key(accommodation, sha256), data, if_absent=True)
    except ConditionFailedError:
        return  # the same bytes are there already


def _success(sha256: str, answer: Fetched | NotModified, listed: CatalogueImage, now: datetime) -> UrlRecord:
    return after_success(sha256, answer.validators.etag, answer.validators.last_modified, listed, now)


def _drop_gone(records: dict[PartnerImage, UrlRecord], ports: Ports, now: datetime) -> dict[PartnerImage, UrlRecord]:
    """Drop the copies of images that were seen gone twice, unless so many go in a day that a person must accept."""
    leaving: dict[str, list[PartnerImage]] = {}
    for image, record in records.items():
        if record.at == now and believed_gone(record):
            leaving.setdefault(image.accommodation.partner_id, []).append(image)
    max_share = ports.settings.brakes.max_gone_share
    for partner_id, images in sorted(leaving.items()):
        dropped = may_go(ports.stores.inbox, ports.stores.state, partner_id, images, now, max_share)
        for image in images:
            record = records[image]
            if dropped:
                records[image] = replace(record, sha256=None, etag=None, last_modified=None)
            elif record.failure:
                reason = f"{record.failure.reason}; held: too many of {partner_id} go today"
                records[image] = replace(record, failure=replace(record.failure, reason=reason))
    return records


def _judge(image: PartnerImage, record: UrlRecord, acquired: Acquired, checker: _UrlChecker, ports: Ports) -> None:
    """Decide whether an image has a usable copy."""
    failure = record.failure
    if record.sha256 is None:
        if failure is None:
            raise ValueError(f"neither a copy nor a failure: {image.url!r}")
        acquired.rejected[image] = Rejection(failure.outcome, failure.reason)
        return
    unreadable = checker.unreadable.get(record.sha256)
    rejection = (
        unreadable.rejection
        if unreadable
        else judge_content(acquired.facts[record.sha256], acquired.fingerprints[record.sha256], ports.settings)
    )
    if rejection:
        acquired.rejected[image] = rejection
        return
    acquired.copies[image] = record.sha256
    if failure:
        acquired.kept_because[image] = f"{failure.outcome}: {failure.reason}"


def _learned(accommodation: Accommodation, acquired: Acquired, checker: _UrlChecker, now: datetime) -> CachedImages:
    """What the checks taught about an accommodation: its URLs, and the contents that they gave."""
    urls = {image.url: record for image, record in acquired.records.items() if image.accommodation == accommodation}
    before = checker.cached.accommodations[accommodation].contents
    contents: dict[str, ContentRecord] = {}
    version = examiner_version(checker.ports.settings)
    for sha256 in {record.sha256 for record in urls.values() if record.sha256}:
        unreadable = checker.unreadable.get(sha256)
        facts = (unreadable.facts if unreadable else acquired.facts.get(sha256)) or None
        content = replace(
            before.get(sha256) or ContentRecord(now),
            facts=facts,
            unreadable=(unreadable.rejection.outcome, unreadable.rejection.reason, version) if unreadable else None,
        )
        contents[sha256] = content if content == before.get(sha256) else replace(content, at=now)
    return CachedImages(urls, contents)
