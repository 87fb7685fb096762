"""What is decided of a catalogue that is split, once all its shares are compared; and how it comes into force."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from image_release.ingest.catalogues.claims import claim, holds, touch, touched_lists
from image_release.ingest.catalogues.comparing import kept_of
from image_release.ingest.catalogues.findings import SplitFindings
from image_release.ingest.catalogues.in_force import (
    CatalogueApplied,
    already_in_force,
    braked,
    bring_into_force,
    newer_is_applied,
    older,
    totals_of,
)
from image_release.ingest.catalogues.splitting import SplitCatalogue, given_at
from image_release.ingest.not_applied import Held, Ignored
from image_release.problems import Problem
from image_release.settings import Settings
from image_release.state import read_json
from image_release.storage import Store
from image_release.store_keys import catalogue_key, catalogue_state_key
from image_release.values import Accommodation


class SplitOutdatedError(Exception):
    """The catalogue, or the one in force, is not any more what the work was split from: it is split again."""


@dataclass(frozen=True, slots=True)
class SplitWork:
    """A catalogue that is split, with what was found of all its shares."""

    inbox: Store
    state: Store
    split: SplitCatalogue
    threads: int

    def stopped(self) -> Ignored | None:
        """Why the work stops: a newer catalogue is in force, or the file was taken away. Raises SplitOutdatedError."""
        partner_id, version = self.split.names
        if ignored := older(read_json(self.state, catalogue_state_key(partner_id)), partner_id, version):
            return ignored
        given = given_at(self.inbox, self.split.key)
        if given is None:
            return Ignored(f"{partner_id} {version}", "its file was removed while it was applied", is_warning=True)
        if given != self.split.given:
            raise SplitOutdatedError(self.split.key)
        return None

    def findings(self) -> SplitFindings:
        """What was found of all shares. Raises StateUnreadableError."""
        return SplitFindings.read(self.state, self.split.folder, self.split.shares, self.threads)

    def decide(self, findings: SplitFindings, settings: Settings) -> SplitCatalogue | Held | Ignored:
        """Claim for the catalogue and say what it comes to, unless it is held or ignored.

        Raises SplitOutdatedError, DocumentContendedError.
        """
        split, (partner_id, version) = self.split, self.split.names
        self._refuse_another_base()
        totals = totals_of(findings.decisions(), findings.counts, is_declared=split.is_declared)
        problems = self.problems(findings)
        names = (partner_id, version)
        ignored = already_in_force(self.state, split.base, names, totals)
        stops = ignored or braked(self.inbox, self.state, names, totals, split.base, settings.brakes, problems)
        if stops:
            return stops
        if not claim(self.state, partner_id, version):
            return newer_is_applied(partner_id, version)
        # Read these lists before the state: a catalogue that comes into force deletes its list.
        if not {digest for digest, _ in touched_lists(self.state, partner_id)} <= set(split.touched):
            raise SplitOutdatedError(split.key)
        self._refuse_another_base()
        return replace(split, totals=totals, keep_all=findings.keep_all)

    def touch(self, findings: SplitFindings) -> Ignored | None:
        """Say what is going to be written; says why if a newer catalogue has claimed."""
        partner_id, version = self.split.names
        touch(self.state, partner_id, version, (each.name for each in findings.decisions() if each.is_written))
        return self.superseded()

    def superseded(self) -> Ignored | None:
        """Why nothing more may be written, if a newer catalogue has claimed."""
        return None if holds(self.state, *self.split.names) else newer_is_applied(*self.split.names)

    def changed(self, findings: SplitFindings) -> Iterator[Accommodation]:
        """The accommodations whose hotels have to be processed."""
        return (Accommodation(self.split.names[0], each.name) for each in findings.decisions() if each.is_written)

    def bring_into_force(self, findings: SplitFindings) -> CatalogueApplied:
        """Put the catalogue into force, whose listings are written and whose hotels are nudged."""
        totals, names = self.split.totals, self.split.names
        assert totals is not None  # decided before anything was written
        bring_into_force(self.state, *names, totals, kept_of(findings.decisions()))
        return CatalogueApplied.of(names, totals, self.problems(findings))

    def problems(self, findings: SplitFindings) -> tuple[Problem, ...]:
        """The lines that cannot be used."""
        return findings.problems(self.split.key, catalogue_key(*self.split.names, "")).all()

    def _refuse_another_base(self) -> None:
        if read_json(self.state, catalogue_state_key(self.split.names[0])) != self.split.base:
            raise SplitOutdatedError(self.split.key)
