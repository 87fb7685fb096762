"""A run's spending cap, shared by all its worker processes."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

_COUNT_BYTES = 20


@dataclass(frozen=True, slots=True)
class CountedAllowance:
    """At most `images` images for everybody who counts in the same file.

    The file belongs to one run (give each run a new path; it need not exist) and lies on a local disk. The value is
    only a path and a number: it can be pickled and handed to any worker, however that was started. The count is taken
    under a lock of the operating system, which a killed process releases; what it had reserved counts as spent.
    """

    path: Path
    images: int

    def reserve(self, images: int) -> int:
        """Take up to `images` from what is left; answers how many that were."""
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
