"""The hotels that hold changed accommodations: found by the index of the release in force, and nudged."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from image_release.ingest import Release, ReleaseIndex, open_index, read_current
from image_release.ingest.catalogues import given_at
from image_release.serverless.ports import Suite
from image_release.serverless.shares import Nudged, Nudging, nudge_in_shares
from image_release.split_keys import split_folder
from image_release.values import Accommodation, sha256_hex

NOBODY = Nudged(0, 0)


def nudge_hotels(changed: Iterable[Accommodation], key: str, suite: Suite) -> Nudged:
    """Nudge the hotels of the accommodations that the catalogue at a key changed, each once.

    They are those of the release in force now. When it is repeated, only what is not confirmed is sent again.
    """
    current = read_current(suite.state)
    if current is None:
        return NOBODY
    with local_index(suite, current) as index:
        hotel_ids = sorted(set(index.hotels_of(changed)))
    work = json.dumps([key, given_at(suite.inbox, key), current.folder, hotel_ids])
    folder = split_folder("catalogue-hotels", sha256_hex(work.encode())[:32])
    return nudge_in_shares(suite, folder, hotel_ids, Nudging("catalogue", group=key.split("/")[1]))


@contextmanager
def local_index(suite: Suite, release: Release) -> Iterator[ReleaseIndex]:
    """The index of a release, fetched into a file that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder, open_index(suite.state, release, Path(folder) / "index") as index:
        yield index
