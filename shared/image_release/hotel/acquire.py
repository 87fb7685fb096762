"""Acquire: for every image asked for, a copy whose fingerprint is known, or the reason why there is none.

Downloads overlap with each other and with decoding. Memory stays bounded because a thread holds at most one original
and at most DECODERS threads decode at once. What was learned is returned as values; `update_cache` writes them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from image_release.cache import (
    CachedImages,
    ContentRecord,
    UrlRecord,
    believed_gone,
    brake_of,
    dropped,
    going_since,
)
from image_release.fingerprint import Fingerprint
from image_release.hotel.cached import HotelCache
from image_release.hotel.check_urls import UrlChecker
from image_release.hotel.examine import examiner_version
from image_release.hotel.load import Hotel
from image_release.hotel.ports import Ports
from image_release.hotel.published import PublishedBefore, images_of, partner_image
from image_release.outcomes import Outcome, Rejection
from image_release.publish import PublishedPicture
from image_release.values import Accommodation, Credit, ImageFacts, PartnerImage


@dataclass(slots=True)
class Acquired:
    """What became of every image asked for, a copy (SHA-256) or a rejection; and what was learned on the way."""

    copies: dict[PartnerImage, str] = field(default_factory=dict)
    rejected: dict[PartnerImage, Rejection] = field(default_factory=dict)
    standing: tuple[PublishedPicture, ...] = ()
    """Published pictures of which all bytes and fingerprints are lost and could not be had again: they stay."""
    lost: frozenset[str] = frozenset()
    """Contents whose originals are lost and could not be had again."""
    kept_because: dict[PartnerImage, str] = field(default_factory=dict)
    """Why an earlier copy is used, where the last check of the URL failed."""
    records: dict[PartnerImage, UrlRecord] = field(default_factory=dict)
    fingerprints: dict[str, Fingerprint] = field(default_factory=dict)
    facts: dict[str, ImageFacts] = field(default_factory=dict)
    learned: dict[Accommodation, CachedImages] = field(default_factory=dict)
    credits: dict[str, Credit] = field(default_factory=dict)
    """Who made the images, by SHA-256, where they say so."""
    views: dict[str, bytes] = field(default_factory=dict)
    """What a local model looks at, of images that were examined now; not of all if they are many."""


def acquire(
    hotel: Hotel,
    cached: HotelCache,
    before: PublishedBefore,
    ports: Ports,
    *,
    again: frozenset[str] = frozenset(),
    lost: frozenset[str] = frozenset(),
) -> Acquired:
    """Check every URL that needs it, examine every content that is new, and judge all images.

    `again` are URLs that are checked without conditions. `lost` are contents whose originals were found to be missing
    or damaged: they are downloaded again. Raises storage faults.
    """
    checker = UrlChecker(cached, before, hotel.rescued(), lost, ports, again=again)
    with ThreadPoolExecutor(max_workers=max(1, min(ports.settings.download.connections, len(hotel.images)))) as pool:
        records = dict(zip(hotel.images, pool.map(checker.check, hotel.images, hotel.images.values()), strict=True))
    checker.renew(hotel.named_by_people())
    records = _drop_gone(hotel, cached, records, ports, checker.now)
    acquired = Acquired(
        records=records,
        fingerprints=checker.fingerprints,
        facts=checker.facts,
        lost=frozenset(checker.lost),
        credits={**before.credits, **checker.credits},
        views=checker.views,
    )
    for image, record in records.items():
        _judge(image, record, acquired, checker, before)
    for accommodation in hotel.accommodations:
        acquired.learned[accommodation] = _learned(accommodation, acquired, checker, ports)
    _let_stand(acquired, before, checker)
    return acquired


def _drop_gone(
    hotel: Hotel, cached: HotelCache, records: dict[PartnerImage, UrlRecord], ports: Ports, now: datetime
) -> dict[PartnerImage, UrlRecord]:
    """Drop the copies of images that were seen gone twice, unless so many go that a person must accept."""
    stores, brakes = ports.stores, ports.settings.brakes
    records = dict(records)
    for accommodation in hotel.accommodations:
        checked = {image: record for image, record in records.items() if image.accommodation == accommodation}
        before = cached.accommodations[accommodation].urls
        going = Counter(since.date() for record in checked.values() if (since := going_since(record)))
        days = _days_that_changed(before, checked)
        leaving = [image for image, record in checked.items() if record.at == now and believed_gone(record)]
        if not days and not leaving:
            continue
        brake = brake_of(stores.inbox, stores.state, accommodation.partner_id, brakes)
        brake.record(accommodation, going, days)
        for image in leaving:
            since = going_since(records[image]) or now
            records[image] = (
                dropped(records[image])
                if brake.may_go(accommodation, since, now)
                else _held(records[image], accommodation.partner_id)
            )
    return records


def _days_that_changed(before: Mapping[str, UrlRecord], checked: Mapping[PartnerImage, UrlRecord]) -> frozenset[date]:
    """The days since when other images go than before: some went for the first time, some have come back."""
    changed = set()
    for image, record in checked.items():
        known = before.get(image.url)
        was, now = going_since(known) if known else None, going_since(record)
        if was != now:
            changed |= {since.date() for since in (was, now) if since}
    return frozenset(changed)


def _held(record: UrlRecord, partner_id: str) -> UrlRecord:
    if record.failure is None:
        return record
    reason = f"{record.failure.reason}; held: too many images of {partner_id} go"
    return replace(record, failure=replace(record.failure, reason=reason))


def _judge(
    image: PartnerImage, record: UrlRecord, acquired: Acquired, checker: UrlChecker, before: PublishedBefore
) -> None:
    """Decide whether an image has a usable copy."""
    failure, sha256 = record.failure, record.sha256
    said = Rejection(failure.outcome, failure.reason) if failure else None
    if sha256 is None:
        if said is None:
            raise ValueError(f"neither a copy nor a failure: {image.url!r}")
        acquired.rejected[image] = said
        return
    unexamined = checker.unexamined(sha256)
    if not unexamined and (rejection := checker.verdict(sha256)):
        acquired.rejected[image] = rejection
        return
    if why := said or unexamined:
        acquired.kept_because[image] = f"{why.outcome}: {why.reason}"
    if not unexamined and (sha256 not in checker.lost or sha256 in before.renditions):
        acquired.copies[image] = sha256
    else:
        acquired.rejected[image] = said or unexamined or Rejection(Outcome.UNAVAILABLE, "its original is lost")


def _let_stand(acquired: Acquired, before: PublishedBefore, checker: UrlChecker) -> None:
    """Let published pictures stand of which every image is lost: their images count as copies."""
    for picture in before.pictures():
        images = {partner_image(image): image for image in images_of(picture)}
        if any(image in acquired.copies for image in images):
            continue
        lost = {
            image: published
            for image, published in images.items()
            if (record := acquired.records.get(image)) and record.sha256 == published.sha256
            if checker.unexamined(published.sha256)
        }
        if partner_image(picture.best) in lost and picture.best.sha256 in before.renditions:
            acquired.standing += (picture,)
            acquired.lost |= {picture.best.sha256}
            for image, published in lost.items():
                acquired.copies[image] = published.sha256
                acquired.facts[published.sha256] = ImageFacts(
                    published.sha256, published.width, published.height, "", 0
                )
                del acquired.rejected[image]


def _learned(accommodation: Accommodation, acquired: Acquired, checker: UrlChecker, ports: Ports) -> CachedImages:
    """What the checks taught about an accommodation: its URLs, and the contents that they gave."""
    urls = {image.url: record for image, record in acquired.records.items() if image.accommodation == accommodation}
    before = checker.cached.accommodations[accommodation].contents
    contents: dict[str, ContentRecord] = {}
    version = examiner_version(ports.settings)
    for sha256 in {record.sha256 for record in urls.values() if record.sha256}:
        unreadable = checker.unreadable.get(sha256) or (
            checker.refused.get(sha256) if sha256 in checker.rescued else None  # it holds again without the rescue
        )
        facts = (unreadable.facts if unreadable else acquired.facts.get(sha256)) or None
        content = replace(
            before.get(sha256) or ContentRecord(checker.now),
            facts=facts,
            unreadable=(unreadable.rejection.outcome, unreadable.rejection.reason, version) if unreadable else None,
        )
        contents[sha256] = content if content == before.get(sha256) else replace(content, at=checker.now)
    return CachedImages(urls, contents)
