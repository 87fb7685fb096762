"""The index as one SQLite file: its tables, one writer at a time, and what is still to be read.

`todo` holds the hotels whose row is to be made again. Whatever changed joins it in the transaction that records how far
the feed was followed, so a process that is killed loses nothing: the next one goes on. Two processes may use one file:
readers see the last whole transaction, and a lock beside the file lets one of them write.
"""

from __future__ import annotations

import fcntl
import json
import secrets
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from image_release.storage import StorageError

SCHEMA = 2
"""Version of the tables and of what stands in them. A file of another version is made again."""
BUSY_S = 30.0
"""How long a connection waits for another writer."""
TRIES_EVERY_S = 0.05
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_DAMAGED = (
    sqlite3.SQLITE_ERROR,  # a table or a column is not there
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_NOTADB,
)

_TABLES = """
CREATE TABLE hotels (
    number INTEGER PRIMARY KEY, hotel_id TEXT NOT NULL UNIQUE, generation INTEGER NOT NULL, flags INTEGER NOT NULL,
    name TEXT NOT NULL, name_folded TEXT NOT NULL, city TEXT NOT NULL, country TEXT NOT NULL, seek BLOB NOT NULL,
    seq INTEGER NOT NULL, published_at REAL, pictures INTEGER NOT NULL, good INTEGER NOT NULL,
    first_sha256 TEXT, first_category TEXT, first_thumbnail TEXT, unlabelled INTEGER NOT NULL,
    least_join REAL, least_margin REAL, unavailable INTEGER NOT NULL, pending TEXT NOT NULL,
    withdrawn INTEGER NOT NULL, decisions TEXT NOT NULL, partners TEXT NOT NULL);
CREATE INDEX by_generation ON hotels (generation);
CREATE TABLE partners (
    partner_id TEXT NOT NULL, hotel INTEGER NOT NULL, images INTEGER NOT NULL, outcomes TEXT NOT NULL,
    pictures INTEGER NOT NULL, only INTEGER NOT NULL, best INTEGER NOT NULL, shared_best INTEGER NOT NULL,
    unavailable INTEGER NOT NULL, PRIMARY KEY (partner_id, hotel)) WITHOUT ROWID;
CREATE INDEX by_hotel ON partners (hotel);
CREATE TABLE places (hotel_id TEXT PRIMARY KEY, city TEXT NOT NULL, country TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE todo (hotel_id TEXT PRIMARY KEY, marks INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


class IndexDamagedError(Exception):
    """The file is no index of this version, or it is damaged."""


class IndexBusyError(Exception):
    """Another process is writing the index."""


class IndexFile:
    """The file and its lock. Each use opens a connection of its own, so threads and processes may share a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection for reading. Raises IndexDamagedError, also where there is no file."""
        with self._connected() as db:
            db.execute("BEGIN")
            if meta(db, "schema") != SCHEMA:
                raise IndexDamagedError(f"{self.path}: is no index of this version")
            yield db

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: what is done in it is stored as a whole, or not at all. Raises IndexDamagedError."""
        with self._connected() as db:
            db.execute("BEGIN IMMEDIATE")
            yield db
            db.execute("COMMIT")

    @contextmanager
    def locked(self, wait_s: float) -> Iterator[None]:
        """Let no other process write meanwhile. Raises IndexBusyError after so many seconds."""
        until = time.monotonic() + wait_s
        with self._lock_file() as lock:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= until:
                        raise IndexBusyError(f"{self.path}: another process writes the index") from None
                    time.sleep(TRIES_EVERY_S)
            yield

    def fault(self) -> str | None:
        """Why the file has to be made again; None if it can be used."""
        if not self.path.exists():
            return "there is no index yet"
        try:
            with self.reading() as db:
                db.execute("SELECT max(generation) FROM hotels").fetchone()
        except IndexDamagedError as error:
            return str(error)
        return None

    def make(self) -> None:
        """Make an empty index in place of what is there. The caller holds the lock."""
        try:
            for ending in ("", "-wal", "-shm"):
                self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
        except OSError as error:
            raise _no_place(self.path, error) from error
        with self._connected(is_new=True) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript("BEGIN IMMEDIATE;" + _TABLES)
            set_meta(db, schema=SCHEMA, identity=secrets.token_hex(8), generation=0, phase="listing")
            db.execute("COMMIT")

    def _lock_file(self) -> TextIO:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return self.path.with_name(self.path.name + ".lock").open("a")
        except OSError as error:
            raise _no_place(self.path, error) from error

    @contextmanager
    def _connected(self, *, is_new: bool = False) -> Iterator[sqlite3.Connection]:
        db = None
        try:
            mode = "rwc" if is_new else "rw"
            address = f"{self.path.absolute().as_uri()}?mode={mode}"
            db = sqlite3.connect(address, uri=True, timeout=BUSY_S, isolation_level=None)
            db.execute("PRAGMA synchronous = NORMAL")
            yield db
        except sqlite3.DatabaseError as error:
            code = error.sqlite_errorcode & 0xFF
            if code in _BUSY:
                raise IndexBusyError(f"{self.path}: another process writes the index") from error
            if code in _DAMAGED:
                raise IndexDamagedError(f"{self.path}: {error}") from error
            raise _no_place(self.path, error) from error
        finally:
            if db is not None:
                db.close()


def _no_place(path: Path, error: Exception) -> StorageError:
    """The disk is full, or the folder may not be written."""
    return StorageError(f"{path}: the index cannot be written: {error}")


def meta(db: sqlite3.Connection, key: str) -> Any:
    """A value that the index keeps about itself; None if there is none."""
    found = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return json.loads(found[0]) if found else None


def set_meta(db: sqlite3.Connection, **values: Any) -> None:
    """Keep values about the index itself."""
    rows = [(key, json.dumps(value)) for key, value in values.items()]
    db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", rows)


def next_generation(db: sqlite3.Connection) -> int:
    """The number of this transaction: rows that it writes carry it, so a reader finds what changed since the last."""
    generation = int(meta(db, "generation")) + 1
    set_meta(db, generation=generation)
    return generation


def add_todo(db: sqlite3.Connection, hotel_ids: Iterable[str]) -> None:
    """Have hotels read again. One that is being read meanwhile stays on the list."""
    db.executemany(
        "INSERT INTO todo VALUES (?, 1) ON CONFLICT (hotel_id) DO UPDATE SET marks = marks + 1",
        ((hotel_id,) for hotel_id in hotel_ids),
    )


def next_todo(db: sqlite3.Connection, count: int) -> list[tuple[str, int]]:
    """Hotels that are to be read next, each with the number that `end_todo` takes."""
    return list(db.execute("SELECT hotel_id, marks FROM todo LIMIT ?", (count,)))


def end_todo(db: sqlite3.Connection, done: Iterable[tuple[str, int]]) -> None:
    """Take hotels off the list, but those that were put on it again since."""
    db.executemany("DELETE FROM todo WHERE hotel_id = ? AND marks = ?", done)
