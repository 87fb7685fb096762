"""A store in a folder of one machine, safe for many threads and processes at the same time.

An object is a file at its key. It is written to another file first and then renamed: a reader finds the old bytes or
the new ones, never a part, even if the writer is killed. The conditions of a put hold across processes: all writers of
a key take the same lock file, and the system releases the lock when its holder dies.

A killed process loses no finished put. A power failure may lose some: nothing is forced to the disk (fsync), because
that costs more than doing the lost work again.
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
import shutil
import stat
import time
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from image_release.problems import printable
from image_release.storage.naming import MAX_KEY_BYTES, RESERVED, checked, comes_after, etag_of, key_fault
from image_release.storage.port import BadKeyError, ConditionFailedError, Listed, StorageError, Stored

log = logging.getLogger(__name__)

LOCKS = 64
"""Number of lock files: they fit into one folder, and two writers of different keys rarely share one."""
LEFTOVER_AFTER_S = 24 * 3600
"""Age in seconds after which an unfinished file is deleted: its writer must have been killed."""
MAX_MOVES = 100
"""Maximum number of attempts to move a file into a folder that other processes keep deleting as empty."""
COPY_BYTES = 1 << 20
"""Size of the buffer for streamed files."""
DOCUMENTS = (".json", ".jsonl", ".csv", ".gz", ".bin", ".sqlite", ".yaml", ".txt")
"""Ends of keys that cannot be the beginning of others: a folder there is a fault, and not a missing object."""
IS_FOLDER = "is a folder; there should be a file"
SPECIAL = "is no file, but a pipe, a link that leads to no file, or another special file"
NO_OBJECT = (FileNotFoundError, NotADirectoryError, IsADirectoryError)
"""The system's errors when there is no object: no such file, a part of the path is a file, or it is a folder."""


class FolderStore:
    """Objects as files below `root`, which the first put creates. Processes may share the folder.

    If `a` is an object, `a/b` cannot be one, and the other way round: such a put raises BadKeyError.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._aside = root / RESERVED
        self._tidied = False

    def get(self, key: str) -> Stored | None:
        """Read an object whole; None if there is none."""
        with _faults(key):
            file = self.open(key)
            if file is None:
                return None
            with file:
                data = file.read()
                modified = _moment(os.fstat(file.fileno()))
            return Stored(data, etag_of(data), modified)

    def open(self, key: str) -> BinaryIO | None:
        """Open an object for streaming; None if there is none.

        A pipe or another special file is a fault, and opening it does not wait for somebody at its other end. So is
        whatever else hides a document, because a document that is missing means something else.
        """
        path = self._path(key)
        with _faults(key):
            try:
                descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            except NO_OBJECT as error:
                if path.is_symlink():
                    raise OSError(SPECIAL) from error
                if isinstance(error, NotADirectoryError) and key.endswith(DOCUMENTS):
                    raise OSError("lies below a file; there should be a folder") from error
                return None
            mode = os.fstat(descriptor).st_mode
            if stat.S_ISREG(mode):
                return os.fdopen(descriptor, "rb")
            os.close(descriptor)
            if not stat.S_ISDIR(mode):
                raise OSError(SPECIAL)
            if key.endswith(DOCUMENTS):
                raise OSError(IS_FOLDER)
            return None

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_match: str | None = None) -> None:
        """Write an object whole, under the conditions of the port."""
        path = self._path(key)
        with _faults(key), self._written_aside() as (aside, file):
            file.write(data)
            file.close()
            with self._locked(key):
                if if_absent and path.is_file():
                    raise ConditionFailedError(key)
                if if_match is not None and ((found := self.get(key)) is None or found.etag != if_match):
                    raise ConditionFailedError(key)
                _move(aside, path, key)

    def put_file(self, key: str, path: Path) -> None:
        """Write an object from a local file, streamed."""
        target = self._path(key)
        with path.open("rb") as source, _faults(key), self._written_aside() as (aside, file):
            shutil.copyfileobj(source, file, COPY_BYTES)
            file.close()
            with self._locked(key):
                _move(aside, target, key)

    def fetch_file(self, key: str, path: Path) -> bool:
        """Copy an object into a local file, streamed; False if there is none."""
        source = self.open(key)
        if source is None:
            return False
        with source, path.open("wb") as target:
            shutil.copyfileobj(source, target, COPY_BYTES)
        return True

    def head(self, key: str) -> Listed | None:
        """Size and time of an object; None if there is none."""
        with _faults(key):
            path = self._path(key)
            try:
                return _listed(key, path.stat()) if path.is_file() else None
            except NO_OBJECT:
                return None

    def delete(self, key: str, *, if_match: str | None = None) -> None:
        """Remove an object under the condition of the port, and the folders that are empty after it."""
        path = self._path(key)
        with _faults(key):
            if if_match is None and not path.is_file():
                return
            with self._locked(key), suppress(*NO_OBJECT):
                if if_match is not None and ((found := self.get(key)) is None or found.etag != if_match):
                    raise ConditionFailedError(key)
                path.unlink()
            for folder in path.parents:
                if folder == self.root:
                    break
                try:
                    folder.rmdir()
                except OSError:  # the folder contains another object, or another process removed it
                    break

    def list(self, prefix: str, *, after: str = "") -> Iterator[Listed]:
        """Objects under a prefix, read folder by folder; changes made during the listing may be missing from it.

        A folder that cannot be read is a fault, which is raised when everything else was listed.
        """
        folder, slash, start = prefix.rpartition("/")
        if slash and key_fault(folder):
            return
        unread: deque[StorageError] = deque()
        below = self._below(self.root / folder, folder + slash, start, unread)
        yield from (listed for listed in below if comes_after(listed.key, after))
        if unread:
            raise unread[0]

    def folders(self, prefix: str, after: str = "") -> Iterator[str]:
        """Names of the folders right below a folder that come after a name."""
        with _faults(prefix):
            try:
                with os.scandir(self.root / prefix) as entries:
                    names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
            except NO_OBJECT:
                return
        for name in sorted(names, key=lambda name: os.fsencode(f"{name}/")):
            is_wanted = not after or comes_after(f"{name}/", f"{after}/")
            if is_wanted and not key_fault(prefix + name) and prefix + name != RESERVED:
                yield name

    def odd_entries(self, prefix: str, files: re.Pattern[str]) -> Iterator[tuple[str, str]]:
        """What lies in a folder of the store and is no object: its place there, and why it is none.

        Folders are odd only where their place fits `files`, which says where files should be.
        """
        pending = [(self.root / prefix, prefix)]
        while pending:
            folder, base = pending.pop()
            try:
                with os.scandir(folder) as entries:
                    found = sorted(entries, key=lambda entry: os.fsencode(entry.name))
            except NO_OBJECT:
                continue
            except OSError as error:
                yield base, f"cannot be read: {error.strerror or error}"
                continue
            for entry in found:
                key = base + entry.name
                if key == RESERVED:
                    continue
                is_folder = entry.is_dir(follow_symlinks=False)
                if fault := key_fault(key):
                    yield key, f"its name {fault}"
                elif is_folder and files.fullmatch(key):
                    yield key, IS_FOLDER
                elif not is_folder and not _is_file(entry):
                    yield key, SPECIAL
                if is_folder and not fault:
                    pending.append((folder / entry.name, f"{key}/"))

    def _below(self, folder: Path, base: str, start: str, unread: deque[StorageError]) -> Iterator[Listed]:
        """Objects in and under a folder. Sorting a folder's name with its `/` gives the byte order of whole keys."""
        found: list[tuple[os.DirEntry[str], bool]] = []
        try:
            with _faults(base), suppress(*NO_OBJECT), os.scandir(folder) as entries:
                found = [(e, e.is_dir(follow_symlinks=False)) for e in entries if e.name.startswith(start)]
        except StorageError as error:
            unread.append(error)
        for entry, is_folder in sorted(found, key=lambda item: os.fsencode(item[0].name + "/" * item[1])):
            key = base + entry.name
            if key == RESERVED:
                continue
            if fault := key_fault(key):
                log.warning("%s: %s %s: not listed", self.root, printable(key, MAX_KEY_BYTES), fault)
            elif is_folder:
                yield from self._below(folder / entry.name, f"{key}/", "", unread)
            elif _is_file(entry):
                with suppress(*NO_OBJECT):
                    yield _listed(key, entry.stat())

    def _path(self, key: str) -> Path:
        return self.root / checked(key)

    @contextmanager
    def _written_aside(self) -> Iterator[tuple[Path, BinaryIO]]:
        """A new file on the same file system as the objects; deleted at the end unless it was moved."""
        self._tidy()
        path = self._aside / f"put-{uuid4().hex}"
        try:
            with os.fdopen(self._created(path, os.O_WRONLY | os.O_EXCL), "wb") as file:
                yield path, file
        finally:
            path.unlink(missing_ok=True)

    def _created(self, path: Path, flags: int) -> int:
        """Open a file in the folder of unfinished files; create the file, and the folder if it is missing."""
        try:
            return os.open(path, flags | os.O_CREAT, 0o644)
        except FileNotFoundError:
            self._aside.mkdir(parents=True, exist_ok=True)
            return os.open(path, flags | os.O_CREAT, 0o644)

    def _tidy(self) -> None:
        """Delete, once per store, what killed writers left. File times and our clock are those of the same system."""
        if self._tidied:
            return
        self._tidied = True
        for path in self._aside.glob("put-*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < time.time() - LEFTOVER_AFTER_S:
                    path.unlink()

    @contextmanager
    def _locked(self, key: str) -> Iterator[None]:
        """Hold the lock that every writer of a key takes, threads of one process too."""
        path = self._aside / f"lock-{zlib.crc32(key.encode()) % LOCKS:02x}"
        with os.fdopen(self._created(path, os.O_RDWR)) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            try:
                yield
            finally:  # closing is not enough: a process that was forked meanwhile has the file open too
                fcntl.flock(file, fcntl.LOCK_UN)


def _move(aside: Path, path: Path, key: str) -> None:
    """Rename a finished file to its place; try again if another process deletes the empty folder meanwhile."""
    for attempt in range(MAX_MOVES):
        try:
            if attempt:
                path.parent.mkdir(parents=True, exist_ok=True)
            aside.replace(path)
        except (FileNotFoundError, FileExistsError) as error:
            last = error
        except IsADirectoryError as error:
            try:
                path.rmdir()  # an empty folder is no object; a delete that was killed left it
            except OSError:
                raise BadKeyError(f"key {printable(key)!r} is the beginning of other keys") from error
        except NotADirectoryError as error:
            raise BadKeyError(f"key {printable(key)!r} begins with another key") from error
        else:
            return
    raise last


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a file, or a link to one; a link that leads to itself is none."""
    try:
        return entry.is_file()
    except OSError:
        return False


def _listed(key: str, status: os.stat_result) -> Listed:
    return Listed(key, status.st_size, _moment(status))


def _moment(status: os.stat_result) -> datetime:
    return datetime.fromtimestamp(status.st_mtime, UTC)


@contextmanager
def _faults(key: str) -> Iterator[None]:
    """Turn an OSError into a StorageError that names the key."""
    try:
        yield
    except OSError as error:
        raise StorageError(f"{printable(key)}: {error.strerror or error}") from error
