"""Applying a Data Release: everything is written, then `releases/current.json` moves forward (invariant 9)."""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from image_release.ingest.brakes import brake_reason
from image_release.ingest.files import ReleaseUnreadableError, is_checked, opened
from image_release.ingest.ids import checked_id, checked_name
from image_release.ingest.not_applied import Held, Ignored
from image_release.ingest.releases.current import (
    Current,
    Release,
    current_of,
    open_index,
    read_current,
)
from image_release.ingest.releases.index import IndexBuilder, ReleaseIndex, shard_bits, write_shards
from image_release.ingest.releases.reading import (
    CutRow,
    GoodRow,
    Item,
    Warned,
    read_release,
)
from image_release.problems import Problem, ProblemList, printable
from image_release.settings import BrakeSettings, Settings
from image_release.side_by_side import side_by_side
from image_release.state import DocumentContendedError, hold, is_accepted, let_go, swap_json
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
    inbox: Store, state: Store, key: str, settings: Settings, now: datetime, *, threads: int = 1
) -> ReleaseApplied | Held | Ignored:
    """Bring a release into force, unless it is older than the one in force, or withdraws too much without an accept.

    Raises ReleaseUnreadableError and InputDamagedError when the file as a whole cannot be read, MissingInputError when
    it is not there.
    """
    release_id = release_id_of(key)
    if release_id is None:
        raise ReleaseUnreadableError(f"{printable(key)}: a release is named releases/<release_id>.csv or .csv.gz")
    checked_name(checked_id(release_id, "release_id"), "release_id")
    current = read_current(state)
    held_key = held_release_key(release_id)
    if current and release_id < current.release_id:
        let_go(state, held_key)
        return Ignored(release_id, f"sorts before the release in force, {current.release_id}", is_warning=True)
    digest = _digest(inbox, key)
    if current and (current.release_id, current.digest) == (release_id, digest):
        let_go(state, held_key, digest)  # killed before the record was deleted
        return Ignored(release_id, "is in force already", is_warning=False)
    with tempfile.TemporaryDirectory() as folder:
        plan = _ReleasePlan(Path(folder), key, state, current, threads)
        plan.read(inbox)
        held = plan.held(release_id, digest, settings.brakes)
        if held and not is_accepted(inbox, state, accept_release_key(release_id), held_key, digest):
            hold(state, held_key, digest, {**asdict(held), "identifier": release_id, "problems": []})
            return held
        applied = plan.switch_over(release_id, digest, now)
    let_go(state, held_key)
    return applied


@dataclass
class _ReleasePlan:
    """A release that is being applied: built in a local file, then written and switched over to."""

    folder: Path
    key: str
    state: Store
    current: Current | None
    threads: int
    """Requests to the store that are under way at once."""
    warnings: list[Problem] = field(default_factory=list)
    withdrawn: int = 0
    keep: set[str] = field(default_factory=set)
    """Hotels of the release in force that stand on a bad line: they keep their rows."""
    keep_all: bool = False
    """A record may hide rows: every hotel keeps its row."""
    may_be_cut: bool = False
    """The last line has no line end."""

    def __post_init__(self) -> None:
        self.problems = ProblemList(self.key)

    @property
    def index_file(self) -> Path:
        return self.folder / "index.sqlite"

    def read(self, inbox: Store) -> None:
        """Index every good line, and the rows that stay although no good line has them."""
        builder = IndexBuilder(self.index_file, self.key)
        try:
            with ExitStack() as stack:
                before = None
                if self.current:
                    before = stack.enter_context(open_index(self.state, self.current, self.folder / "before.sqlite"))
                stream = stack.enter_context(opened(inbox, self.key))
                for item in read_release(stream, self.key, is_whole=is_checked(self.key)):
                    self._take(item, builder, before)
                if before:
                    self._carry_over(builder, before)
            self.hotels = builder.count()
            builder.finish()
        except BaseException:
            builder.close()
            raise

    def _take(self, item: Item, builder: IndexBuilder, before: ReleaseIndex | None) -> None:
        """Index a good line. The hotel on a bad one keeps its row; if that may be any hotel, all keep theirs."""
        if isinstance(item, GoodRow):
            self.problems.add(*builder.add(item.row, item.line))
        elif isinstance(item, Warned):
            self.warnings.append(item.problem)
        else:
            self.problems.add(item.problem)
            if isinstance(item, CutRow):
                self.may_be_cut = True
            elif item.hotel_id is None:
                self.keep_all = True
            if before and item.hotel_id is not None and item.hotel_id in before:
                self.keep.add(item.hotel_id)

    def _carry_over(self, builder: IndexBuilder, before: ReleaseIndex) -> None:
        """Count the hotels that leave, and keep the rows of those that must not."""
        for row in before.rows():
            if row.hotel_id in builder:
                continue
            if self.keep_all or row.hotel_id in self.keep:
                builder.add(row, 0)  # accommodations that new lines have are left out: no problem to report
            else:
                self.withdrawn += 1

    def held(self, release_id: str, digest: str, brakes: BrakeSettings) -> Held | None:
        """What is held if the file may be cut short, or withdraws too much; else None."""
        of = self.current.hotels if self.current else 0
        limit = brakes.max_withdrawn_share
        reason = brake_reason(self.withdrawn, of, limit, brakes.harmless)
        if self.may_be_cut and self.withdrawn:
            reason = "the last line has no line end, so the file may be cut short"
        if reason is None:
            return None
        return Held("release", (release_id,), self.withdrawn, of, limit, self.problems.all(), reason, digest)

    def switch_over(self, release_id: str, digest: str, now: datetime) -> ReleaseApplied | Ignored:
        """Write shards and index, then move `current.json` forward."""
        name = self._folder(release_id, digest)
        bits = shard_bits(self.hotels)
        with ReleaseIndex(self.index_file) as index:
            write_shards(index, self.state, name, bits, self.threads)
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
        return ReleaseApplied(release_id, self.hotels, self.withdrawn, self.problems.all(), tuple(self.warnings))

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
                marks = (listed.key for listed in self.state.list(fanned_out_folder(name)))
                for _ in side_by_side(self.state.delete, marks, self.threads):
                    pass
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
