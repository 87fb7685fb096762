"""A store that counts the requests to the store behind it: on S3, each request costs money."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from image_release.storage.port import Listed, Store, Stored


@dataclass(slots=True)
class StoreCounter:
    """Number of reads and writes so far. Several stores and threads may share one counter."""

    reads: int = 0
    writes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def count(self, *, reads: int = 0, writes: int = 0) -> None:
        """Add to the counts."""
        with self._lock:
            self.reads += reads
            self.writes += writes


class CountingStore:
    """Passes every request on, and counts it.

    `get`, `open`, `fetch_file`, `head`, `list` and `folders` count as a read; `put`, `put_file` and `delete` as a
    write.
    """

    def __init__(self, store: Store, counter: StoreCounter) -> None:
        self._store = store
        self._counter = counter

    def get(self, key: str) -> Stored | None:
        """The object, whole; counts a read."""
        self._counter.count(reads=1)
        return self._store.get(key)

    def open(self, key: str) -> BinaryIO | None:
        """The object as a stream; counts a read."""
        self._counter.count(reads=1)
        return self._store.open(key)

    def fetch_file(self, key: str, path: Path) -> bool:
        """Copy the object into a local file; counts a read."""
        self._counter.count(reads=1)
        return self._store.fetch_file(key, path)

    def head(self, key: str) -> Listed | None:
        """Size and time of the object; counts a read."""
        self._counter.count(reads=1)
        return self._store.head(key)

    def list(self, prefix: str, *, after: str = "") -> Iterator[Listed]:
        """The objects under a prefix; counts one read, however many they are."""
        self._counter.count(reads=1)
        return self._store.list(prefix, after=after)

    def folders(self, prefix: str, after: str = "") -> Iterator[str]:
        """The folders right below a folder; counts one read, however many they are."""
        self._counter.count(reads=1)
        return self._store.folders(prefix, after)

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_match: str | None = None) -> None:
        """Write an object; counts a write, even if its condition fails."""
        self._counter.count(writes=1)
        self._store.put(key, data, if_absent=if_absent, if_match=if_match)

    def put_file(self, key: str, path: Path) -> None:
        """Write an object from a local file; counts a write."""
        self._counter.count(writes=1)
        self._store.put_file(key, path)

    def delete(self, key: str, *, if_match: str | None = None) -> None:
        """Remove an object; counts a write, even if its condition fails."""
        self._counter.count(writes=1)
        self._store.delete(key, if_match=if_match)
