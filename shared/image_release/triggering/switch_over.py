"""Applying a Data Release: everything is written, then `releases/current.json` moves forward (invariant 9).

`current.json` names the folder of the release's index and shards, so a reader sees one release whole or another, and
the last *completed* one, so that the hotels which departed since are known until they were nudged.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from image_release.problems import Problem
from image_release.settings import Settings
from image_release.storage import ConditionFailedError, Store
from image_release.triggering.documents import DocumentContendedError, opened, read_json, swap_json, write_json
from image_release.triggering.index import (
    IndexBuilder,
    ReleaseIndex,
    read_shard,
    shard_bits,
    shard_of,
    write_shards,
)
from image_release.triggering.release import BadRow, GoodRow, ReleaseUnreadableError, Warned, checked_id, read_release
from image_release.values import HotelRow, key_part

CURRENT = "releases/current.json"
SUFFIXES = (".csv", ".csv.gz")


@dataclass(frozen=True, slots=True)
class Release:
    """A release that was applied: where its index and shards are."""

    release_id: str
    digest: str
    folder: str
    shard_bits: int
    hotels: int


@dataclass(frozen=True, slots=True)
class Current(Release):
    """The release in force, and the last one whose hotels were all nudged (None before the first)."""

    completed: Release | None = None
    unfinished: tuple[Release, ...] = ()
    """Releases that were in force since then and were superseded: their hotels may be published too."""

    @property
    def is_completed(self) -> bool:
        """Whether all hotels of the release in force were nudged."""
        return self.completed is not None and self.completed.folder == self.folder

    def before(self) -> tuple[Release, ...]:
        """Releases whose hotels may be published, and depart with this one."""
        known = (*((self.completed,) if self.completed else ()), *self.unfinished)
        return tuple(release for release in known if release.folder != self.folder)

    def plain(self) -> Release:
        """The release without its history."""
        return Release(self.release_id, self.digest, self.folder, self.shard_bits, self.hotels)


@dataclass(frozen=True, slots=True)
class ReleaseApplied:
    """A release is in force. `warnings` changed nothing; `problems` are lines that could not be used."""

    release_id: str
    hotels: int
    withdrawn: int
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """A mass change that waits for a person: `share` of `of` would go, and the brake allows `limit`."""

    what: str
    identifier: str
    leaving: int
    of: int
    limit: float
    problems: tuple[Problem, ...] = ()

    @property
    def share(self) -> float:
        """What would go, 0…1."""
        return self.leaving / self.of if self.of else 0.0


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing was done. `is_warning` where a person should know why."""

    identifier: str
    reason: str
    is_warning: bool


def release_id_of(key: str) -> str | None:
    """The release that a key of the inbox's `releases/` names; None for other files."""
    name = key.removeprefix("releases/")
    suffix = next((suffix for suffix in reversed(SUFFIXES) if name.endswith(suffix)), None)
    return name.removesuffix(suffix) if suffix and "/" not in name else None


def read_current(state: Store) -> Current | None:
    """The release in force."""
    document = read_json(state, CURRENT)
    return None if document is None else _current(document)


def find_row(state: Store, current: Release, hotel_id: str) -> HotelRow | None:
    """A hotel's row in a release: one small read."""
    return read_shard(state, current.folder, shard_of(hotel_id, current.shard_bits)).get(hotel_id)


def hotel_ids(state: Store, release: Release) -> Iterator[str]:
    """All hotels of a release, shard by shard."""
    for shard in range(2**release.shard_bits):
        yield from shard_hotels(state, release, shard)


def shard_hotels(state: Store, release: Release, shard: int) -> Iterator[str]:
    """The hotels of one shard."""
    yield from read_shard(state, release.folder, shard)


def departed_from_shard(state: Store, current: Current, shard: int) -> Iterator[str]:
    """Hotels of earlier releases whose place in the one in force is this shard, and which are not there.

    Earlier are the last completed release and all that came after it.
    """
    befores = current.before()
    seen = set(read_shard(state, current.folder, shard)) if befores else set()
    for before in befores:
        finer = before.shard_bits - current.shard_bits
        olds = range(shard << finer, (shard + 1) << finer) if finer >= 0 else (shard >> -finer,)
        for old in olds:
            for hotel_id in read_shard(state, before.folder, old):
                if hotel_id not in seen and shard_of(hotel_id, current.shard_bits) == shard:
                    seen.add(hotel_id)
                    yield hotel_id


def departed(state: Store, current: Current) -> Iterator[str]:
    """Hotels of the last completed release, and of those since, that the one in force does not hold."""
    for shard in range(2**current.shard_bits if current.before() else 0):
        yield from departed_from_shard(state, current, shard)


def complete_release(state: Store, current: Current) -> None:
    """Say that all hotels of a release, and those that departed, were nudged."""

    def change(document: Any) -> Any:
        present = _current(document)
        same = present.plain() == current.plain()
        done = replace(present, completed=present.plain(), unfinished=())
        return {**document, **asdict(done)} if same and present != done else None

    swap_json(state, CURRENT, change)


def open_index(state: Store, release: Release, path: Path) -> ReleaseIndex:
    """Fetch the index of a release into a local file and open it."""
    if not state.fetch_file(f"{release.folder}/index.sqlite", path):
        raise FileNotFoundError(f"{release.folder}/index.sqlite")
    return ReleaseIndex(path)


def apply_release(
    inbox: Store, state: Store, key: str, settings: Settings, now: datetime
) -> ReleaseApplied | Held | Ignored:
    """Bring a release in force, unless it is older than the one in force, or withdraws too much and nobody accepted.

    Raises ReleaseUnreadableError when the file as a whole cannot be read, MissingInputError when it is not there.
    """
    release_id = release_id_of(key)
    if release_id is None:
        raise ReleaseUnreadableError(f"{key}: a release is named releases/<release_id>.csv or .csv.gz")
    checked_id(release_id, "release_id")
    current = read_current(state)
    if current and release_id < current.release_id:
        return Ignored(release_id, f"sorts before the release in force, {current.release_id}", is_warning=True)
    digest = _digest(inbox, key)
    if current and (current.release_id, current.digest) == (release_id, digest):
        return Ignored(release_id, "is in force already", is_warning=False)
    with tempfile.TemporaryDirectory() as folder:
        plan = _Plan(Path(folder), key, state, current)
        plan.read(inbox)
        held = plan.held(release_id, settings.brakes.max_withdrawn_share)
        if held and inbox.head(f"accepts/releases/{release_id}") is None:
            state.put(f"releases/{key_part(release_id)}/held.json", write_json({**asdict(held), "problems": []}))
            return held
        return plan.switch_over(release_id, digest, now)


@dataclass
class _Plan:
    """A release on its way: built in a local file, then written and switched over to."""

    folder: Path
    key: str
    state: Store
    current: Current | None
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    withdrawn: int = 0

    @property
    def index_file(self) -> Path:
        return self.folder / "index.sqlite"

    def read(self, inbox: Store) -> None:
        """Index every good line; a hotel on a bad one keeps its row, and if an id cannot be read, all of them do."""
        builder = IndexBuilder(self.index_file, self.key)
        keep: set[str] = set()
        keep_all = False
        try:
            with opened(inbox, self.key) as stream:
                for item in read_release(stream, self.key):
                    if isinstance(item, GoodRow):
                        self.problems += builder.add(item.row, item.line)
                    elif isinstance(item, Warned):
                        self.warnings.append(item.problem)
                    elif isinstance(item, BadRow):
                        self.problems.append(item.problem)
                        keep_all = keep_all or item.hotel_id is None
                        keep |= {item.hotel_id} if item.hotel_id is not None else set()
            self._carry_over(builder, keep, keep_all=keep_all)
            self.hotels = builder.count()
            builder.finish()
        except BaseException:
            builder.close()
            raise

    def _carry_over(self, builder: IndexBuilder, keep: set[str], *, keep_all: bool) -> None:
        """Count the hotels that leave, and keep the rows of those that must not."""
        if self.current is None:
            return
        with open_index(self.state, self.current, self.folder / "before.sqlite") as before:
            for row in before.rows():
                if row.hotel_id in builder:
                    continue
                if keep_all or row.hotel_id in keep:
                    builder.add(row, 0)  # accommodations that the new lines claim are left out without a word
                else:
                    self.withdrawn += 1

    def held(self, release_id: str, limit: float) -> Held | None:
        """Whether the brake on mass withdrawal takes hold."""
        of = self.current.hotels if self.current else 0
        if self.withdrawn <= limit * of:
            return None
        return Held("release", release_id, self.withdrawn, of, limit, tuple(self.problems))

    def switch_over(self, release_id: str, digest: str, now: datetime) -> ReleaseApplied | Ignored:
        """Write shards and index, then move `current.json` forward."""
        name = self._folder(release_id, digest)
        bits = shard_bits(self.hotels)
        with ReleaseIndex(self.index_file) as index:
            write_shards(index, self.state, name, bits)
        self.state.put_file(f"{name}/index.sqlite", self.index_file)
        fresh = Release(release_id, digest, name, bits, self.hotels)

        def change(document: Any) -> Any:
            present = None if document is None else _current(document)
            if present and present.release_id > release_id:
                return None
            unfinished = present.unfinished if present else ()
            if present and not present.is_completed and present.folder != name:
                unfinished = (*unfinished, present.plain())
            following = Current(
                **asdict(fresh), completed=present.completed if present else None, unfinished=unfinished
            )
            return {**asdict(following), "applied_at": now.isoformat()}

        if swap_json(self.state, CURRENT, change) is None:
            return Ignored(release_id, "a later release came in force meanwhile", is_warning=True)
        return ReleaseApplied(release_id, self.hotels, self.withdrawn, tuple(self.problems), tuple(self.warnings))

    def _folder(self, release_id: str, digest: str) -> str:
        """A folder of this content alone, and of none of the releases that are still spoken of.

        The first content of an id owns the plain one. So two uploads of one id that are applied at the same time never
        write into each other's shards, and a content that comes back is a release of its own.
        """
        plain = f"releases/{key_part(release_id)}"
        spoken_of = (
            {self.current.folder, *(release.folder for release in self.current.before())} if self.current else ()
        )
        names = (plain, *(f"{plain}+{digest[:8]}{again}" for again in ("", "-2", "-3", "-4")))
        for name in names:
            if name not in spoken_of and self._owned(name, digest):
                for listed in self.state.list(fanned_prefix(name)):
                    self.state.delete(listed.key)
                return name
        raise DocumentContendedError(plain)

    def _owned(self, name: str, digest: str) -> bool:
        try:
            self.state.put(f"{name}/digest", digest.encode(), if_absent=True)
        except ConditionFailedError:
            owner = self.state.get(f"{name}/digest")
            return owner is not None and owner.data == digest.encode()
        return True


def fanned_prefix(folder: str) -> str:
    """Below it lies a mark for each shard of a release whose hotels were nudged."""
    return f"{folder}/fanned/"


def _current(document: dict[str, Any]) -> Current:
    completed = document.get("completed")
    return Current(
        **_fields(document),
        completed=Release(**_fields(completed)) if completed else None,
        unfinished=tuple(Release(**_fields(release)) for release in document.get("unfinished", ())),
    )


def _fields(document: dict[str, Any]) -> dict[str, Any]:
    return {name: document[name] for name in ("release_id", "digest", "folder", "shard_bits", "hotels")}


def _digest(inbox: Store, key: str) -> str:
    digest = hashlib.sha256()
    with opened(inbox, key) as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
