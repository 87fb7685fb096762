"""The storage port: what the pipeline needs from a store of bytes under keys.

There are three stores (inbox, state, published), each a folder or an S3 bucket. Conditional puts and deletes are the
only locking of the system: `if_absent` and `if_match` are compare-and-swap, as S3 offers it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from image_release.storage.together import Together, one_after_another


class StorageError(Exception):
    """The store could not answer; another attempt may succeed."""


class ConditionFailedError(Exception):
    """The object is not in the state that a condition requires: another writer was faster."""


class BadKeyError(ValueError):
    """A key that no store takes (`naming.key_fault` says why), or, in a folder, a key that begins another one."""


@dataclass(frozen=True, slots=True)
class Stored:
    """The bytes of an object, their ETag, and when they were written (aware, UTC)."""

    data: bytes
    etag: str
    modified: datetime


@dataclass(frozen=True, slots=True)
class Listed:
    """What a store knows about an object without reading it. `size` is in bytes, `modified` is aware, UTC."""

    key: str
    size: int
    modified: datetime


class Store(Protocol):
    """Bytes under keys. Keys are relative, `/`-separated, percent-encoded parts (`values.key_part`).

    Every method raises BadKeyError for a text that cannot be a key, and StorageError when the store cannot answer.
    """

    def get(self, key: str) -> Stored | None:
        """Read an object whole; None if there is none."""

    def open(self, key: str) -> BinaryIO | None:
        """Open an object for streaming; None if there is none. The caller closes it."""

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_match: str | None = None) -> None:
        """Write an object whole; readers see the old bytes or the new ones, never a part.

        Raises ConditionFailedError if `if_absent` is set and there is an object, or if the ETag of the object is not
        `if_match` (or there is no object).
        """

    def put_file(self, key: str, path: Path) -> None:
        """Write an object from a local file, streamed. Raises OSError if that file cannot be read."""

    def fetch_file(self, key: str, path: Path) -> bool:
        """Copy an object into a local file, streamed; False if there is none."""

    def head(self, key: str) -> Listed | None:
        """Size and time of an object; None if there is none."""

    def delete(self, key: str, *, if_match: str | None = None) -> None:
        """Remove an object; do nothing if there is none.

        Raises ConditionFailedError if `if_match` is set and the ETag of the object is another one (or there is no
        object: also if the first attempt at this request removed it, and its answer was lost).
        """

    def list(self, prefix: str, *, after: str = "") -> Iterator[Listed]:
        """Objects whose key starts with `prefix` (any string), sorted by the bytes of the whole key, as in S3.

        Only keys that come after `after` are listed; that text need not be a key. The listing is read while it is
        iterated, and the caller may delete an object that it was given. A prefix that no key can have lists nothing.
        """

    def folders(self, prefix: str, after: str = "") -> Iterator[str]:
        """Names of the folders right below a folder (`prefix` ends with `/`), without reading what is in them.

        They are sorted as their keys are, and come after the name `after`, if that is given.
        """


@dataclass(frozen=True, slots=True)
class Stores:
    """The three stores: what people hand in (`inbox`), what is known (`state`), what a site shows (`published`)."""

    inbox: Store
    state: Store
    published: Store
    together: Together = field(default=one_after_another, kw_only=True)
    """How reads that do not wait for one another are made."""
