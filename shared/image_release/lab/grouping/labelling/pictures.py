"""The pictures of the page: small and large copies from a draft decode in a child process, kept while there is room.

The browser never gets a partner's own bytes, and a file that kills its decoder kills the child alone.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from image_release.decode import UndecodableError, read_header, thumbnail_jpeg
from image_release.isolation import ChildCrashedError
from image_release.outcomes import Rejection
from image_release.settings import FilterSettings
from image_release.values import sha256_hex

Caller = Callable[..., Any]
"""Calls a function in a child process (`isolation.IsolatedCaller`)."""
SIDES_PX = {"small": 320, "large": 1600}
"""Twice the width of a tile, for dense screens; and as much as a screen shows."""
QUALITY = 82
ROOM_BYTES = 96 * 1024 * 1024
"""Some 5,000 small pictures: the hotels of an afternoon."""
ANY_SIZE = FilterSettings(min_short_side_px=1, min_long_side_px=1)


class Pictures:
    """Renders pictures and keeps the latest ones. Threads may share it."""

    def __init__(self, call: Caller, room_bytes: int = ROOM_BYTES) -> None:
        self._call = call
        self._room_bytes = room_bytes
        self._held = 0
        self._kept: OrderedDict[tuple[Path, str], bytes] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def held_bytes(self) -> int:
        """How much is kept."""
        return self._held

    def get(self, path: Path, size: str) -> bytes | None:
        """A JPEG of an image, or None where it cannot be decoded."""
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
            while self._held > self._room_bytes:
                self._held -= len(self._kept.popitem(last=False)[1])
        return data or None


def render(path: Path, side_px: int) -> bytes:
    """A JPEG of an image, empty where it cannot be decoded. Runs in a child process."""
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
    """Width, height and bytes of each image, None where its header cannot be read. Runs in a child process."""
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
