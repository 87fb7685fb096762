"""Acquire: for every image asked for, a copy whose fingerprint is known, or the reason why there is none.

Downloads overlap with each other and with decoding; what bounds memory is that a thread holds one original at most and
that few decode at a time. Everything learned is a value that is merged into the accommodations' memory at the end.
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
from image_release.fetch import Fetched, FetchFailed, Validators
from image_release.fingerprint import Fingerprint
from image_release.hotel.examine import Unreadable, examine, examiner_version, judge_content
from image_release.hotel.load import Hotel
from image_release.hotel.ports import Ports
from image_release.isolation import ChildCrashedError
from image_release.keys import original_key
from image_release.outcomes import Outcome, Rejection
from image_release.storage import ConditionFailedError, Store
from image_release.values import Accommodation, CatalogueImage, ImageFacts, PartnerImage, sha256_hex

DECODERS = 2
"""Images decoded at once in a hotel: decoding frees the interpreter lock, but each may hold max_pixels in memory."""


@dataclass(frozen=True, slots=True)
class HotelCache:
    """What is remembered of a hotel's accommodations, and the fingerprints of their contents."""

    memories: Mapping[Accommodation, CachedImages]
    fingerprints: Mapping[str, Fingerprint]

    def facts(self) -> dict[str, ImageFacts]:
        """What the headers of all remembered contents say."""
        return {
            sha256: content.facts
            for memory in self.memories.values()
            for sha256, content in memory.contents.items()
            if content.facts
        }

    def contents(self, sha256: str) -> list[ContentRecord]:
        """What the accommodations know of a content."""
        return [memory.contents[sha256] for memory in self.memories.values() if sha256 in memory.contents]


def read_cache(hotel: Hotel, ports: Ports) -> HotelCache:
    """Read what is remembered of the hotel's accommodations."""
    memories = {accommodation: read_cached_images(ports.state, accommodation) for accommodation in hotel.accommodations}
    fingerprints: dict[str, Fingerprint] = {}
    for accommodation, memory in memories.items():
        if memory.contents:
            fingerprints |= read_fingerprints(ports.state, accommodation)
    return HotelCache(memories, fingerprints)


@dataclass(slots=True)
class Acquired:
    """What became of every image asked for: a copy (SHA-256) or a rejection; and what was learned on the way."""

    copies: dict[PartnerImage, str] = field(default_factory=dict)
    rejected: dict[PartnerImage, Rejection] = field(default_factory=dict)
    kept_because: dict[PartnerImage, str] = field(default_factory=dict)
    """Why an earlier copy is used, where the last look at the URL failed."""
    records: dict[PartnerImage, UrlRecord] = field(default_factory=dict)
    fingerprints: dict[str, Fingerprint] = field(default_factory=dict)
    facts: dict[str, ImageFacts] = field(default_factory=dict)
    learned: dict[Accommodation, CachedImages] = field(default_factory=dict)


def acquire(hotel: Hotel, known: HotelCache, ports: Ports, *, redownload: bool) -> Acquired:
    """Look at every URL that needs it, examine every content that is new, and judge them all."""
    now = ports.now()
    looker = _Looker(known, ports, now, redownload=redownload)
    with ThreadPoolExecutor(max_workers=max(1, min(ports.settings.download.connections, len(hotel.images)))) as pool:
        records = dict(zip(hotel.images, pool.map(looker.look, hotel.images, hotel.images.values()), strict=True))
    records = _let_go(records, ports, now)
    acquired = Acquired(
        records=records,
        fingerprints={**known.fingerprints, **looker.fingerprints},
        facts={**known.facts(), **looker.facts},
    )
    for candidate, record in records.items():
        _judge(candidate, record, acquired, looker, ports)
    for accommodation in hotel.accommodations:
        acquired.learned[accommodation] = _learned(accommodation, acquired, looker, now)
    return acquired


class _Looker:
    """One hotel's looks at URLs, from many threads: each content is examined once, whoever brings it first."""

    def __init__(self, known: HotelCache, ports: Ports, now: datetime, *, redownload: bool) -> None:
        self.known, self.ports, self.now = known, ports, now
        self.redownload = redownload
        self.facts: dict[str, ImageFacts] = {}
        self.fingerprints: dict[str, Fingerprint] = {}
        version = examiner_version(ports.settings)
        self.unreadable: dict[str, Unreadable] = {
            sha256: Unreadable(Rejection(content.unreadable[0], content.unreadable[1]), content.facts)
            for memory in known.memories.values()
            for sha256, content in memory.contents.items()
            if content.unreadable and content.unreadable[2] == version and not redownload
        }
        self._known_facts = known.facts()
        self._claimed: set[str] = set()
        self._lock = threading.Lock()
        self._decoders = threading.BoundedSemaphore(DECODERS)

    def look(self, candidate: PartnerImage, image: CatalogueImage) -> UrlRecord:
        """Look at one URL if that is needed, and examine what it gives if that is new."""
        record = self.known.memories[candidate.accommodation].urls.get(candidate.url)
        revalidate_after = timedelta(days=self.ports.settings.download.revalidate_after_days)
        look = check_needed(record, image, self.now, revalidate_after, redownload=self.redownload)
        if look is UrlCheck.KEEP and record is not None:
            if record.sha256 is None or not self._claim(record.sha256):
                return record
            data = self._original(candidate, record.sha256)
            if data is not None:
                self._examine(record.sha256, data)
                return record
        return self._fetch(candidate, image, record, conditional=look is UrlCheck.REVALIDATE)

    def _fetch(
        self, candidate: PartnerImage, image: CatalogueImage, record: UrlRecord | None, *, conditional: bool
    ) -> UrlRecord:
        validators = Validators(record.etag, record.last_modified) if conditional and record else None
        answer = self.ports.fetcher.fetch(candidate.url, validators, deadline_s=self.ports.deadline_s)
        if isinstance(answer, FetchFailed):
            return after_failure(record, answer.rejection, answer.retry_after_s, image, self.now)
        if not isinstance(answer, Fetched):
            if record is None or record.sha256 is None:
                raise ValueError(f"not modified, but never had: {candidate.url!r}")
            if self._claim(record.sha256):
                data = self._original(candidate, record.sha256)
                if data is None:
                    return self._fetch(candidate, image, record, conditional=False)
                self._examine(record.sha256, data)
            return after_success(
                record.sha256, answer.validators.etag, answer.validators.last_modified, image, self.now
            )
        self.ports.work.count(downloads=1)
        sha256 = sha256_hex(answer.data)
        keep_original(self.ports.state, candidate.accommodation, sha256, answer.data)
        if self._claim(sha256):
            self._examine(sha256, answer.data)
        return after_success(sha256, answer.validators.etag, answer.validators.last_modified, image, self.now)

    def _claim(self, sha256: str) -> bool:
        """Whether this thread is the one that has to examine a content."""
        if sha256 in self.unreadable or (sha256 in self.known.fingerprints and sha256 in self._known_facts):
            return False
        with self._lock:
            new = sha256 not in self._claimed
            self._claimed.add(sha256)
            return new

    def _examine(self, sha256: str, data: bytes) -> None:
        settings = self.ports.settings
        self.ports.work.count(decodes=1)
        with self._decoders:
            try:
                seen = self.ports.call(examine, data, sha256, settings.filter, settings.fingerprint)
            except ChildCrashedError as error:
                seen = Unreadable(Rejection(Outcome.CRASHED, f"decoding it killed the process: {error}"), None)
        if isinstance(seen, Unreadable):
            self.unreadable[sha256] = seen
        else:
            self.facts[sha256], self.fingerprints[sha256] = seen

    def _original(self, candidate: PartnerImage, sha256: str) -> bytes | None:
        stored = self.ports.state.get(original_key(candidate.accommodation, sha256))
        return stored.data if stored else None


def keep_original(state: Store, accommodation: Accommodation, sha256: str, data: bytes) -> None:
    """Keep an original under its content hash, written once."""
    try:
        state.put(original_key(accommodation, sha256), data, if_absent=True)
    except ConditionFailedError:
        return  # it is there already: what lies under a hash has its bytes


def _let_go(records: dict[PartnerImage, UrlRecord], ports: Ports, now: datetime) -> dict[PartnerImage, UrlRecord]:
    """Let images go that were seen gone twice, unless so many of a partner's go in a day that a person must accept."""
    leaving: dict[str, list[PartnerImage]] = {}
    for candidate, record in records.items():
        if record.at == now and believed_gone(record):
            leaving.setdefault(candidate.accommodation.partner_id, []).append(candidate)
    for partner_id, candidates in sorted(leaving.items()):
        let_go = may_go(ports.inbox, ports.state, partner_id, candidates, now, ports.settings.brakes.max_gone_share)
        for candidate in candidates:
            record = records[candidate]
            if let_go:
                records[candidate] = replace(record, sha256=None, etag=None, last_modified=None)
            elif record.failure:
                held = replace(
                    record.failure, reason=f"{record.failure.reason}; held: too many of {partner_id} go today"
                )
                records[candidate] = replace(record, failure=held)
    return records


def _judge(candidate: PartnerImage, record: UrlRecord, acquired: Acquired, looker: _Looker, ports: Ports) -> None:
    """Decide whether an image has a usable copy."""
    failure = record.failure
    if record.sha256 is None:
        if failure is None:
            raise ValueError(f"neither a copy nor a failure: {candidate.url!r}")
        acquired.rejected[candidate] = Rejection(failure.outcome, failure.reason)
        return
    unreadable = looker.unreadable.get(record.sha256)
    rejection = (
        unreadable.rejection
        if unreadable
        else judge_content(acquired.facts[record.sha256], acquired.fingerprints[record.sha256], ports.settings)
    )
    if rejection:
        acquired.rejected[candidate] = rejection
        return
    acquired.copies[candidate] = record.sha256
    if failure:
        acquired.kept_because[candidate] = f"{failure.outcome}: {failure.reason}"


def _learned(accommodation: Accommodation, acquired: Acquired, looker: _Looker, now: datetime) -> CachedImages:
    """What this look taught about an accommodation: its URLs, and the contents that they gave."""
    urls = {
        candidate.url: record
        for candidate, record in acquired.records.items()
        if candidate.accommodation == accommodation
    }
    before = looker.known.memories[accommodation].contents
    contents: dict[str, ContentRecord] = {}
    version = examiner_version(looker.ports.settings)
    for sha256 in {record.sha256 for record in urls.values() if record.sha256}:
        unreadable = looker.unreadable.get(sha256)
        facts = (unreadable.facts if unreadable else acquired.facts.get(sha256)) or None
        content = replace(
            before.get(sha256) or ContentRecord(now),
            facts=facts,
            unreadable=(unreadable.rejection.outcome, unreadable.rejection.reason, version) if unreadable else None,
        )
        contents[sha256] = content if content == before.get(sha256) else replace(content, at=now)
    return CachedImages(urls, contents)
