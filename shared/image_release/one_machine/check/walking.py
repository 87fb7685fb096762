"""The walk over a workspace: the truth first, then the caches, then every hotel. Damage is mended on the way."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby

from image_release.cache import CachedImages, merge_cached_images, merge_fingerprints, merge_labels
from image_release.feed import Cause, Collecting, Noting
from image_release.hotel import SWEEP, Damage, HotelContendedError, Ports, process_hotel
from image_release.ingest import all_waiting, hotel_rows, read_current
from image_release.one_machine.check.findings import Finding, Report
from image_release.one_machine.check.hotels import PublishedHotel, check_cache, check_hotel, is_original_whole
from image_release.one_machine.check.truth import check_catalogues, check_listing, check_release
from image_release.one_machine.workspace import Workspace
from image_release.publish import ManifestUnreadableError
from image_release.state import DocumentContendedError, StateUnreadableError
from image_release.storage import Listed
from image_release.store_keys import (
    ACCOMMODATIONS,
    HOTELS,
    accommodation_folder,
    folder_of_hotel,
    hotel_folder,
    kept_of,
    labelling_tagger,
    original_key,
)
from image_release.values import Accommodation, Nudge

ORIGINALS = "originals/"
REPAIR = "repair"
"""Reason of a nudge for a hotel of which something is damaged."""


def check_workspace(workspace: Workspace, advance: Callable[[], None], *, repair: bool) -> Report:
    """Walk a workspace; `advance` is called after each accommodation and each hotel.

    With `repair` what can be mended is mended. Raises storage faults.
    """
    cause = Cause.of("check", datetime.now(UTC))
    walk = _Walk(workspace, advance, cause if repair else None)
    walk.report.findings += check_release(workspace, repair=repair)
    walk.report.findings += check_catalogues(workspace, repair=repair)
    walk.accommodations()
    with Collecting(workspace.stores, cause):
        walk.hotels()
    walk.held()
    return walk.report


@dataclass
class _Walk:
    workspace: Workspace
    advance: Callable[[], None]
    cause: Cause | None
    """Under which the hotels that are mended are listed; None if nothing is to be mended."""
    report: Report = field(default_factory=Report)
    damaged: dict[Accommodation, Damage] = field(default_factory=dict)
    """What is wrong with the caches of accommodations; their hotels are processed."""

    @property
    def repair(self) -> bool:
        """Whether what can be mended is mended."""
        return self.cause is not None

    def accommodations(self) -> None:
        """Check listings, caches and originals."""
        kept = ((kept, listed) for listed in self.workspace.state.list(ACCOMMODATIONS) if (kept := kept_of(listed.key)))
        for accommodation, parts in groupby(kept, key=lambda item: item[0][0]):
            names = [part for (_, part), _ in parts]
            self.report.findings += check_listing(self.workspace, accommodation, repair=self.repair)
            folder = accommodation_folder(accommodation)
            taggers = [tagger for name in names if (tagger := labelling_tagger(accommodation, folder + name))]
            caches = check_cache(self.workspace, accommodation, taggers)
            if caches and self.repair:
                self._replace_unreadable(accommodation, taggers)
            self.report.findings += [replace(finding, mended=self.repair) for finding in caches]
            originals = frozenset(name.removeprefix(ORIGINALS) for name in names if name.startswith(ORIGINALS))
            self.report.originals += len(originals)
            lost = frozenset(sha256 for sha256 in originals if not self._is_whole(accommodation, sha256))
            if lost or caches:
                self.damaged[accommodation] = Damage(originals=lost, other=bool(caches))
            self.advance()

    def _replace_unreadable(self, accommodation: Accommodation, taggers: Iterable[str]) -> None:
        """Put empty caches in place of those that cannot be read; the others stay as they are."""
        state = self.workspace.state
        merge_cached_images(state, accommodation, CachedImages())
        merge_fingerprints(state, accommodation, {})
        for tagger in taggers:
            merge_labels(state, accommodation, tagger, {})

    def hotels(self) -> None:
        """Check every published hotel, and the hotels of damaged accommodations."""
        of_hotels = self._accommodations_of_hotels()
        ports = None
        if self.cause:
            noting = Noting(self.workspace.state, self.cause)
            ports = replace(self.workspace.ports(isolated=True), leave_markers=noting)
        published = set()
        by_hotel = groupby(self.workspace.published.list(HOTELS), key=lambda listed: folder_of_hotel(listed.key))
        for hotel_id, listed in by_hotel:
            if hotel_id is not None:
                published.add(hotel_id)
                self._hotel(hotel_id, list(listed), of_hotels.pop(hotel_id, []), ports)
                self.advance()
        for hotel_id, accommodations in sorted(of_hotels.items()):
            self._hotel(hotel_id, [], accommodations, ports)
        for accommodation in self.damaged:  # those that no hotel has
            self._lost_originals(accommodation)
        self.report.unpublished = sum(hotel_id not in published for hotel_id, _ in self._rows())

    def held(self) -> None:
        """Count what waits for a person."""
        with suppress(StateUnreadableError):  # a finding says so
            for found in all_waiting(self.workspace.inbox, self.workspace.state):
                self.report.held.append(" ".join(found.names))

    def _hotel(
        self, hotel_id: str, listed: list[Listed], accommodations: Collection[Accommodation], ports: Ports | None
    ) -> None:
        now = datetime.now(UTC)
        found = self._checked(hotel_id, listed, now)
        damage = found.damage
        for accommodation in accommodations:
            of = self.damaged[accommodation]
            damage = replace(damage, originals=damage.originals | of.originals, other=damage.other or of.other)
        left = found
        if ports and (damage or found.orphans) and _process(hotel_id, damage, found, ports):
            left = self._checked(hotel_id, list(self.workspace.published.list(hotel_folder(hotel_id))), now)
        still = {finding.key for finding in left.findings}
        self.report.findings += [replace(item, mended=item.key not in still) for item in found.findings]
        for accommodation in accommodations:
            self._lost_originals(accommodation, hotel_id)
            del self.damaged[accommodation]
        self.report.orphans += found.orphans
        self.report.swept += found.orphans - left.orphans
        if left.manifest:
            self.report.hotels += 1
            self.report.renditions += len(left.manifest.named_keys())
            self.report.pending += any(entry.is_due(now) for entry in left.manifest.pending)

    def _checked(self, hotel_id: str, listed: list[Listed], now: datetime) -> PublishedHotel:
        grace = timedelta(days=self.workspace.settings.publishing.grace_days)
        return check_hotel(self.workspace, hotel_id, listed, now, grace)

    def _lost_originals(self, accommodation: Accommodation, hotel_id: str | None = None) -> None:
        """Tell what became of the damaged originals of an accommodation."""
        for sha256 in sorted(self.damaged[accommodation].originals):
            mended = self._is_whole(accommodation, sha256)
            what = "is not the bytes of its name"
            self.report.findings.append(Finding("state", original_key(accommodation, sha256), what, hotel_id, mended))

    def _is_whole(self, accommodation: Accommodation, sha256: str) -> bool:
        return is_original_whole(self.workspace, accommodation, sha256)

    def _accommodations_of_hotels(self) -> dict[str, list[Accommodation]]:
        """The damaged accommodations by the hotel that has them."""
        found: dict[str, list[Accommodation]] = {}
        for hotel_id, accommodations in self._rows() if self.damaged else ():
            if damaged := [accommodation for accommodation in accommodations if accommodation in self.damaged]:
                found[hotel_id] = damaged
        return found

    def _rows(self) -> Iterator[tuple[str, Iterable[Accommodation]]]:
        """The hotels of the release in force with their accommodations; those whose row cannot be read are missing."""
        try:
            current = read_current(self.workspace.state)
        except StateUnreadableError:
            return  # a finding says so
        if current:
            for row in hotel_rows(self.workspace.state, current, skip_unreadable=True):
                yield row.hotel_id, row.accommodations


def _process(hotel_id: str, damage: Damage, found: PublishedHotel, ports: Ports) -> bool:
    """Process a hotel so that its damage is mended; False if it cannot be processed now."""
    nudge = Nudge(hotel_id, SWEEP if found.orphans else REPAIR)
    try:
        process_hotel(nudge, ports, damage=damage)
    except (HotelContendedError, StateUnreadableError, ManifestUnreadableError, DocumentContendedError):
        return False
    return True
