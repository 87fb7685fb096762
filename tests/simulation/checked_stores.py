"""Stores in memory that check a promise at each write."""

from __future__ import annotations

import json
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from image_release.publish import Manifest, PublishedImage
from image_release.storage import MemoryStore
from image_release.store_keys import cached_images_key, due_key
from image_release.values import Accommodation
from tests.simulation.outside import BrokenPromiseError


class PublishedStore(MemoryStore):
    """Checks at every write that what is published is complete, and that its labels are kept (invariants 2 and 4)."""

    def __init__(self, state: MemoryStore, *args: Any) -> None:
        super().__init__(*args)
        self._state = state

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_match: str | None = None) -> None:
        before = self.get(key)
        super().put(key, data, if_absent=if_absent, if_match=if_match)
        if key.endswith("/manifest.json"):
            manifest = Manifest.from_bytes(data)
            missing = sorted(name for name in manifest.named_keys() if self.head(name) is None)
            if missing:
                raise BrokenPromiseError(f"{key} names {missing[0]}, which is not there")
            for picture in manifest.pictures:
                if picture.labels and picture.best.sha256 not in self._labelled(picture.best):
                    raise BrokenPromiseError(f"{key}: labels of {picture.best.sha256[:8]} are published and not kept")
            older = Manifest.from_bytes(before.data) if before else None
            known = dues(older, manifest) if older else set()
            for day, kind in dues(manifest, manifest) - known:
                if self._state.head(due_key(day, kind, manifest.hotel_id)) is None:
                    raise BrokenPromiseError(f"{key}: nothing will bring the hotel back on {day} for {kind}")
            if older and older.seq >= manifest.seq:
                raise BrokenPromiseError(f"{key}: seq {manifest.seq} is not after the one before it")
            if older and older.edition.is_newer_than(manifest.edition):
                raise BrokenPromiseError(f"{key}: {manifest.edition} was published over {older.edition}")
        elif before and before.data != data and "/renditions/" in key:
            raise BrokenPromiseError(f"{key} was written over")

    def _labelled(self, image: PublishedImage) -> tuple[str, ...]:
        stored = self._state.get(cached_images_key(Accommodation(image.partner_id, image.accommodation_id)))
        return labelled(stored.data) if stored else ()

    def delete(self, key: str, **conditions: Any) -> None:
        stored = self.get(key.split("/renditions/", maxsplit=1)[0] + "/manifest.json")
        if stored and key in Manifest.from_bytes(stored.data).named_keys():
            raise BrokenPromiseError(f"{key} is named and was deleted")
        super().delete(key, **conditions)


class StateStore(MemoryStore):
    """Checks that no listing gets older (invariant 8), and remembers since when labels are kept: they are paid once."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.paid: dict[tuple[str, str], datetime] = {}
        """Key of an accommodation's cache, SHA-256 -> since when its labels are kept."""

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_match: str | None = None) -> None:
        before = self.get(key)
        super().put(key, data, if_absent=if_absent, if_match=if_match)
        if key.endswith("/images.json") and before and json.loads(before.data)["version"] > json.loads(data)["version"]:
            raise BrokenPromiseError(f"{key} was written over by an older catalogue")
        if key.startswith("accommodations/") and key.endswith("/state.json"):
            for sha256 in labelled(bytes(data)):
                self.paid.setdefault((key, sha256), self._clock())


def dues(manifest: Manifest, published: Manifest) -> set[tuple[date, str]]:
    """Return days and kinds of what a manifest puts off, as they are when another one is published."""
    return {(max(entry.not_before, published.published_at).date(), entry.kind) for entry in manifest.pending}


@lru_cache(10_000)
def labelled(data: bytes) -> tuple[str, ...]:
    """Return the images that have labels in the cache of an accommodation."""
    return tuple(sha256 for sha256, content in json.loads(data)["contents"].items() if content.get("labels"))
