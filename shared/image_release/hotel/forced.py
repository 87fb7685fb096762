"""Forced: what requests force a hotel to do again, now and from earlier runs.

What cannot be done now (time or quota is up) is not forgotten: the manifest's `pending` names the images that are still
to be done again, and the requests that wait for them. Only when nothing of it is left do they count as done. What comes
to the hotel while a request waits is done, too: what counts as done is what the manifest names and was not put off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from image_release.hotel.acquire import Acquired
from image_release.hotel.choose import Chosen
from image_release.hotel.label import Labels
from image_release.hotel.load import Hotel
from image_release.ingest import HotelRequest
from image_release.outcomes import Outcome
from image_release.publish import Manifest, Pending
from image_release.values import Nudge

FORCES = {"redownload": "download", "retag": "tag"}
"""What a request may force -> the kind of pending work if it is put off. `rerender` is never put off."""
LABELLED = (Outcome.OVER_LIMIT, Outcome.SAME_VIEW)
"""Outcomes of images whose pictures are labelled, and not shown."""


@dataclass(frozen=True, slots=True)
class Left:
    """What was forced and put off: URLs or SHA-256 (`again`), and the requests that wait for it."""

    again: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Forced:
    """What has to be done again: what the nudge's request forces, and what earlier runs put off (`before`)."""

    force: str
    request_id: str | None
    before: Manifest | None

    def urls(self, hotel: Hotel) -> frozenset[str]:
        """URLs that are downloaded without conditions."""
        if self.force == "redownload":
            return frozenset(image.url for image in hotel.images)
        return self._still("download", {image.url for image in hotel.images}, _downloaded)

    def contents(self, chosen: Iterable[Chosen]) -> frozenset[str]:
        """SHA-256 of the images about which taggers are asked although their labels are known."""
        if self.force == "retag":
            return frozenset(picture.best.sha256 for picture in chosen)
        return self._still("tag", {picture.best.sha256 for picture in chosen}, _asked_about)

    def left(self, hotel: Hotel, acquired: Acquired, labels: Labels, chosen: Iterable[Chosen]) -> dict[str, Left]:
        """What is still to be done, by kind of pending work. A download that was tried and failed counts as done."""
        deferred = {
            image.url
            for image, record in acquired.records.items()
            if record.failure and record.failure.outcome is Outcome.DEFERRED
        }
        return {
            "download": self._left("download", deferred & self.urls(hotel)),
            "tag": self._left("tag", labels.missing.keys() & self.contents(chosen)),
        }

    def _left(self, kind: str, again: AbstractSet[str]) -> Left:
        if not again:
            return Left()
        requests = {name for entry in _entries(self.before) if entry.kind == kind for name in entry.requests}
        if self.request_id is not None and FORCES.get(self.force) == kind:
            requests.add(self.request_id)
        return Left(tuple(sorted(again)), tuple(sorted(requests)))

    def _still(self, kind: str, now: Iterable[str], done: Callable[[Manifest], Iterable[str]]) -> frozenset[str]:
        """Of what the hotel has now what is still to be done; nothing if no request waits for this kind of work."""
        put_off = {name for entry in _entries(self.before) if entry.kind == kind for name in entry.again}
        if self.before is None or not put_off:
            return frozenset()
        return frozenset(now) - (frozenset(done(self.before)) - put_off)


def forced_by(nudge: Nudge, asked: HotelRequest, before: Manifest | None) -> Forced:
    """What is forced. A request that waits for what was put off forces only that: the rest of it was done."""
    waits = before is not None and nudge.request_id in before.waiting_requests()
    return Forced("none" if waits else asked.force, nudge.request_id, before)


def no_longer_waiting(before: Manifest | None, manifest: Manifest) -> list[str]:
    """Requests that waited for what `before` put off, and of which nothing is left in the new manifest; sorted."""
    waited = before.waiting_requests() if before else frozenset()
    return sorted(waited - manifest.waiting_requests())


def _downloaded(manifest: Manifest) -> Iterator[str]:
    """The URLs of all images that a manifest names."""
    for picture in manifest.pictures:
        yield from (image.url for image in (picture.best, *picture.merged))
    yield from (image.url for image in manifest.rejected)


def _asked_about(manifest: Manifest) -> Iterator[str]:
    """The best images of the pictures about which taggers were asked, also of those that are not shown."""
    yield from (picture.best.sha256 for picture in manifest.pictures)
    yield from (image.picture for image in manifest.rejected if image.picture and image.outcome in LABELLED)


def _entries(manifest: Manifest | None) -> tuple[Pending, ...]:
    return manifest.pending if manifest else ()
