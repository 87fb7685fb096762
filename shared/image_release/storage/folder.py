"""A store in a folder: what one machine puts behind the port, safe for many threads and processes at once.

An object is a file. It is written aside and renamed, so that a reader, or a kill at any point, finds the old bytes or
the new, never a part. The conditions of a put hold across processes: writers of a key take the same lock file.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from image_release.storage.memory import etag_of
from image_release.storage.port import BadKeyError, ConditionFailedError, Listed, Stored

ASIDE = ".aside"
"""Folder below the root for files being written; a name that no key may have."""
LOCKS = 64
"""Lock files: few enough to stay in one folder, many enough that two writers seldom meet on one."""
MAX_PART_BYTES = 255
"""Longest file name that common file systems take."""


class FolderStore:
    """Objects as files below `root`, which is made when the first is written."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._aside = root / ASIDE

    def get(self, key: str) -> Stored | None:
        """Read an object whole."""
        try:
            data = self._path(key).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        return Stored(data, etag_of(data))

    def open(self, key: str) -> BinaryIO | None:
        """Open an object for streaming."""
        try:
            return self._path(key).open("rb")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_match: str | None = None) -> str:
        """Write an object whole, under the conditions of the port."""
        path = self._path(key)
        aside = self._write_aside(data)
        try:
            with self._locked(key):
                if if_absent and path.exists():
                    raise ConditionFailedError(key)
                present = self.get(key) if if_match is not None else None
                if if_match is not None and (present is None or present.etag != if_match):
                    raise ConditionFailedError(key)
                self._move(aside, path)
        finally:
            aside.unlink(missing_ok=True)
        return etag_of(data)

    def put_file(self, key: str, path: Path) -> None:
        """Write an object from a local file, streamed."""
        aside = self._write_aside(b"")
        try:
            shutil.copyfile(path, aside)
            with self._locked(key):
                self._move(aside, self._path(key))
        finally:
            aside.unlink(missing_ok=True)

    def fetch_file(self, key: str, path: Path) -> bool:
        """Copy an object into a local file, streamed."""
        source = self.open(key)
        if source is None:
            return False
        with source, path.open("wb") as target:
            shutil.copyfileobj(source, target)
        return True

    def head(self, key: str) -> Listed | None:
        """Size and time of an object."""
        return self._listed(key, self._path(key))

    def delete(self, key: str) -> None:
        """Remove an object, and the folders that are empty after it."""
        path = self._path(key)
        with self._locked(key):
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                path.unlink()
            with contextlib.suppress(OSError):  # not empty: somebody else's object lies there
                for folder in path.parents:
                    if folder == self._root:
                        break
                    folder.rmdir()

    def list(self, prefix: str) -> Iterator[Listed]:
        """Objects under a prefix, in the byte order of their keys."""
        folder = self._root / prefix.rpartition("/")[0]
        keys = [key for key in self._keys_below(folder) if key.startswith(prefix)]
        for key in sorted(keys, key=str.encode):
            if listed := self._listed(key, self._path(key)):
                yield listed

    def _keys_below(self, folder: Path) -> Iterator[str]:
        for parent, folders, files in os.walk(folder):
            if ASIDE in folders and Path(parent) == self._root:
                folders.remove(ASIDE)
            relative = Path(parent).relative_to(self._root).as_posix()
            yield from (name if relative == "." else f"{relative}/{name}" for name in files)

    def _path(self, key: str) -> Path:
        for part in key.split("/"):
            if part in ("", ".", "..", ASIDE) or "\0" in part or len(part.encode()) > MAX_PART_BYTES:
                raise BadKeyError(f"{key!r}: {part!r} cannot be part of a key")
        return self._root / key

    @staticmethod
    def _listed(key: str, path: Path) -> Listed | None:
        try:
            status = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return Listed(key, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC)) if path.is_file() else None

    def _write_aside(self, data: bytes) -> Path:
        self._aside.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=self._aside)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o644)
            file.write(data)
        return Path(name)

    @staticmethod
    def _move(aside: Path, path: Path) -> None:
        while True:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                aside.replace(path)
            except FileNotFoundError:
                if not aside.exists():
                    raise
                continue  # a delete removed the empty folder in between
            return

    @contextlib.contextmanager
    def _locked(self, key: str) -> Iterator[None]:
        """Hold the lock that all writers of a key take; the system lets go of it when a process is killed."""
        self._aside.mkdir(parents=True, exist_ok=True)
        lock = self._aside / f"lock-{zlib.crc32(key.encode()) % LOCKS}"
        with lock.open("wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
