"""Applying a catalogue: compare it with the one in force, and write the listings that differ.

`state.json` records the version in force and is written last. `listings-<version>.jsonl.gz` holds digest and image
count of every accommodation of a version. It makes the next comparison cheap: only listings whose digest differs are
read. The file is read twice, once to find what differs and once to write it, because half a million accommodations are
too many to hold in memory. Reads and writes of the store run in parallel, in `threads` threads.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from typing import Any, BinaryIO, TypeVar

from image_release.ingest.brakes import brake_reason
from image_release.ingest.catalogues.claims import claim, forget_touched, holds, touch, touched
from image_release.ingest.catalogues.digests import digests_of_listings, pack_digests, read_digests
from image_release.ingest.catalogues.listings import read_listing, write_listing
from image_release.ingest.catalogues.reading import (
    PHOTOS_PREFIX,
    BadLine,
    Changes,
    GoodLine,
    diff,
    images_digest,
    partner_and_version,
    read_catalogue,
    says_folder_is_gone,
)
from image_release.ingest.files import opened
from image_release.ingest.not_applied import Held, Ignored
from image_release.problems import Problem, ProblemList
from image_release.settings import BrakeSettings, Settings
from image_release.state import (
    MAX_SWAPS,
    DocumentContendedError,
    StateUnreadableError,
    held,
    hold,
    is_accepted,
    let_go,
    read_json,
    swap_json,
)
from image_release.storage import Store
from image_release.store_keys import (
    CATALOGUE_SUFFIXES,
    accept_catalogue_key,
    catalogue_digests_key,
    catalogue_key,
    catalogue_state_key,
    held_catalogue_key,
)
from image_release.values import Accommodation, Listing

T = TypeVar("T")
R = TypeVar("R")

AHEAD = 4
"""Lines that are read ahead for each thread: enough that none waits, few enough to hold in memory."""


class InputChangedError(Exception):
    """A catalogue was replaced while it was being applied: it has to be applied again."""


@dataclass(frozen=True, slots=True)
class CatalogueApplied:
    """A catalogue is in force. `changed` are the accommodations whose hotels have to be processed."""

    partner_id: str
    version: str
    changed: tuple[Accommodation, ...]
    new: int
    updated: int
    deleted: int
    images: int
    problems: tuple[Problem, ...]


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
            return Ignored(f"{partner_id} {version}", "a newer catalogue is being applied", is_warning=True)
        # Read these lists before the state: a catalogue that comes into force deletes its list.
        nothing_else = touched(state, partner_id) <= result.forced
        if nothing_else and read_json(state, catalogue_state_key(partner_id)) == result.base:
            return result.apply(inbox, key, announce)
    raise DocumentContendedError(catalogue_state_key(partner_id))


def _planned(inbox: Store, state: Store, key: str, settings: Settings, threads: int) -> _CataloguePlan | Held | Ignored:
    """What a catalogue would change, or why it is not applied."""
    partner_id, version = partner_and_version(key)
    present = read_json(state, catalogue_state_key(partner_id))
    name = f"{partner_id} {version}"
    if present and version < present["version"]:
        return Ignored(name, f"sorts before the catalogue in force, {present['version']}", is_warning=True)
    plan = _CataloguePlan(state, partner_id, version, present, touched(state, partner_id), threads)
    plan.read(inbox, key)
    held_key = held_catalogue_key(partner_id)
    if present and (present["version"], present["digest"]) == (version, plan.digest) and not plan.changed:
        let_go(state, held_key, plan.digest)  # killed before the record was deleted
        return Ignored(name, "is in force already", is_warning=False)
    brake = plan.held(settings.brakes)
    if brake and not is_accepted(inbox, state, accept_catalogue_key(partner_id, version), held_key, brake.digest):
        _hold(inbox, state, partner_id, version, brake)
        return brake
    return plan


def _hold(inbox: Store, state: Store, partner_id: str, version: str, brake: Held) -> None:
    """Record what is held, unless a newer catalogue of the partner is held: the record names the newest one."""

    def is_newer(present: dict[str, Any]) -> bool:
        files = (catalogue_key(partner_id, present["version"], suffix) for suffix in CATALOGUE_SUFFIXES)
        return present["version"] > version and any(inbox.head(file) for file in files)

    document = {**asdict(brake), "partner_id": partner_id, "version": version, "problems": []}
    hold(state, held_catalogue_key(partner_id), brake.digest, document, stays=is_newer)


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
    changed: set[str] = field(default_factory=set)
    """Accommodations to write; those of them without a digest are deleted."""
    before: dict[str, tuple[str, int]] = field(default_factory=dict)
    """The digests of the catalogue in force."""
    digests: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Accommodation -> digest and number of its images: the whole catalogue."""
    keep: set[str | None] = field(default_factory=set)
    """Accommodations on a bad line: they keep what they had."""
    keep_all: bool = False
    """A line may be of any accommodation: all keep what they had."""
    is_declared: bool = False
    """The file says itself that everything is to be deleted."""
    new: int = 0
    updated: int = 0
    deleted: int = 0

    def __post_init__(self) -> None:
        self.problems = ProblemList(catalogue_key(self.partner_id, self.version, ""))

    def read(self, inbox: Store, key: str) -> None:
        """Find what differs. An accommodation on a bad line keeps what it had; an unreadable id keeps all of them."""
        self.before = self._digests_before()
        with opened(inbox, key) as stream:
            self.is_declared = self.version.startswith(PHOTOS_PREFIX) and says_folder_is_gone(stream)
        if not self.is_declared:
            with opened(inbox, key) as stream:
                for changes in side_by_side(self._changes, self._differing(stream, key), self.threads):
                    self.new += len(changes.new)
                    self.updated += len(changes.updated)
                    self.deleted += len(changes.deleted)
        for name in (self.before.keys() | self.forced) - self.digests.keys():
            known = self.before.get(name)
            if self.keep_all or name in self.keep:
                self.digests |= {name: known} if known else {}
            else:
                self.changed.add(name)
                self.deleted += known[1] if known else 0

    def _differing(self, stream: BinaryIO, key: str) -> Iterator[GoodLine]:
        """The good lines that differ from the catalogue in force. What the others say is remembered."""
        for item in read_catalogue(stream, key):
            if isinstance(item, BadLine):
                self.problems.add(item.problem)
                self.keep_all = self.keep_all or item.accommodation_id is None
                if item.accommodation_id in self.before or item.accommodation_id in self.forced:
                    self.keep.add(item.accommodation_id)
            else:
                self.problems.add(*item.problems)
                if self._differs(item):
                    yield item

    def held(self, brakes: BrakeSettings) -> Held | None:
        """What is held if the catalogue deletes too much; else None. A photos folder that vanished may go."""
        of, limit = self.base["images"] if self.base else 0, brakes.max_deleted_share
        reason = None if self.is_declared else brake_reason(self.deleted, of, limit, brakes.harmless)
        if reason is None:
            return None
        names = (self.partner_id, self.version)
        return Held("catalogue", names, self.deleted, of, limit, self.problems.all(), reason, self.digest)

    def _differs(self, line: GoodLine) -> bool:
        name = line.accommodation_id
        self.digests[name] = (images_digest(line.images), len(line.images))
        if self.before.get(name) == self.digests[name] and name not in self.forced:
            return False
        self.changed.add(name)
        return True

    def _changes(self, line: GoodLine) -> Changes:
        """What a line changes of the catalogue in force, as the brake counts it.

        The stored listing may have been overwritten by another catalogue that was applied only in part. Then only the
        number of images of the catalogue in force is known: count at most that number as deleted.
        """
        name = line.accommodation_id
        known = self.before.get(name)
        if known is None:
            return diff((), line.images)
        if known == self.digests[name]:
            return Changes((), (), ())
        listing = read_listing(self.state, Accommodation(self.partner_id, name))
        changes = diff(listing.images if listing else (), line.images)
        return replace(changes, deleted=changes.deleted[: known[1]])

    @property
    def digest(self) -> str:
        """Digest of the whole catalogue, independent of the order of its lines."""
        return hashlib.sha256(json.dumps(sorted(self.digests.items())).encode()).hexdigest()

    def apply(
        self, inbox: Store, key: str, announce: Callable[[Sequence[Accommodation]], None]
    ) -> CatalogueApplied | Ignored:
        """Write what differs. The partner's state moves last: after a crash before that, the work is done again."""
        touch(self.state, self.partner_id, self.version, self.changed)
        if not holds(self.state, self.partner_id, self.version):
            return Ignored(f"{self.partner_id} {self.version}", "a newer catalogue is being applied", is_warning=True)
        for _ in side_by_side(self._write, self._listings(inbox, key), self.threads):
            pass
        changed = tuple(Accommodation(self.partner_id, name) for name in sorted(self.changed))
        announce(changed)
        return self._in_force(changed)

    def _listings(self, inbox: Store, key: str) -> Iterator[Listing]:
        """The listings to write: those that differ, then tombstones of those that are deleted.

        Raises InputChangedError.
        """
        if any(name in self.digests for name in self.changed):
            with opened(inbox, key) as stream:
                for item in read_catalogue(stream, key):
                    if not isinstance(item, GoodLine) or item.accommodation_id not in self.changed:
                        continue
                    if self.digests[item.accommodation_id][0] != images_digest(item.images):
                        raise InputChangedError(key)
                    yield Listing(Accommodation(self.partner_id, item.accommodation_id), self.version, item.images)
        for name in sorted(self.changed - self.digests.keys()):
            yield Listing(Accommodation(self.partner_id, name), self.version, (), deleted=True)

    def _write(self, listing: Listing) -> None:
        write_listing(self.state, listing, is_new=listing.accommodation.accommodation_id not in self.before)

    def _in_force(self, changed: tuple[Accommodation, ...]) -> CatalogueApplied:
        self.state.put(catalogue_digests_key(self.partner_id, self.version), pack_digests(self.digests))
        total = sum(count for _, count in self.digests.values())
        document = {
            "version": self.version,
            "digest": self.digest,
            "images": total,
            "accommodations": len(self.digests),
        }

        def change(present: Any) -> Any:
            return None if present and present["version"] > self.version else document

        if swap_json(self.state, catalogue_state_key(self.partner_id), change) is not None:
            forget_touched(self.state, self.partner_id, self.version)
        record = held(self.state, held_catalogue_key(self.partner_id))
        if record and record["version"] <= self.version:
            let_go(self.state, held_catalogue_key(self.partner_id))
        return CatalogueApplied(
            self.partner_id, self.version, changed, self.new, self.updated, self.deleted, total, self.problems.all()
        )

    def _digests_before(self) -> dict[str, tuple[str, int]]:
        if self.base is None:
            return {}
        version = self.base["version"]
        try:
            digests = read_digests(self.state, self.partner_id, version)
        except StateUnreadableError:
            digests = {}
        if len(digests) == self.base["accommodations"]:
            return digests
        return digests_of_listings(self.state, self.partner_id)


def side_by_side(function: Callable[[T], R], items: Iterable[T], threads: int) -> Iterator[R]:
    """Call a function on each item in `threads` threads; results come in order, and few items are held at a time."""
    if threads <= 1:
        yield from map(function, items)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[R]] = deque()
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) >= AHEAD * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
