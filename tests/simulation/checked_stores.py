"""Stores in memory that check a promise at each write."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from typing import Any

from image_release.publish import Manifest
from image_release.storage import MemoryStore
from tests.simulation.outside import BrokenPromiseError


class PublishedStore(MemoryStore):
    """Checks at every write that what is published is complete (invariants 2 and 4)."""

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_match: str | None = None) -> None:
        before = self.get(key)
        super().put(key, data, if_absent=if_absent, if_match=if_match)
        if key.endswith("/manifest.json"):
            manifest = Manifest.from_bytes(data)
            missing = sorted(name for name in manifest.named_keys() if self.head(name) is None)
            if missing:
                raise BrokenPromiseError(f"{key} names {missing[0]}, which is not there")
            if before and Manifest.from_bytes(before.data).seq >= manifest.seq:
                raise BrokenPromiseError(f"{key}: seq {manifest.seq} is not after the one before it")
        elif before and before.data != data and "/renditions/" in key:
            raise BrokenPromiseError(f"{key} was written over")

    def delete(self, key: str, **conditions: Any) -> None:
        stored = self.get(key.split("/renditions/", maxsplit=1)[0] + "/manifest.json")
        if stored and key in Manifest.from_bytes(stored.data).named_keys():
            raise BrokenPromiseError(f"{key} is named and was deleted")
        super().delete(key, **conditions)


class StateStore(MemoryStore):
    """Remembers since when the labels of an image are kept: nobody may pay for them again."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.paid: dict[tuple[str, str], datetime] = {}
        """Key of an accommodation's cache, SHA-256 -> since when its labels are kept."""

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_match: str | None = None) -> None:
        super().put(key, data, if_absent=if_absent, if_match=if_match)
        if key.startswith("accommodations/") and key.endswith("/state.json"):
            for sha256 in labelled(bytes(data)):
                self.paid.setdefault((key, sha256), self._clock())


@cache
def labelled(data: bytes) -> tuple[str, ...]:
    """Return the images that have labels in the cache of an accommodation."""
    return tuple(sha256 for sha256, content in json.loads(data)["contents"].items() if content.get("labels"))
