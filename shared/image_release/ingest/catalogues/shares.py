"""One share of a catalogue that is split: compared with the catalogue in force, and later written where it differs."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Iterator
from itertools import chain

from image_release.ingest.catalogues.comparing import (
    CatalogueComparison,
    decided,
    listing_of,
    tombstones,
    written_of,
)
from image_release.ingest.catalogues.digests import Digests
from image_release.ingest.catalogues.findings import COMPARE, pack_found
from image_release.ingest.catalogues.reading import BadLine, GoodLine, judged
from image_release.ingest.catalogues.splitting import BEFORE, FORCED, SplitCatalogue
from image_release.ingest.listings import write_listing
from image_release.side_by_side import side_by_side
from image_release.split_keys import share_key
from image_release.state import StateUnreadableError
from image_release.storage import Store
from image_release.values import Listing


def compare_share(state: Store, split: SplitCatalogue, share: int, threads: int) -> bytes:
    """What is found of a share, as its mark holds it. Raises StateUnreadableError."""
    comparison, items = _opened(state, split, share, threads)
    comparison.count(items)
    return pack_found(comparison)


def write_share(state: Store, split: SplitCatalogue, share: int, threads: int) -> int:
    """Write the listings of a share that differ; returns how many were written. Raises StateUnreadableError."""
    comparison, items = _opened(state, split, share, threads)
    partner_id, version = split.names

    def listings() -> Iterator[Listing]:
        for line in comparison.differing(items):
            yield listing_of(line, partner_id, version)
        decisions = decided(comparison.found(), keep_all=split.keep_all)
        yield from tombstones(written_of(decisions), partner_id, version)

    def write(listing: Listing) -> bool:
        is_new = listing.accommodation.accommodation_id not in comparison.before
        return write_listing(state, listing, is_new=is_new)

    return sum(side_by_side(write, listings(), threads))


def _opened(
    state: Store, split: SplitCatalogue, share: int, threads: int
) -> tuple[CatalogueComparison, Iterator[GoodLine | BadLine]]:
    """A share before it is compared, and what its lines say."""
    before: Digests = {}
    forced: set[str] = set()
    lines = _lines(state, share_key(split.folder, COMPARE, share))
    rest: Iterator[bytes] = iter(())
    for line in lines:
        if line.startswith(FORCED):
            forced.add(json.loads(line[1:]))
        elif line.startswith(BEFORE):
            name, digest, count = json.loads(line[1:])
            before[name] = (digest, count)
        else:
            rest = chain((line,), lines)
            break
    comparison = CatalogueComparison(state, split.names[0], split.key, before, forced, threads)
    return comparison, judged(map(_numbered, rest), split.key)


def _numbered(line: bytes) -> tuple[int, bytes]:
    number, _, text = line[1:].partition(b" ")
    return int(number), text.removesuffix(b"\n")


def _lines(state: Store, key: str) -> Iterator[bytes]:
    stored = state.get(key)
    if stored is None:
        raise StateUnreadableError(key)
    try:
        yield from gzip.GzipFile(fileobj=io.BytesIO(stored.data))
    except (OSError, EOFError, zlib.error) as error:
        raise StateUnreadableError(key) from error
