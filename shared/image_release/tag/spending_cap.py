"""The spending cap of a run on one machine, shared by all its worker processes."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

_COUNT_BYTES = 20


@dataclass(frozen=True, slots=True)
class SpendingCap:
    """An allowance of `images` images for all processes that count in the same file.

    The file belongs to one run (give each run a new path; the file need not exist) and is on a local disk. The value is
    only a path and a number: it can be pickled and sent to any worker process. The count is changed under a lock of the
    operating system, and a killed process releases the lock. Images that it had reserved count as spent.
    """

    path: Path
    images: int

    def reserve(self, images: int) -> int:
        """Reserve up to `images` images of what is left; returns how many. Raises OSError."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            spent = int(os.pread(descriptor, _COUNT_BYTES, 0) or b"0")
            granted = max(0, min(images, self.images - spent))
            if granted:
                os.pwrite(descriptor, b"%0*d" % (_COUNT_BYTES, spent + granted), 0)
        finally:
            os.close(descriptor)
        return granted
