"""Lists of changed hotels: what each run, request or decision published, by hotel and `seq`, sorted.

    changed/<time>/<kind>-<name>.jsonl.gz             the list, written at the end
    changed/<time>/<kind>-<name>/noted/<seq>/<hotel>  while it is made: a manifest is about to be published
    changed/<time>/<kind>-<name>/<part>.jsonl.gz      while it is made: a part, sorted

A note is left before a manifest is published, and deleted only when the hotel stands in a part or in the list. So the
list of a run that was killed is complete: notes are confirmed by the records of changes. Nothing is written for hotels
that do not change. Everything is read as the union of what is there, so a crash between two steps loses nothing.
"""

from __future__ import annotations

import gzip
import heapq
import io
import json
import secrets
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple, Self, cast, get_args

from image_release.feed.records import has_come_into_force
from image_release.publish import Manifest
from image_release.storage import Listed, Store, Stores
from image_release.store_keys import (
    CHANGED,
    TIME,
    changed_folder,
    changed_key,
    changed_list,
    changed_note,
    changed_note_key,
    changed_notes_folder,
    changed_part_key,
    hotel_folder,
)

CauseKind = Literal["run", "request", "hotel", "desk", "check"]
PART = 1_000
"""Number of changed hotels that are kept in memory before they become a part of the list."""
SMALL_BYTES = 1 << 16
"""Size up to which a list is read whole; of larger ones a file stays open while they are read."""


MOST_SEQ = 2**63 - 1
"""Largest number of a manifest that a list names."""


class ListUnreadableError(Exception):
    """A list of changed hotels, or a snapshot, is cut short or damaged; the message says which."""

    def __init__(self, place: str) -> None:
        super().__init__(f"{place} cannot be read: it is cut short or damaged")


class Changed(NamedTuple):
    """A manifest that was published: of which hotel, and its number."""

    hotel_id: str
    seq: int


def place_of(changed: Changed) -> tuple[str, int]:
    """The place of a hotel in lists and snapshots: that of its folder, and then the number."""
    return hotel_folder(changed.hotel_id), changed.seq


@dataclass(frozen=True, slots=True)
class Cause:
    """What changed hotels: a run, a request (`reprocess`), the command `hotel`, the desk, or `check --repair`.

    `name` is what people call it by: the id of a request, or else the time.
    """

    kind: CauseKind
    name: str
    started: datetime

    @classmethod
    def of(cls, kind: CauseKind, started: datetime) -> Self:
        """A cause that has no other name than its time."""
        return cls(kind, started.strftime(TIME), started)

    @property
    def key(self) -> str:
        """Where its list lies."""
        return changed_key(self.started, self.kind, self.name)


@dataclass(frozen=True, slots=True)
class Noting:
    """Leaves a note of each manifest before it is published: a worker calls it as `Ports.leave_markers`."""

    state: Store
    cause: Cause

    def __call__(self, before: Manifest | None, manifest: Manifest) -> None:
        """Note that this manifest is about to be published."""
        del before
        self.state.put(
            changed_note_key(self.cause.key, manifest.hotel_id, manifest.seq), (manifest.change or "").encode()
        )


class Collecting:
    """Collects what a cause published, while the work goes on. Use it as a context; at the end it writes the list.

    If the work ends with an error, or is killed, the notes and the parts are read in place of the list.
    """

    def __init__(self, stores: Stores, cause: Cause) -> None:
        self._stores = stores
        self._cause = cause
        self._waiting: list[Changed] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._finish()

    def add(self, hotel_id: str, seqs: Iterable[int]) -> None:
        """Add the manifests of a hotel that were published."""
        self._waiting += [Changed(hotel_id, seq) for seq in seqs]
        if len(self._waiting) >= PART:
            part, self._waiting = self._waiting, []
            self._write(changed_part_key(self._cause.key, secrets.token_hex(4)), sorted(part, key=place_of))
            for item in part:
                self._stores.state.delete(changed_note_key(self._cause.key, *item))

    def _finish(self) -> None:
        """Write the list of what was added and of the notes that are confirmed, and delete what is in it now."""
        state, key = self._stores.state, self._cause.key
        made = ChangedList(self._cause, state.head(key), tuple(state.list(changed_folder(key))))
        added = set(self._waiting)
        added |= {note for note in made.notes() if note not in added and made.is_confirmed(self._stores, note)}
        if added:
            self._write(key, merged([iter(sorted(added, key=place_of)), *made.written(state)]))
        elif made.parts():
            self._write(key, merged(made.written(state)))
        for listed in made.opened:
            state.delete(listed.key)

    def _write(self, key: str, changed: Iterable[Changed]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "list"
            with gzip.open(path, "wt", encoding="utf-8", compresslevel=3) as file:
                for item in changed:
                    file.write(json.dumps(item) + "\n")
            self._stores.state.put_file(key, path)


@dataclass(slots=True)
class ChangedList:
    """A list as it lies in the state: `finished`, or `opened`, the parts and notes of one that is being made."""

    cause: Cause
    finished: Listed | None = None
    opened: tuple[Listed, ...] = ()

    def parts(self) -> list[Listed]:
        """The parts."""
        notes = changed_notes_folder(self.cause.key)
        return [listed for listed in self.opened if not listed.key.startswith(notes)]

    def notes(self) -> list[Changed]:
        """What was noted before it was published; whether it was published, `is_confirmed` says."""
        folder = changed_folder(self.cause.key)
        found = (changed_note(listed.key.removeprefix(folder)) for listed in self.opened)
        return sorted((Changed(*note) for note in found if note), key=place_of)

    def is_confirmed(self, stores: Stores, note: Changed) -> bool:
        """Whether the manifest of a note came into force."""
        stored = stores.state.get(changed_note_key(self.cause.key, *note))
        return stored is not None and has_come_into_force(stores, note.hotel_id, note.seq, stored.data.decode())

    def written(self, state: Store) -> list[Iterator[Changed]]:
        """What stands in the list and in the parts, each sorted."""
        return [read_list(state, listed) for listed in (self.finished, *self.parts()) if listed]

    def read(self, stores: Stores) -> Iterator[Changed]:
        """What the cause published, sorted by the hotel's place and `seq`; what was only noted is confirmed first."""
        notes = (note for note in self.notes() if self.is_confirmed(stores, note))
        return merged([notes, *self.written(stores.state)])


def changed_lists(state: Store) -> list[ChangedList]:
    """All lists of changed hotels, the oldest first."""
    found: dict[str, ChangedList] = {}
    opened: dict[str, list[Listed]] = {}
    for listed in state.list(CHANGED):
        if known := list_of(listed.key):
            cause, rest = known
            made = found.setdefault(cause.key, ChangedList(cause))
            if rest:
                opened.setdefault(cause.key, []).append(listed)
            else:
                made.finished = listed
    for key, objects in opened.items():
        found[key].opened = tuple(objects)
    return sorted(found.values(), key=lambda made: (made.cause.started, made.cause.key))


def list_of(key: str) -> tuple[Cause, str] | None:
    """The cause to whose list a key belongs, and the rest of the key (empty: the list itself); None for other keys."""
    match changed_list(key):
        case time, kind, name, rest if kind in get_args(CauseKind):
            try:
                started = datetime.strptime(time, TIME).replace(tzinfo=UTC)
            except ValueError:
                return None
            return Cause(cast("CauseKind", kind), name, started), rest
    return None


def merged(streams: Iterable[Iterator[Changed]]) -> Iterator[Changed]:
    """Sorted streams as one, each item once."""
    last = None
    for item in heapq.merge(*streams, key=place_of):
        if item != last:
            yield item
        last = item


def read_list(state: Store, listed: Listed) -> Iterator[Changed]:
    """What stands in one list or part, sorted; a small one is read whole at once.

    One that was deleted meanwhile stands in the list that took its place, which is read as well. Raises
    ListUnreadableError while it is iterated.
    """
    if listed.size <= SMALL_BYTES:
        stored = state.get(listed.key)
        yield from list(_lines(io.BytesIO(stored.data), listed.key)) if stored else ()
        return
    file = state.open(listed.key)
    if file is not None:
        with file:
            yield from _lines(file, listed.key)


def _lines(file: BinaryIO, key: str) -> Iterator[Changed]:
    try:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield _changed(json.loads(line))
    except (OSError, EOFError, zlib.error, ValueError, TypeError, RecursionError) as error:
        raise ListUnreadableError(f"state/{key}") from error


def _changed(item: object) -> Changed:
    """What a line says. Raises TypeError and ValueError for what this program never writes."""
    hotel_id, seq = cast("list[object]", item)
    if not isinstance(hotel_id, str) or not isinstance(seq, int) or not 0 < seq <= MOST_SEQ:
        raise ValueError("a line names a hotel and the number of a manifest")
    hotel_id.encode()
    return Changed(hotel_id, seq)
