"""A store that counts what is asked of the one behind it: storage requests are a cost of their own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from image_release.storage.port import Listed, Store, Stored


@dataclass(slots=True)
class StoreCounter:
    """Requests so far; several stores may share one counter, and threads may count at once."""

    reads: int = 0
    writes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def count(self, *, reads: int = 0, writes: int = 0) -> None:
        """Add to the counts."""
        with self._lock:
            self.reads += reads
            self.writes += writes


class CountingStore:
    """Passes everything on, and counts: get, open, fetch_file, head and list read; put, put_file and delete write."""

    def __init__(self, store: Store, counter: StoreCounter) -> None:
        self._store = store
        self._counter = counter

    def get(self, key: str) -> Stored | None:
        """Counts a read."""
        self._counter.count(reads=1)
        return self._store.get(key)

    def open(self, key: str) -> BinaryIO | None:
        """Counts a read."""
        self._counter.count(reads=1)
        return self._store.open(key)

    def fetch_file(self, key: str, path: Path) -> bool:
        """Counts a read."""
        self._counter.count(reads=1)
        return self._store.fetch_file(key, path)

    def head(self, key: str) -> Listed | None:
        """Counts a read."""
        self._counter.count(reads=1)
        return self._store.head(key)

    def list(self, prefix: str) -> Iterator[Listed]:
        """Counts a read."""
        self._counter.count(reads=1)
        return self._store.list(prefix)

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_match: str | None = None) -> None:
        """Counts a write."""
        self._counter.count(writes=1)
        self._store.put(key, data, if_absent=if_absent, if_match=if_match)

    def put_file(self, key: str, path: Path) -> None:
        """Counts a write."""
        self._counter.count(writes=1)
        self._store.put_file(key, path)

    def delete(self, key: str) -> None:
        """Counts a write."""
        self._counter.count(writes=1)
        self._store.delete(key)
