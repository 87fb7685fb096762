"""Counters of work: downloads, decodes, tagged images, renditions written. Each is counted where it happens."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field


@dataclass(slots=True)
class Work:
    """Work done for one hotel in one run. Several threads may count at the same time."""

    downloads: int = 0
    decodes: int = 0
    tagged: int = 0
    renditions_written: int = 0
    tagged_by: dict[str, int] = field(default_factory=dict)
    """Identity of a tagger -> number of images that it answered for."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def count(self, *, downloads: int = 0, decodes: int = 0, tagged: int = 0, renditions_written: int = 0) -> None:
        """Add these numbers to the counters."""
        with self._lock:
            self.downloads += downloads
            self.decodes += decodes
            self.tagged += tagged
            self.renditions_written += renditions_written

    def count_tagged_by(self, identity: str, images: int) -> None:
        """Add images that one tagger answered for."""
        with self._lock:
            self.tagged_by[identity] = self.tagged_by.get(identity, 0) + images
