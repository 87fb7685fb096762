"""The thumbnails of the page: small and large copies, made in a child process and kept in a cache of limited size.

The browser never gets a partner's own bytes, and a file that crashes its decoder ends the child process only.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from image_release.child_process import ChildCrashedError
from image_release.decode import UndecodableError, read_header, thumbnail_jpeg
from image_release.lab.size_filter import ANY_SIZE
from image_release.outcomes import Rejection
from image_release.values import sha256_hex

Caller = Callable[..., Any]
"""Calls a function in a child process (`child_process.IsolatedCaller`)."""
SIDES_PX = {"small": 320, "large": 1600}
"""Longer side. Small is twice the width of a tile, for dense screens; large fills a screen."""
QUALITY = 82
CACHE_BYTES = 96 * 1024 * 1024
"""Room for about 5,000 small thumbnails: the hotels of an afternoon."""


class Thumbnails:
    """Renders thumbnails and keeps those that were used last. Threads may share it."""

    def __init__(self, call: Caller, cache_bytes: int = CACHE_BYTES) -> None:
        self._call = call
        self._cache_bytes = cache_bytes
        self._held = 0
        self._kept: OrderedDict[tuple[Path, str], bytes] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def held_bytes(self) -> int:
        """Size of all thumbnails in the cache."""
        return self._held

    def get(self, path: Path, size: str) -> bytes | None:
        """A JPEG of the image, or None if it cannot be decoded. `size` is a key of SIDES_PX."""
        with self._lock:
            kept = self._kept.get((path, size))
            if kept is not None:
                self._kept.move_to_end((path, size))
                return kept or None
        try:
            data: bytes = self._call(render, path, SIDES_PX[size])
        except ChildCrashedError:
            data = b""
        with self._lock:
            self._held += len(data) - len(self._kept.pop((path, size), b""))
            self._kept[path, size] = data
            while self._held > self._cache_bytes:
                self._held -= len(self._kept.popitem(last=False)[1])
        return data or None


def render(path: Path, side_px: int) -> bytes:
    """A JPEG of the image, empty if it cannot be decoded. Runs in a child process."""
    try:
        data = path.read_bytes()
    except OSError:
        return b""
    facts = read_header(data, sha256_hex(data), ANY_SIZE)
    if isinstance(facts, Rejection):
        return b""
    try:
        return thumbnail_jpeg(data, facts, side_px, QUALITY)
    except UndecodableError:
        return b""


def sizes(paths: Sequence[Path]) -> list[tuple[int, int, int] | None]:
    """Width, height and bytes of each image, or None if its header cannot be read. Runs in a child process."""
    found: list[tuple[int, int, int] | None] = []
    for path in paths:
        try:
            data = path.read_bytes()
        except OSError:
            found.append(None)
            continue
        facts = read_header(data, "", ANY_SIZE)
        found.append(None if isinstance(facts, Rejection) else (facts.width, facts.height, facts.bytes))
    return found
