"""A store in memory, for tests and simulations."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from image_release.storage.naming import checked, comes_after, etag_of
from image_release.storage.port import ConditionFailedError, Listed, Stored


class MemoryStore:
    """Objects in a dictionary; `clock` (aware, UTC) gives their times. Threads may share it, processes cannot."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self._objects: dict[str, tuple[bytes, datetime]] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> Stored | None:
        """Read an object whole; None if there is none."""
        found = self._objects.get(checked(key))
        return Stored(found[0], etag_of(found[0]), found[1]) if found else None

    def open(self, key: str) -> BinaryIO | None:
        """Open an object for streaming; None if there is none."""
        found = self._objects.get(checked(key))
        return io.BytesIO(found[0]) if found else None

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_match: str | None = None) -> None:
        """Write an object whole, under the conditions of the port."""
        with self._lock:
            found = self._objects.get(checked(key))
            if (if_absent and found) or (if_match is not None and (not found or etag_of(found[0]) != if_match)):
                raise ConditionFailedError(key)
            self._objects[key] = (bytes(data), self._clock())

    def put_file(self, key: str, path: Path) -> None:
        """Write an object from a local file."""
        self.put(key, path.read_bytes())

    def fetch_file(self, key: str, path: Path) -> bool:
        """Copy an object into a local file; False if there is none."""
        found = self._objects.get(checked(key))
        if found:
            path.write_bytes(found[0])
        return found is not None

    def head(self, key: str) -> Listed | None:
        """Size and time of an object; None if there is none."""
        found = self._objects.get(checked(key))
        return Listed(key, len(found[0]), found[1]) if found else None

    def delete(self, key: str, *, if_match: str | None = None) -> None:
        """Remove an object, under the condition of the port."""
        with self._lock:
            found = self._objects.get(checked(key))
            if if_match is not None and (not found or etag_of(found[0]) != if_match):
                raise ConditionFailedError(key)
            self._objects.pop(key, None)

    def list(self, prefix: str, *, after: str = "") -> Iterator[Listed]:
        """Objects under a prefix, as they were when the listing started."""
        with self._lock:
            objects = self._objects.items()
            found = [(key, *value) for key, value in objects if key.startswith(prefix) and comes_after(key, after)]
        for key, data, modified in sorted(found, key=lambda item: item[0].encode()):
            yield Listed(key, len(data), modified)

    def folders(self, prefix: str, after: str = "") -> Iterator[str]:
        """Names of the folders right below a folder that come after a name."""
        below = (listed.key.removeprefix(prefix).partition("/") for listed in self.list(prefix))
        names = dict.fromkeys(name for name, slash, _ in below if slash)
        yield from (name for name in names if not after or comes_after(f"{name}/", f"{after}/"))
