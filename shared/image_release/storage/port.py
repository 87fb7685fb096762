"""The storage port: what the pipeline asks of a place that keeps bytes under keys.

Three stores stand behind it (inbox, state, published), a folder or an S3 bucket each. The conditional puts are all the
locking the system has: `if_absent` and `if_match` are compare-and-swap, as S3 offers them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol


class StorageError(Exception):
    """The store could not answer: a fault that another attempt may cure."""


class ConditionFailedError(Exception):
    """The object is not in the state that a conditional put asked for: somebody else wrote first."""


class BadKeyError(ValueError):
    """A key that no store takes (`naming.key_fault` says why), or that is the beginning of another in a folder."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object's bytes with the ETag that they had when they were read."""

    data: bytes
    etag: str


@dataclass(frozen=True, slots=True)
class Listed:
    """What a store knows of an object without reading it. `modified` is aware, UTC."""

    key: str
    size: int
    modified: datetime


class Store(Protocol):
    """Bytes under keys. Keys are relative, `/`-separated, percent-encoded parts (`values.key_part`).

    Every method raises BadKeyError for what cannot be a key, and StorageError when the store cannot answer.
    """

    def get(self, key: str) -> Stored | None:
        """Read an object whole; None if there is none."""

    def open(self, key: str) -> BinaryIO | None:
        """Open an object for streaming; None if there is none. The caller closes it."""

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_match: str | None = None) -> None:
        """Write an object whole; readers see the old bytes or the new, never a part.

        Raises ConditionFailedError when `if_absent` finds an object or `if_match` another ETag (or none).
        """

    def put_file(self, key: str, path: Path) -> None:
        """Write an object from a local file, streamed."""

    def fetch_file(self, key: str, path: Path) -> bool:
        """Copy an object into a local file, streamed; False if there is none."""

    def head(self, key: str) -> Listed | None:
        """Size and time of an object; None if there is none."""

    def delete(self, key: str) -> None:
        """Remove an object; nothing happens if there is none."""

    def list(self, prefix: str) -> Iterator[Listed]:
        """Objects whose key starts with `prefix` (any string), sorted by the bytes of the whole key, as S3 does it.

        Read while it is iterated: the caller may delete what it was given. A prefix that no key can have lists nothing.
        """


@dataclass(frozen=True, slots=True)
class Stores:
    """The three stores: what people hand in (`inbox`), what is known (`state`), what a site shows (`published`)."""

    inbox: Store
    state: Store
    published: Store
