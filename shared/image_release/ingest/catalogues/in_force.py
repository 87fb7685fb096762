"""Which catalogue of a partner is in force: what keeps another one from it, and how that comes into force.

`state.json` records the version in force and is written last. `listings-<version>.jsonl.gz` holds digest and image
count of every accommodation of a version. It makes the next comparison cheap: only listings whose digest differs are
read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from image_release.ingest.brakes import brake_reason
from image_release.ingest.catalogues.claims import forget_touched
from image_release.ingest.catalogues.comparing import AccommodationDecided, ImageCounts, digest_of, kept_of
from image_release.ingest.catalogues.digests import Known, digests_of_listings, pack_digests, stored_digests
from image_release.ingest.catalogues.reading import PHOTOS_PREFIX, says_folder_is_gone
from image_release.ingest.files import opened
from image_release.ingest.not_applied import Held, Ignored
from image_release.problems import Problem
from image_release.settings import BrakeSettings
from image_release.state import StateUnreadableError, held, hold, is_accepted, let_go, swap_json
from image_release.storage import Store
from image_release.store_keys import (
    CATALOGUE_SUFFIXES,
    accept_catalogue_key,
    catalogue_digests_key,
    catalogue_key,
    catalogue_state_key,
    held_catalogue_key,
)


@dataclass(frozen=True, slots=True)
class CatalogueTotals:
    """What a whole catalogue comes to: its digest, how large it is, and how it differs from the one in force."""

    digest: str
    images: int
    accommodations: int
    changed: int
    """Accommodations whose listings are written."""
    new: int
    updated: int
    deleted: int
    """Images, as are those before."""
    is_declared: bool = False
    """The file says itself that everything is to be deleted: a photos folder that vanished. No brake holds that."""


def totals_of(decisions: Iterable[AccommodationDecided], counts: ImageCounts, *, is_declared: bool) -> CatalogueTotals:
    """What a whole catalogue comes to; the decisions are sorted by name, and read once."""
    images = accommodations = changed = leaving = 0

    def counted() -> Iterator[AccommodationDecided]:
        nonlocal images, accommodations, changed, leaving
        for decision in decisions:
            changed += decision.is_written
            leaving += decision.leaving
            if decision.known is not None:
                images += decision.known[1]
                accommodations += 1
            yield decision

    digest = digest_of(kept_of(counted()))
    deleted = counts.deleted + leaving
    return CatalogueTotals(digest, images, accommodations, changed, counts.new, counts.updated, deleted, is_declared)


@dataclass(frozen=True, slots=True)
class CatalogueApplied:
    """A catalogue is in force. `changed` counts the accommodations whose hotels have to be processed."""

    partner_id: str
    version: str
    changed: int
    new: int
    updated: int
    deleted: int
    images: int
    problems: tuple[Problem, ...]

    @classmethod
    def of(cls, names: tuple[str, str], totals: CatalogueTotals, problems: tuple[Problem, ...]) -> CatalogueApplied:
        """What is told of a catalogue that came into force; `names` are its partner and version."""
        counts = (totals.changed, totals.new, totals.updated, totals.deleted, totals.images)
        return cls(*names, *counts, problems)


def older(present: Any, partner_id: str, version: str) -> Ignored | None:
    """Why a version is ignored if it sorts before the catalogue in force; `present` is the record of that."""
    if not present or version >= present["version"]:
        return None
    reason = f"sorts before the catalogue in force, {present['version']}"
    return Ignored(f"{partner_id} {version}", reason, is_warning=True)


def newer_is_applied(partner_id: str, version: str) -> Ignored:
    """What becomes of a catalogue when a newer one has claimed."""
    return Ignored(f"{partner_id} {version}", "a newer catalogue is being applied", is_warning=True)


def already_in_force(state: Store, present: Any, names: tuple[str, str], totals: CatalogueTotals) -> Ignored | None:
    """Why a catalogue is ignored that is in force already; None if it is not, or something has to be written."""
    if not present or (present["version"], present["digest"]) != (names[1], totals.digest) or totals.changed:
        return None
    let_go(state, held_catalogue_key(names[0]), totals.digest)  # killed before the record was deleted
    return Ignored(" ".join(names), "is in force already", is_warning=False)


def braked(
    inbox: Store,
    state: Store,
    names: tuple[str, str],
    totals: CatalogueTotals,
    base: Any,
    brakes: BrakeSettings,
    problems: tuple[Problem, ...],
) -> Held | None:
    """Hold a catalogue that deletes too much, unless a person accepted it; None lets it through."""
    of, limit = base["images"] if base else 0, brakes.max_deleted_share
    reason = None if totals.is_declared else brake_reason(totals.deleted, of, limit, brakes.harmless)
    held_key = held_catalogue_key(names[0])
    if reason is None or is_accepted(inbox, state, accept_catalogue_key(*names), held_key, totals.digest):
        return None
    brake = Held("catalogue", names, totals.deleted, of, limit, problems, reason, totals.digest)
    _hold(inbox, state, brake)
    return brake


def _hold(inbox: Store, state: Store, brake: Held) -> None:
    """Record what is held, unless a newer catalogue of the partner is held: the record names the newest one."""
    partner_id, version = brake.names

    def is_newer(present: dict[str, Any]) -> bool:
        files = (catalogue_key(partner_id, present["version"], suffix) for suffix in CATALOGUE_SUFFIXES)
        return present["version"] > version and any(inbox.head(file) for file in files)

    document = {**asdict(brake), "partner_id": partner_id, "version": version, "problems": []}
    hold(state, held_catalogue_key(partner_id), brake.digest, document, stays=is_newer)


def bring_into_force(
    state: Store, partner_id: str, version: str, totals: CatalogueTotals, digests: Iterable[tuple[str, Known]]
) -> None:
    """Put a catalogue into force whose listings are written, unless a newer one is; `digests` are sorted by name."""
    state.put(catalogue_digests_key(partner_id, version), pack_digests(digests))
    document = {
        "version": version,
        "digest": totals.digest,
        "images": totals.images,
        "accommodations": totals.accommodations,
    }

    def change(present: Any) -> Any:
        return None if present and present["version"] > version else document

    if swap_json(state, catalogue_state_key(partner_id), change) is not None:
        forget_touched(state, partner_id, version)
    record = held(state, held_catalogue_key(partner_id))
    if record and record["version"] <= version:
        let_go(state, held_catalogue_key(partner_id))


def says_all_is_deleted(inbox: Store, key: str, version: str) -> bool:
    """Whether a file says itself that everything is to be deleted."""
    if not version.startswith(PHOTOS_PREFIX):
        return False
    with opened(inbox, key) as stream:
        return says_folder_is_gone(stream)


def digests_before(state: Store, partner_id: str, base: Any) -> Iterator[tuple[str, Known]]:
    """The digests of the catalogue in force. They are made again from the listings where they are lost or cut short."""
    if base is None:
        return
    try:
        count = sum(1 for _ in stored_digests(state, partner_id, base["version"]))
    except StateUnreadableError:
        count = -1
    if count == base["accommodations"]:
        yield from stored_digests(state, partner_id, base["version"])
    else:
        yield from digests_of_listings(state, partner_id).items()
