"""Applying a catalogue: compare it with the one in force, and write the listings that differ.

The file is read twice, once to find what differs and once to write it, because half a million accommodations are too
many to hold in memory. Reads and writes of the store run in parallel, in `threads` threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from image_release.ingest.catalogues.claims import claim, holds, touch, touched
from image_release.ingest.catalogues.comparing import (
    CatalogueComparison,
    decided,
    kept_of,
    listing_of,
    tombstones,
    written_of,
)
from image_release.ingest.catalogues.digests import Known
from image_release.ingest.catalogues.in_force import (
    CatalogueApplied,
    already_in_force,
    braked,
    bring_into_force,
    digests_before,
    newer_is_applied,
    older,
    says_all_is_deleted,
    totals_of,
)
from image_release.ingest.catalogues.reading import GoodLine, images_digest, partner_and_version, read_catalogue
from image_release.ingest.files import opened
from image_release.ingest.listings import write_listing
from image_release.ingest.not_applied import Held, Ignored
from image_release.settings import Settings
from image_release.side_by_side import side_by_side
from image_release.state import MAX_SWAPS, DocumentContendedError, read_json
from image_release.storage import Store
from image_release.store_keys import catalogue_key, catalogue_state_key
from image_release.values import Accommodation, Listing


class InputChangedError(Exception):
    """A catalogue was replaced while it was being applied: it has to be applied again."""


def tell_nobody(changed: Sequence[Accommodation]) -> None:
    """Announce nothing: one machine processes every hotel afterwards."""


def apply_catalogue(
    inbox: Store,
    state: Store,
    key: str,
    settings: Settings,
    *,
    announce: Callable[[Sequence[Accommodation]], None] = tell_nobody,
    threads: int = 1,
) -> CatalogueApplied | Held | Ignored:
    """Bring a catalogue into force, unless it is older, or deletes too much without an accept.

    `announce` is called with the accommodations that changed, after they are written and before the catalogue is in
    force. If it fails, or the caller is killed, the same catalogue is applied and announced again.

    Raises CatalogueMisnamedError, MissingInputError, InputDamagedError, InputChangedError, DocumentContendedError.
    """
    partner_id, version = partner_and_version(key)
    for _ in range(MAX_SWAPS):
        result = _planned(inbox, state, key, settings, threads)
        if not isinstance(result, _CataloguePlan):
            return result
        if not claim(state, partner_id, version):
            return newer_is_applied(partner_id, version)
        # Read these lists before the state: a catalogue that comes into force deletes its list.
        nothing_else = touched(state, partner_id) <= result.forced
        if nothing_else and read_json(state, catalogue_state_key(partner_id)) == result.base:
            return result.apply(inbox, key, announce)
    raise DocumentContendedError(catalogue_state_key(partner_id))


def _planned(inbox: Store, state: Store, key: str, settings: Settings, threads: int) -> _CataloguePlan | Held | Ignored:
    """What a catalogue would change, or why it is not applied."""
    partner_id, version = partner_and_version(key)
    present = read_json(state, catalogue_state_key(partner_id))
    if ignored := older(present, partner_id, version):
        return ignored
    plan = _CataloguePlan(state, partner_id, version, present, touched(state, partner_id), threads)
    plan.read(inbox, key)
    names, problems = (partner_id, version), plan.found.problems.all()
    ignored = already_in_force(state, present, names, plan.totals)
    return ignored or braked(inbox, state, names, plan.totals, present, settings.brakes, problems) or plan


@dataclass
class _CataloguePlan:
    """A catalogue that is being applied: what differs from the one in force, found before anything is written."""

    state: Store
    partner_id: str
    version: str
    base: Any
    """The partner's catalogue in force as it is recorded; None: this is the first."""
    forced: frozenset[str]
    """Accommodations that are written even if they do not differ: another catalogue may have written them."""
    threads: int

    def read(self, inbox: Store, key: str) -> None:
        """Find what differs. An accommodation on a bad line keeps what it had; an unreadable id keeps all of them."""
        file = catalogue_key(self.partner_id, self.version, "")
        before = dict(digests_before(self.state, self.partner_id, self.base))
        self.found = CatalogueComparison(self.state, self.partner_id, file, before, self.forced, self.threads)
        is_declared = says_all_is_deleted(inbox, key, self.version)
        if not is_declared:
            with opened(inbox, key) as stream:
                self.found.count(read_catalogue(stream, key))
        self.decisions = list(decided(self.found.found(), keep_all=self.found.keep_all))
        self.totals = totals_of(self.decisions, self.found.counts, is_declared=is_declared)

    def apply(
        self, inbox: Store, key: str, announce: Callable[[Sequence[Accommodation]], None]
    ) -> CatalogueApplied | Ignored:
        """Write what differs. The partner's state moves last: after a crash before that, the work is done again."""
        written = written_of(self.decisions)
        touch(self.state, self.partner_id, self.version, written)
        if not holds(self.state, self.partner_id, self.version):
            return newer_is_applied(self.partner_id, self.version)
        for _ in side_by_side(self._write, self._listings(inbox, key, written), self.threads):
            pass
        announce(tuple(Accommodation(self.partner_id, name) for name in written))
        bring_into_force(self.state, self.partner_id, self.version, self.totals, kept_of(self.decisions))
        return CatalogueApplied.of((self.partner_id, self.version), self.totals, self.found.problems.all())

    def _listings(self, inbox: Store, key: str, written: dict[str, Known | None]) -> Iterator[Listing]:
        """The listings to write, tombstones last; the file is not read if there is nothing else.

        Raises InputChangedError.
        """
        if any(written.values()):
            with opened(inbox, key) as stream:
                for item in read_catalogue(stream, key):
                    known = written.get(item.accommodation_id) if isinstance(item, GoodLine) else None
                    if not isinstance(item, GoodLine) or known is None:
                        continue
                    if known[0] != images_digest(item.images):
                        raise InputChangedError(key)
                    yield listing_of(item, self.partner_id, self.version)
        yield from tombstones(written, self.partner_id, self.version)

    def _write(self, listing: Listing) -> None:
        write_listing(self.state, listing, is_new=listing.accommodation.accommodation_id not in self.found.before)
