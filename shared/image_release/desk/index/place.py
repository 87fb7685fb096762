"""Where the index of a workspace lies: beside the three stores of a folder, else in the user's cache folder."""

from __future__ import annotations

import os
from pathlib import Path

from image_release.values import sha256_hex

NAME = "index.sqlite"


def index_path(root: Path | None, address: str) -> Path:
    """The file of the index. `root` is the workspace's folder; None where its stores are elsewhere (`address`)."""
    if root is not None:
        return root / "desk" / NAME
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "image-release" / "desk" / sha256_hex(address.encode())[:20] / NAME
