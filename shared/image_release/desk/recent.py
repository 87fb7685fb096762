"""Manifests that pages showed lately: what a page compares the present one with, before and after a decision."""

from __future__ import annotations

import threading
from collections import OrderedDict

from image_release.publish import Manifest

MOST = 64
"""Maximum number of manifests that are remembered."""


class RecentManifests:
    """The manifests that pages showed lately, by hotel and `seq`. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._manifests: OrderedDict[tuple[str, int], Manifest] = OrderedDict()

    def remember(self, manifest: Manifest) -> None:
        """Remember a manifest, and forget the one that was not asked for the longest time."""
        with self._lock:
            self._manifests[manifest.hotel_id, manifest.seq] = manifest
            self._manifests.move_to_end((manifest.hotel_id, manifest.seq))
            while len(self._manifests) > MOST:
                self._manifests.popitem(last=False)

    def of(self, hotel_id: str, seq: int) -> Manifest | None:
        """The manifest of this number; None if it is not remembered."""
        with self._lock:
            return self._manifests.get((hotel_id, seq))
