"""Applying a Data Release: everything is written, then `releases/current.json` moves forward (invariant 9)."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from image_release.ingest.files import opened
from image_release.ingest.ids import checked_id
from image_release.ingest.not_applied import Held, Ignored
from image_release.ingest.releases.current import (
    Current,
    Release,
    current_of,
    open_index,
    read_current,
)
from image_release.ingest.releases.index import IndexBuilder, ReleaseIndex, shard_bits, write_shards
from image_release.ingest.releases.reading import BadRow, GoodRow, ReleaseUnreadableError, Warned, read_release
from image_release.problems import Problem
from image_release.settings import Settings
from image_release.state import DocumentContendedError, swap_json, write_json
from image_release.storage import ConditionFailedError, Store
from image_release.store_keys import (
    CURRENT_RELEASE,
    RELEASE_SUFFIXES,
    RELEASES,
    accept_release_key,
    fanned_out_folder,
    held_release_key,
    release_digest_key,
    release_folder,
    release_index_key,
    without_suffix,
)


@dataclass(frozen=True, slots=True)
class ReleaseApplied:
    """A release is in force. `warnings` changed nothing; `problems` are lines that could not be used."""

    release_id: str
    hotels: int
    withdrawn: int
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def release_id_of(key: str) -> str | None:
    """The release that a key of the inbox's `releases/` names; None for other files."""
    name = key.removeprefix(RELEASES)
    return None if "/" in name else without_suffix(name, RELEASE_SUFFIXES)


def apply_release(
    inbox: Store, state: Store, key: str, settings: Settings, now: datetime
) -> ReleaseApplied | Held | Ignored:
    """Bring a release into force, unless it is older than the one in force, or withdraws too much without an accept.

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
        plan = _ReleasePlan(Path(folder), key, state, current)
        plan.read(inbox)
        held = plan.held(release_id, settings.brakes.max_withdrawn_share)
        if held and inbox.head(accept_release_key(release_id)) is None:
            state.put(held_release_key(release_id), write_json({**asdict(held), "problems": []}))
            return held
        return plan.switch_over(release_id, digest, now)


@dataclass
class _ReleasePlan:
    """A release that is being applied: built in a local file, then written and switched over to."""

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
        """Index every good line.

        A hotel on a bad line keeps its row; if an id cannot be read, all hotels keep theirs.
        """
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
                    builder.add(row, 0)  # accommodations that new lines have are left out: no problem to report
                else:
                    self.withdrawn += 1

    def held(self, release_id: str, limit: float) -> Held | None:
        """What is held, if the brake on mass withdrawal applies; else None."""
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
        self.state.put_file(release_index_key(name), self.index_file)
        fresh = Release(release_id, digest, name, bits, self.hotels)

        def change(document: Any) -> Any:
            present = None if document is None else current_of(document)
            if present and present.release_id > release_id:
                return None
            unfinished = present.unfinished if present else ()
            if present and not present.is_completed and present.folder != name:
                unfinished = (*unfinished, present.plain())
            following = Current(
                **asdict(fresh), completed=present.completed if present else None, unfinished=unfinished
            )
            return {**asdict(following), "applied_at": now.isoformat()}

        if swap_json(self.state, CURRENT_RELEASE, change) is None:
            return Ignored(release_id, "a later release came into force meanwhile", is_warning=True)
        return ReleaseApplied(release_id, self.hotels, self.withdrawn, tuple(self.problems), tuple(self.warnings))

    def _folder(self, release_id: str, digest: str) -> str:
        """A folder for this content alone, which no release that still matters uses.

        The first content of an id owns the plain folder. So two uploads of one id that are applied at the same time
        never write into each other's shards, and a content that comes back becomes a release of its own.
        """
        plain = release_folder(release_id)
        in_use = {self.current.folder, *(release.folder for release in self.current.before())} if self.current else ()
        names = (plain, *(f"{plain}+{digest[:8]}{again}" for again in ("", "-2", "-3", "-4")))
        for name in names:
            if name not in in_use and self._owned(name, digest):
                for listed in self.state.list(fanned_out_folder(name)):
                    self.state.delete(listed.key)
                return name
        raise DocumentContendedError(plain)

    def _owned(self, name: str, digest: str) -> bool:
        try:
            self.state.put(release_digest_key(name), digest.encode(), if_absent=True)
        except ConditionFailedError:
            owner = self.state.get(release_digest_key(name))
            return owner is not None and owner.data == digest.encode()
        return True


def _digest(inbox: Store, key: str) -> str:
    digest = hashlib.sha256()
    with opened(inbox, key) as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
