"""Check URLs: ask for every image that needs it, examine every content that is new, and keep what is usable.

What a server sends counts, not that it answered 200: a good copy stays until a usable one comes (invariant 5).
"""

from __future__ import annotations

import threading
from collections.abc import Set as AbstractSet
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime, timedelta

from image_release.cache import (
    REFUSED,
    UrlCheck,
    UrlRecord,
    after_crash,
    after_failure,
    after_refusal,
    after_success,
    after_unusable,
    check_needed,
)
from image_release.child_process import ChildCrashedError
from image_release.decode import read_credit
from image_release.dedup import grouping_method
from image_release.fetch import Fetched, FetchFailed, NotModified, Validators
from image_release.fingerprint import Fingerprint
from image_release.hotel.cached import HotelCache
from image_release.hotel.examine import Examined, Unreadable, examine, examiner_version, judge_content, lenient
from image_release.hotel.ports import Ports
from image_release.hotel.published import PublishedBefore
from image_release.outcomes import Outcome, Rejection
from image_release.settings import FilterSettings
from image_release.storage import ConditionFailedError, Store
from image_release.store_keys import original_key
from image_release.values import Accommodation, CatalogueImage, ImageFacts, PartnerImage, sha256_hex

DECODERS = 2
"""Images decoded at once in a hotel. Decoding frees the interpreter lock, but each may hold max_pixels in memory."""
MAX_VIEWS = 200
"""Maximum number of views that are kept of a hotel, 30 MB. Best images without one are opened again (decision 25)."""


class UrlChecker:
    """Checks one hotel's URLs from many threads. Each content is examined once, whichever thread has it first.

    `rescued` are contents that a person wants whatever our filters say, `lost` are contents whose originals are missing
    or damaged; `again` are URLs that are checked without conditions.
    """

    def __init__(
        self,
        cached: HotelCache,
        before: PublishedBefore,
        rescued: frozenset[str],
        lost: frozenset[str],
        ports: Ports,
        *,
        again: frozenset[str],
    ) -> None:
        self.cached, self.before, self.ports, self.again = cached, before, ports, again
        self.rescued = rescued
        self.now = ports.context.now()
        self.fingerprints: dict[str, Fingerprint] = dict(cached.fingerprints)
        self.facts: dict[str, ImageFacts] = cached.facts()
        self.refused = _refused(cached, examiner_version(ports.settings), self.now)
        self.credits = cached.credits_known()
        self.views: dict[str, bytes] = {}
        forgotten = _contents_of(cached, again)
        self.unreadable: dict[str, Unreadable] = {
            sha256: unreadable
            for sha256, unreadable in self.refused.items()
            if sha256 not in forgotten and not (sha256 in rescued and unreadable.rejection.outcome in REFUSED)
        }
        self.lost = set(lost)
        self._examined: dict[str, Future[None]] = {}
        self._lock = threading.Lock()
        self._decoders = threading.BoundedSemaphore(DECODERS)

    def check(self, image: PartnerImage, listed: CatalogueImage) -> UrlRecord:
        """Check one URL if that is needed, and examine what it gives if that is new."""
        record = self.cached.accommodations[image.accommodation].urls.get(image.url)
        trusted = record is not None
        if record is None and (published := self.before.copies.get(image)):
            record, trusted = UrlRecord(self.before.at, listed.version, published), self.before.same_inputs
        revalidate_after = timedelta(days=self.ports.settings.download.revalidate_after_days)
        needed = check_needed(
            record, listed, self.now, revalidate_after, redownload=image.url in self.again or not trusted
        )
        if needed is UrlCheck.KEEP and record is not None:
            waits = record.failure is not None and record.failure.retry_at is not None
            if record.sha256 is None:
                return record
            if self._is_examined(image, record.sha256):
                return record if waits else self._after_examining(record, record.sha256)
            if waits and record.sha256 not in self.lost:
                return record
        return self._fetch(image, listed, record, conditional=needed is UrlCheck.REVALIDATE)

    def _after_examining(self, record: UrlRecord, sha256: str) -> UrlRecord:
        """The record of a URL whose copy was examined again: what killed the process is tried again later."""
        unreadable = self.unreadable.get(sha256)
        if unreadable is None or unreadable.rejection.outcome is not Outcome.CRASHED:
            return record
        return after_crash(record, unreadable.rejection, self.now)

    def verdict(self, sha256: str) -> Rejection | None:
        """Why an examined content is not shown; None: it may be. Raises KeyError if it was never examined."""
        if unreadable := self.unreadable.get(sha256):
            return unreadable.rejection
        if sha256 in self.rescued:
            return None
        return judge_content(self.facts[sha256], self.fingerprints[sha256], self.ports.settings)

    def knows(self, sha256: str) -> bool:
        """Whether a content was examined, now or earlier, and its hashes are of the kind that grouping compares."""
        made = sha256 in self.fingerprints and sha256 in self.facts and not self._has_other_hashes(sha256)
        return made or sha256 in self.unreadable

    def _has_other_hashes(self, sha256: str) -> bool:
        """Whether grouping compares hashes, and those of a fingerprint are of another kind."""
        settings = self.ports.settings
        by_hashes = grouping_method(settings.grouping).compares_hashes
        return by_hashes and self.fingerprints[sha256].hash_kind != settings.fingerprint.hash

    def renew(self, named: AbstractSet[str]) -> None:
        """Examine those images of people's decisions again whose hashes are of another kind than grouping compares."""
        for accommodation, images in self.cached.accommodations.items():
            for sha256 in sorted(named & images.contents.keys() & self.fingerprints.keys()):
                if self._has_other_hashes(sha256):
                    self._is_examined(PartnerImage(accommodation, ""), sha256)

    def unexamined(self, sha256: str) -> Rejection | None:
        """Why a content could not be examined here: its bytes are lost, cost too much, or killed the process.

        None: it was examined. What is published stays where this is not None.
        """
        if not self.knows(sha256):
            return Rejection(Outcome.UNAVAILABLE, "its original is lost")
        unreadable = self.unreadable.get(sha256)
        if unreadable is None:
            return None
        outcome, facts = unreadable.rejection.outcome, unreadable.facts
        within_settings = facts is not None and facts.pixels <= self.ports.settings.filter.max_pixels
        too_costly = outcome is Outcome.TOO_MANY_PIXELS and within_settings
        return unreadable.rejection if too_costly or outcome is Outcome.CRASHED else None

    def _fetch(
        self, image: PartnerImage, listed: CatalogueImage, record: UrlRecord | None, *, conditional: bool
    ) -> UrlRecord:
        validators = Validators(record.etag, record.last_modified) if conditional and record else None
        answer = self.ports.fetcher.fetch(image.url, validators, deadline_s=self.ports.context.deadline_s)
        if isinstance(answer, FetchFailed):
            if record and record.sha256:
                self._is_examined(image, record.sha256)  # the copy stays, so it has to be known
            if record and not conditional:  # its copy was to be downloaded anew, and still is
                record = replace(record, etag=None, last_modified=None)
            return after_failure(record, answer.rejection, answer.retry_after_s, listed, self.now)
        if isinstance(answer, NotModified):
            if record is None or record.sha256 is None:
                raise ValueError(f"not modified, but never had: {image.url!r}")
            if not self._is_examined(image, record.sha256):
                return self._fetch(image, listed, record, conditional=False)
            return _success(record.sha256, answer, listed, self.now)
        self.ports.context.work.count(downloads=1)
        return self._received(answer, image, listed, record)

    def _received(
        self, answer: Fetched, image: PartnerImage, listed: CatalogueImage, record: UrlRecord | None
    ) -> UrlRecord:
        """The record after bytes came: what they are decides."""
        sha256 = sha256_hex(answer.data)
        self._examine(sha256, answer.data)
        rejection = self.verdict(sha256)
        if rejection and record and record.sha256 and record.sha256 != sha256 and self._may_show(image, record.sha256):
            return after_refusal(record, rejection, sha256, listed, self.now)
        state = self.ports.stores.state
        keep_original(state, image.accommodation, sha256, answer.data, replace_it=sha256 in self.lost)
        self.lost.discard(sha256)
        if rejection:
            return after_unusable(record, rejection, sha256, listed, self.now)
        return _success(sha256, answer, listed, self.now)

    def _may_show(self, image: PartnerImage, sha256: str) -> bool:
        """Whether we have a copy that may be shown: examined and accepted, or published and not examined again."""
        if self._is_examined(image, sha256) or self.knows(sha256):
            return self.verdict(sha256) is None
        return self.before.copies.get(image) == sha256

    def _is_examined(self, image: PartnerImage, sha256: str) -> bool:
        """Whether a content that we had is known; examines its original if it is not. False: its bytes are lost."""
        if sha256 in self.lost:
            return False
        if not self.knows(sha256):
            data = whole_original(self.ports.stores.state, image.accommodation, sha256)
            if data is None:
                return False
            self._examine(sha256, data)
        return True

    def _examine(self, sha256: str, data: bytes) -> None:
        """Examine a content, or wait until the thread that had it first has done so."""
        credit = None if sha256 in self.credits else read_credit(data)
        with self._lock:
            if credit:
                self.credits[sha256] = credit
            if self.knows(sha256):
                return
            ours = sha256 not in self._examined
            examined = self._examined.setdefault(sha256, Future())
        if not ours:
            examined.result()
            return
        try:
            self._examine_now(sha256, data)
        except BaseException as error:
            examined.set_exception(error)
            raise
        examined.set_result(None)

    def _examine_now(self, sha256: str, data: bytes) -> None:
        settings = self.ports.settings.filter
        result = self._examined_by(settings, sha256, data)
        if sha256 in self.rescued and isinstance(result, Unreadable) and result.rejection.outcome in REFUSED:
            self.refused[sha256] = result
            result = self._examined_by(lenient(settings), sha256, data)
        with self._lock:
            if isinstance(result, Unreadable):
                self.unreadable[sha256] = result
            else:
                self.facts[sha256], self.fingerprints[sha256] = result.facts, result.fingerprint
                if result.view is not None and len(self.views) < MAX_VIEWS:
                    self.views[sha256] = result.view

    def _examined_by(self, settings: FilterSettings, sha256: str, data: bytes) -> Examined | Unreadable:
        self.ports.context.work.count(decodes=1)
        with_view = self.ports.tagger.wants_views and len(self.views) < MAX_VIEWS
        with self._decoders:
            try:
                return self.ports.call(
                    examine, data, sha256, settings, self.ports.settings.fingerprint, with_view=with_view
                )
            except ChildCrashedError as error:
                return Unreadable(Rejection(Outcome.CRASHED, f"decoding it killed the process: {error}"), None)


def keep_original(
    state: Store, accommodation: Accommodation, sha256: str, data: bytes, *, replace_it: bool = False
) -> None:
    """Keep an original under its SHA-256, written once; `replace_it` where what is there is damaged."""
    try:
        state.put(original_key(accommodation, sha256), data, if_absent=not replace_it)
    except ConditionFailedError:
        return  # the same bytes are there already


def whole_original(state: Store, accommodation: Accommodation, sha256: str) -> bytes | None:
    """Read an original; None if it is missing, or if its bytes are not those that its name says."""
    stored = state.get(original_key(accommodation, sha256))
    return stored.data if stored and sha256_hex(stored.data) == sha256 else None


def _success(sha256: str, answer: Fetched | NotModified, listed: CatalogueImage, now: datetime) -> UrlRecord:
    return after_success(sha256, answer.validators.etag, answer.validators.last_modified, listed, now)


def _contents_of(cached: HotelCache, urls: frozenset[str]) -> frozenset[str]:
    """SHA-256 of what URLs gave last."""
    return frozenset(
        record.sha256
        for images in cached.accommodations.values()
        for url, record in images.urls.items()
        if url in urls and record.sha256
    )


def _refused(cached: HotelCache, version: str, now: datetime) -> dict[str, Unreadable]:
    """What this version of the decoder could not decode. What killed the process is tried again when its wait ends."""
    due = {
        record.sha256
        for images in cached.accommodations.values()
        for record in images.urls.values()
        if record.failure and record.failure.retry_at and record.failure.retry_at <= now
    }
    return {
        sha256: Unreadable(Rejection(content.unreadable[0], content.unreadable[1]), content.facts)
        for images in cached.accommodations.values()
        for sha256, content in images.contents.items()
        if content.unreadable
        and content.unreadable[2] == version
        and not (content.unreadable[0] is Outcome.CRASHED and sha256 in due)
    }
