"""Reading what people hand in: a stream of bytes, unpacked if the name ends in `.gz`."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from image_release.storage import Store


class MissingInputError(Exception):
    """A file that should be in the inbox is not there."""


class InputDamagedError(Exception):
    """A handed-in `.gz` file that cannot be unpacked to its end."""


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
                raise InputDamagedError(f"is not a whole gzip file: {error}") from error
        else:
            yield stream
