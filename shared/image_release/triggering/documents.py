"""Reading what people hand in: streams of lines, gzip by name, and JSON documents swapped in by compare-and-swap."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from image_release.storage import ConditionFailedError, Store

MAX_SWAPS = 20
"""Writers of one small document are few; who loses so often has met a fault, not a rival."""


class MissingInputError(Exception):
    """A file that was to be read from the inbox is not there."""


class InputDamagedError(Exception):
    """A handed-in `.gz` file that cannot be unpacked to its end."""


class DocumentContendedError(Exception):
    """Other writers kept winning the swap of a document."""


@contextmanager
def opened(inbox: Store, key: str) -> Iterator[BinaryIO]:
    """Open a handed-in file for streaming, unpacked if its name ends in .gz.

    Raises MissingInputError; InputDamagedError, also while the stream is read.
    """
    stream = inbox.open(key)
    if stream is None:
        raise MissingInputError(key)
    with stream:
        if key.endswith(".gz"):
            try:
                with gzip.open(stream) as unpacked:
                    yield io.BufferedReader(unpacked)
            except (gzip.BadGzipFile, EOFError, zlib.error) as error:
                raise InputDamagedError(f"is no whole gzip file: {error}") from error
        else:
            yield stream


def read_json(store: Store, key: str) -> Any:
    """Read a document that we wrote; None if there is none."""
    stored = store.get(key)
    return None if stored is None else json.loads(stored.data)


def write_json(document: Any) -> bytes:
    """The bytes of a document of ours: keys sorted, so that equal documents are equal bytes."""
    return json.dumps(document, sort_keys=True, ensure_ascii=False).encode()


def swap_json(store: Store, key: str, change: Callable[[Any], Any]) -> Any:
    """Replace a document by `change` of it (None: absent) under compare-and-swap; `change` returning None leaves it."""
    for _ in range(MAX_SWAPS):
        stored = store.get(key)
        wanted = change(None if stored is None else json.loads(stored.data))
        if wanted is None or (stored and write_json(wanted) == stored.data):
            return wanted
        try:
            store.put(key, write_json(wanted), if_absent=stored is None, if_match=stored.etag if stored else None)
        except ConditionFailedError:
            continue
        return wanted
    raise DocumentContendedError(key)
