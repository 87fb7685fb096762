"""One image below a folder of this machine (`file:` URLs): regular files only, in folders named on the command line.

The path is resolved first and checked afterwards, so neither `..` nor a symbolic link leads out of a folder. A path
outside gets the same answer whether it exists or not.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from image_release.fetch.answers import BadUrlError, FailedError, Fetched, NotModified, TooManyBytesError, Validators
from image_release.fetch.urls import FileUrl
from image_release.outcomes import Outcome


def read_file(url: FileUrl, folders: Sequence[Path], validators: Validators, max_bytes: int) -> Fetched | NotModified:
    """Read a local file of at most `max_bytes`. Its ETag is made of its modification time and size.

    `folders` must be resolved already. Raises FailedError: `gone` if there is no such file, `bad_url` if it is outside
    the folders or not a regular file, `too_many_bytes`, and `unavailable` if the system refuses.
    """
    try:
        path = Path(url.path).resolve()
        if not any(path.is_relative_to(folder) for folder in folders):
            raise BadUrlError("the file is not below a folder named on the command line")
        return _read(path, validators, max_bytes)
    except FileNotFoundError as error:
        raise FailedError(Outcome.GONE, "there is no such file") from error
    except NotADirectoryError as error:
        raise BadUrlError("the path leads through a file") from error
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of symbolic links, before Python 3.13
        raise FailedError(Outcome.UNAVAILABLE, f"the file could not be read ({type(error).__name__})") from error


def _read(path: Path, validators: Validators, max_bytes: int) -> Fetched | NotModified:
    # NOFOLLOW: the resolved path has no link, unless somebody made one since. NONBLOCK: opening a FIFO would hang.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise BadUrlError("not a regular file")
        now = Validators(etag=f'"{facts.st_mtime_ns:x}-{facts.st_size:x}"')
        if validators.etag == now.etag:
            return NotModified(now)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(max_bytes + 1)
    finally:
        os.close(descriptor)
    if len(data) > max_bytes:
        raise TooManyBytesError(f"more than {max_bytes} bytes")
    return Fetched(data, now)
