"""A store over another one that is never written: writes go into a store of their own, and readers see both.

A dry run works on it: it sees what would be there afterwards, and everything stays as it is.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

from image_release.storage.port import ConditionFailedError, Listed, Store, Stored


class OverlayStore:
    """Reads `base`, and writes `above`. Threads may share it; what another process writes there it does not see."""

    def __init__(self, base: Store, above: Store) -> None:
        self._base = base
        self._above = above
        self._deleted: set[str] = set()
        self._lock = threading.RLock()

    def get(self, key: str) -> Stored | None:
        """Read an object whole; None if there is none."""
        return self._above.get(key) or (None if key in self._deleted else self._base.get(key))

    def open(self, key: str) -> BinaryIO | None:
        """Open an object for streaming; None if there is none."""
        return self._above.open(key) or (None if key in self._deleted else self._base.open(key))

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_match: str | None = None) -> None:
        """Write an object above, under the conditions of the port."""
        with self._lock:
            found = self.get(key) if if_absent or if_match is not None else None
            if (if_absent and found) or (if_match is not None and (found is None or found.etag != if_match)):
                raise ConditionFailedError(key)
            self._above.put(key, data)
            self._deleted.discard(key)

    def put_file(self, key: str, path: Path) -> None:
        """Write an object above from a local file."""
        with self._lock:
            self._above.put_file(key, path)
            self._deleted.discard(key)

    def fetch_file(self, key: str, path: Path) -> bool:
        """Copy an object into a local file; False if there is none."""
        return self._above.fetch_file(key, path) or (key not in self._deleted and self._base.fetch_file(key, path))

    def head(self, key: str) -> Listed | None:
        """Size and time of an object; None if there is none."""
        return self._above.head(key) or (None if key in self._deleted else self._base.head(key))

    def delete(self, key: str, *, if_match: str | None = None) -> None:
        """Remove an object from what is seen, under the condition of the port."""
        with self._lock:
            if if_match is not None and ((found := self.get(key)) is None or found.etag != if_match):
                raise ConditionFailedError(key)
            self._deleted.add(key)
            self._above.delete(key)

    def list(self, prefix: str, *, after: str = "") -> Iterator[Listed]:
        """Objects under a prefix, sorted by key: those above stand for those below."""
        last = None
        above, base = (store.list(prefix, after=after) for store in (self._above, self._base))
        both = heapq.merge(above, base, key=lambda item: item.key.encode())
        for listed in both:
            if listed.key != last and listed.key not in self._deleted:
                yield listed
            last = listed.key

    def folders(self, prefix: str, after: str = "") -> Iterator[str]:
        """Names of the folders right below a folder that come after a name, unless all in them was deleted."""
        both = heapq.merge(
            self._above.folders(prefix, after), self._base.folders(prefix, after), key=lambda name: f"{name}/".encode()
        )
        for name, _ in groupby(both):
            if next(self.list(f"{prefix}{name}/"), None):
                yield name
