"""What a run cost, counted where it happens: downloads, decodes, tagged images, renditions written."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field


@dataclass(slots=True)
class Work:
    """Counters of one look at one hotel; threads may count at once. Sums over hotels are the caller's."""

    downloads: int = 0
    decodes: int = 0
    tagged: int = 0
    renditions_written: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def count(self, *, downloads: int = 0, decodes: int = 0, tagged: int = 0, renditions_written: int = 0) -> None:
        """Add to the counters."""
        with self._lock:
            self.downloads += downloads
            self.decodes += decodes
            self.tagged += tagged
            self.renditions_written += renditions_written
