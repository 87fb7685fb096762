"""The index of fingerprints over all hotels: of each image its SHA-256 and four of its 36 hashes (decision 35).

One SQLite file on the desk's machine. It is made once from the release in force, and then follows the feed. A row holds
an accommodation's images as packed arrays; a search reads all rows and compares every hash, which is fast enough for
millions of images and misses nothing. `todo` holds the hotels that are still to be read: what changed joins it in the
transaction that records how far the feed was followed, so a process that is killed loses nothing.
"""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from itertools import chain
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from image_release.dedup import HASHES_INDEXED, MOST_BITS, indexed_hashes
from image_release.feed import ListUnreadableError, Position, changed_since
from image_release.fingerprint import FINGERPRINT_VERSION, FingerprintsUnreadableError, hash_distances, unpack_hashes
from image_release.ingest import Current, hotel_hash, hotel_ids, read_current, shard_of, shard_rows
from image_release.side_by_side import side_by_side
from image_release.storage import StorageError, Store, Stores
from image_release.store_keys import fingerprints_key
from image_release.values import Accommodation, HotelRow

NAME = "prints.sqlite"
FORMAT = "1"
"""Version of the tables. A file of another version, or of other fingerprints, is made again."""
HOTELS_AT_ONCE = 200
"""Hotels that are read and written together."""
ROWS_AT_ONCE = 20_000
"""Rows, of an accommodation each, that are searched together; bounds the memory."""
SHA_BYTES = 32
FOLLOWS_FOR = timedelta(days=60)
"""An index that is older reads every hotel again: the feed forgets after 90 days."""
_DAMAGED = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
BUSY_S = 30.0
"""How long a connection waits for another one."""
_META = {"format": FORMAT, "fingerprints": FINGERPRINT_VERSION}
_TABLES = """
CREATE TABLE prints (
    number INTEGER PRIMARY KEY, hotel_id TEXT NOT NULL, partner_id TEXT NOT NULL, accommodation_id TEXT NOT NULL,
    shas BLOB NOT NULL, hashes BLOB NOT NULL);
CREATE INDEX by_hotel ON prints (hotel_id);
CREATE TABLE todo (hash INTEGER NOT NULL, hotel_id TEXT NOT NULL, PRIMARY KEY (hash, hotel_id)) WITHOUT ROWID;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""

Progress = Callable[[int, int], None]
"""Is told how many of how many hotels, candidates or rows are done."""
Row = tuple[str, str, str, bytes, bytes]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An image that may show the same as the one that is looked for: its hotel, accommodation and SHA-256."""

    hotel_id: str
    accommodation: Accommodation
    sha256: str


def print_index_path(hotel_index: Path) -> Path:
    """The file of this index: beside the index of hotels."""
    return hotel_index.with_name(NAME)


def tell_nobody(done: int, total: int) -> None:
    """Tell nobody about the progress."""
    del done, total


class DamagedIndexError(StorageError):
    """The file of the index is damaged: it has to be made again."""


class PrintIndex:
    """The index in a file, which need not exist yet. Any thread and any process may use it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def exists(self) -> bool:
        """Whether somebody made the file."""
        return self._path.exists()

    @contextmanager
    def connected(self) -> Iterator[sqlite3.Connection]:
        """A connection to the file, for what else lies in it.

        Raises StorageError where it cannot be used, DamagedIndexError if the file itself is at fault.
        """
        with _told(self._path), self._opened() as db:
            yield db

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Let one process at a time do what has this name."""
        with _locked(self._path.with_name(f"{self._path.name}.{name}")):
            yield

    def made_again_if_damaged(self, work: Callable[[], T]) -> T:
        """Do what needs the file. If that shows that the file is damaged, delete it and do it once more."""
        try:
            return work()
        except DamagedIndexError:
            with _told(self._path), _locked(self._path):
                self._delete()
            return work()

    def images(self) -> int:
        """Number of images in the index, each counted in every accommodation that has it."""
        with self._opened() as db:
            return int(db.execute("SELECT coalesce(sum(length(shas)), 0) FROM prints").fetchone()[0]) // SHA_BYTES

    def catch_up(self, stores: Stores, progress: Progress = tell_nobody) -> None:
        """Bring the index up to date; the first time, read every hotel of the release. It may be killed at any time.

        Where another process is doing the same, this waits for it. Raises StorageError, StateUnreadableError.
        """
        with _told(self._path), _locked(self._path):
            try:
                self._catch_up(stores, progress)
            except sqlite3.DatabaseError as error:
                if not _is_damaged(error):
                    raise
                self._delete()
                self._catch_up(stores, progress)

    def _catch_up(self, stores: Stores, progress: Progress) -> None:
        with self._opened() as db:
            _note_what_changed(db, stores.state)
            total, done = int(db.execute("SELECT count(*) FROM todo").fetchone()[0]), 0
            current = read_current(stores.state)
            while due := db.execute("SELECT hash, hotel_id FROM todo LIMIT ?", (HOTELS_AT_ONCE,)).fetchall():
                names = [hotel_id for _, hotel_id in due]
                rows = _rows_of(stores.state, current, names)
                packed = list(side_by_side(partial(_packed, stores.state), rows))
                new: dict[str, list[Row]] = {name: [] for name in names}
                for item in chain.from_iterable(packed):
                    new[item[0]].append(item)
                other = [name for name in names if sorted(new[name]) != sorted(db.execute(_OF_HOTEL, (name,)))]
                with db:
                    db.executemany("DELETE FROM prints WHERE hotel_id = ?", [(name,) for name in other])
                    db.executemany(_INSERT, [item for name in other for item in new[name]])
                    db.executemany("DELETE FROM todo WHERE hash = ? AND hotel_id = ?", due)
                done += len(due)
                progress(done, total)

    def near(self, image: str, hashes: NDArray[np.uint64]) -> list[Candidate]:
        """The images with these very bytes, or with a hash near one of the 36 `hashes`, in the order of the file."""
        wanted = bytes.fromhex(image)
        found: list[Candidate] = []
        with _told(self._path), self._opened() as db:
            cursor = db.execute(_SELECT)
            while rows := cursor.fetchmany(ROWS_AT_ONCE):
                found += _near(rows, wanted, hashes)
        return found

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """Open the file; one that is of another version, damaged or not there yet is made anew."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        db = _connected(self._path)
        if db is None:
            self._delete()
            db = _connected(self._path)
            assert db is not None
        with closing(db):
            yield db

    def _delete(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)


_INSERT = "INSERT INTO prints (hotel_id, partner_id, accommodation_id, shas, hashes) VALUES (?, ?, ?, ?, ?)"
_OF_HOTEL = "SELECT hotel_id, partner_id, accommodation_id, shas, hashes FROM prints WHERE hotel_id = ?"
_SELECT = "SELECT hotel_id, partner_id, accommodation_id, shas, hashes FROM prints ORDER BY number"


def _connected(path: Path) -> sqlite3.Connection | None:
    """A connection to an index that can be used; None if the file is of another version or damaged."""
    db = sqlite3.connect(path, timeout=BUSY_S)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        with db:
            db.execute("BEGIN IMMEDIATE")
            if not db.execute("SELECT 1 FROM sqlite_master").fetchone():
                for statement in _TABLES.split(";"):
                    db.execute(statement)
                db.executemany("INSERT INTO meta VALUES (?, ?)", _META.items())
        found = dict(db.execute("SELECT key, value FROM meta").fetchall())
        if all(found.get(key) == value for key, value in _META.items()):
            return db
    except sqlite3.DatabaseError as error:
        if not _is_damaged(error):
            db.close()
            raise
    db.close()
    return None


def _is_damaged(error: sqlite3.DatabaseError) -> bool:
    """Whether the file is at fault, and not its disk or another process that uses it."""
    return error.sqlite_errorcode & 0xFF in _DAMAGED


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Tell in a sentence what hinders the use of the file."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        text = f"{path}: the index of fingerprints cannot be used: {error}"
        if _is_damaged(error):
            raise DamagedIndexError(f"{text}; delete it and search again") from error
        raise StorageError(text) from error
    except OSError as error:
        raise StorageError(f"{path}: the index of fingerprints cannot be written: {error}") from error


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Let one process at a time bring the index up to date."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(path.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _note_what_changed(db: sqlite3.Connection, state: Store) -> None:
    """Put the hotels that changed into `todo`, or all hotels the first time, together with the position in the feed."""
    stored = db.execute("SELECT value FROM meta WHERE key = 'position'").fetchone()
    followed = _usable(stored[0]) if stored else None
    names: Iterable[str] | None = None
    position = Position.now()
    if followed:
        since = changed_since(state, followed)
        position = since.position
        with suppress(ListUnreadableError):  # one that is damaged may name any hotel
            names = {changed.hotel_id for changed in since.changed}
    if names is None:
        current = read_current(state)
        if current is None:
            return
        names = hotel_ids(state, current)
    with db:
        db.executemany("INSERT OR IGNORE INTO todo VALUES (?, ?)", ((hotel_hash(name), name) for name in names))
        db.execute("INSERT OR REPLACE INTO meta VALUES ('position', ?)", (position.to_text(),))


def _usable(text: str) -> Position | None:
    """How far the feed was followed; None if that is not known, too long ago, or still to come."""
    now = datetime.now(UTC)
    try:
        position = Position.from_text(text)
    except ValueError:
        return None
    return None if position.is_ahead(now) or position.moment < now - FOLLOWS_FOR else position


def _rows_of(state: Store, current: Current | None, names: Sequence[str]) -> list[HotelRow]:
    """The rows of hotels in the release in force; a hotel that departed has none."""
    if current is None:
        return []
    rows_in = lru_cache(4)(lambda shard: shard_rows(state, current, shard))
    found = (rows_in(shard_of(name, current.shard_bits)).get(name) for name in names)
    return [row for row in found if row is not None]


def _packed(state: Store, row: HotelRow) -> list[Row]:
    """What the index keeps of a hotel; an accommodation without fingerprints is left out."""
    return [
        (row.hotel_id, item.partner_id, item.accommodation_id, shas, hashes)
        for item in row.accommodations
        for shas, hashes in _packed_images(state, item)
    ]


def _packed_images(state: Store, accommodation: Accommodation) -> Iterator[tuple[bytes, bytes]]:
    stored = state.get(fingerprints_key(accommodation, FINGERPRINT_VERSION))
    if stored is None:
        return
    try:
        known = unpack_hashes(stored.data)
    except FingerprintsUnreadableError:
        return
    if known:
        hashes = indexed_hashes(np.array(list(known.values()), np.uint64))
        yield b"".join(map(bytes.fromhex, known)), hashes.astype("<u8").tobytes()


def _near(rows: Sequence[Row], wanted: bytes, hashes: NDArray[np.uint64]) -> Iterator[Candidate]:
    """The candidates among the images of some rows."""
    shas = np.frombuffer(b"".join(row[3] for row in rows), f"V{SHA_BYTES}")
    kept = np.frombuffer(b"".join(row[4] for row in rows), "<u8").astype(np.uint64).reshape(-1, HASHES_INDEXED)
    ends = np.cumsum([len(row[3]) // SHA_BYTES for row in rows])
    near = (hash_distances(hashes[None], kept)[0] <= MOST_BITS) | (shas == np.void(wanted))
    for number in np.flatnonzero(near).tolist():
        hotel_id, partner_id, accommodation_id, *_ = rows[int(np.searchsorted(ends, number, side="right"))]
        yield Candidate(hotel_id, Accommodation(partner_id, accommodation_id), shas[number].tobytes().hex())
