"""A store in memory, for tests and simulations."""

from __future__ import annotations

import io
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice, takewhile
from pathlib import Path
from typing import BinaryIO

from image_release.storage.naming import checked, comes_after, etag_of
from image_release.storage.port import ConditionFailedError, Listed, Stored


class MemoryStore:
    """Objects in a dictionary; `clock` (aware, UTC) gives their times. Threads may share it, processes cannot."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self._objects: dict[str, Stored] = {}
        self._in_order: list[str] | None = None
        """All keys in the order of listings; None after a key came or went."""
        self._lock = threading.Lock()

    def get(self, key: str) -> Stored | None:
        """Read an object whole; None if there is none."""
        return self._objects.get(checked(key))

    def open(self, key: str) -> BinaryIO | None:
        """Open an object for streaming; None if there is none."""
        found = self._objects.get(checked(key))
        return io.BytesIO(found.data) if found else None

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_match: str | None = None) -> None:
        """Write an object whole, under the conditions of the port."""
        with self._lock:
            found = self._objects.get(checked(key))
            if (if_absent and found) or (if_match is not None and (not found or found.etag != if_match)):
                raise ConditionFailedError(key)
            if found is None:
                self._in_order = None
            self._objects[key] = Stored(bytes(data), etag_of(data), self._clock())

    def put_file(self, key: str, path: Path) -> None:
        """Write an object from a local file."""
        self.put(key, path.read_bytes())

    def fetch_file(self, key: str, path: Path) -> bool:
        """Copy an object into a local file; False if there is none."""
        found = self._objects.get(checked(key))
        if found:
            path.write_bytes(found.data)
        return found is not None

    def head(self, key: str) -> Listed | None:
        """Size and time of an object; None if there is none."""
        found = self._objects.get(checked(key))
        return Listed(key, len(found.data), found.modified) if found else None

    def delete(self, key: str, *, if_match: str | None = None) -> None:
        """Remove an object, under the condition of the port."""
        with self._lock:
            found = self._objects.get(checked(key))
            if if_match is not None and (not found or found.etag != if_match):
                raise ConditionFailedError(key)
            if self._objects.pop(key, None):
                self._in_order = None

    def list(self, prefix: str, *, after: str = "") -> Iterator[Listed]:
        """Objects under a prefix, as they were when the listing started."""
        with self._lock:
            keys = self._in_order = self._in_order or sorted(self._objects)  # the order of letters is that of bytes
            below = takewhile(lambda key: key.startswith(prefix), islice(keys, bisect_left(keys, prefix), None))
            found = [(key, self._objects[key]) for key in below if not after or comes_after(key, after)]
        for key, stored in found:
            yield Listed(key, len(stored.data), stored.modified)

    def folders(self, prefix: str, after: str = "") -> Iterator[str]:
        """Names of the folders right below a folder that come after a name."""
        below = (listed.key.removeprefix(prefix).partition("/") for listed in self.list(prefix))
        names = dict.fromkeys(name for name, slash, _ in below if slash)
        yield from (name for name in names if not after or comes_after(f"{name}/", f"{after}/"))
